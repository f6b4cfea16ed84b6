//! While the halt exists nothing comes into force, nor after it what was planned meanwhile.

use crate::{
    agent::{Agent, plan, refusals},
    server::Server,
};

#[test]
fn everything_can_be_stopped() {
    let server = Server::start();
    let _agent = Agent::start(&server);
    server.publish(1, &plan("cut"));
    assert_eq!(refusals(&server.answer(1)), ["cut NoProcess"]);
    server.halt(true);
    server.publish(2, &plan("cut"));
    // The plan and the halt come on connections of their own, in either order.
    server.status(|status| status.sequence == 2 && status.report.contains("Halted"));
    server.halt(false);
    server.publish(3, &plan("cut"));
    assert_eq!(refusals(&server.answer(3)), ["cut Halted"]);
    server.publish(4, &plan("next"));
    assert_eq!(refusals(&server.answer(4)), ["next NoProcess"]);
}
