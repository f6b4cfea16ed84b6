//! A plan is acknowledged with what became of it, an older one is not taken, and the end is told.

use crate::{
    agent::{Agent, plan, refusals},
    server::Server,
};

#[test]
fn a_plan_is_answered() {
    let server = Server::start();
    let mut agent = Agent::start(&server);
    server.publish(3, &plan("cut"));
    assert_eq!(refusals(&server.answer(3)), ["cut NoProcess"]);
    server.publish(2, &plan("older"));
    server.publish(4, &plan("newer"));
    assert_eq!(refusals(&server.answer(4)), ["newer NoProcess"]);
    let (_, metrics) = agent.get("/metrics");
    for line in [
        "netfault_agent_plans_taken_total 2",
        "netfault_agent_faults{state=\"refused\"} 1",
    ] {
        assert!(
            metrics.lines().any(|own| own == line),
            "{line} in\n{metrics}"
        );
    }
    assert_eq!(agent.get("/healthz"), (200, "ok\n".into()));
    assert!(agent.end());
    let status = server.status(|status| status.ready().is_some_and(|c| c.reason == "Leaving"));
    assert_eq!(status.sequence, 4);
}

#[test]
fn a_plan_that_cannot_be_read_is_said_and_the_one_before_stays() {
    let server = Server::start();
    let agent = Agent::start(&server);
    server.publish(1, &plan("cut"));
    server.answer(1);
    let mut dangling = plan("cut");
    dangling.pods[0].faults = vec![9];
    server.publish(2, &dangling);
    let told = |metrics: &str| metrics.contains("plans_refused_total{reason=\"unreadable\"} 1");
    while !told(&agent.get("/metrics").1) {}
    assert_eq!(agent.get("/readyz").0, 503);
    assert_eq!(refusals(&server.answer(1)), ["cut NoProcess"]);
    server.publish(3, &plan("cut"));
    server.answer(3);
}
