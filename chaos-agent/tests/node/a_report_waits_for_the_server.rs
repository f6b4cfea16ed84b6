//! A server that does not answer is asked again, and told what is true then.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use crate::{
    agent::{Agent, plan, refusals},
    server::Server,
};

#[test]
fn a_report_waits_for_the_server() {
    let server = Server::start();
    server.down(true);
    let agent = Agent::start(&server);
    assert_eq!(agent.get("/readyz").0, 503);
    sleep(Duration::from_secs(1));
    assert_eq!(server.written(), 0);
    server.publish(1, &plan("cut"));
    server.down(false);
    let back = Instant::now();
    assert_eq!(refusals(&server.answer(1)), ["cut NoProcess"]);
    let took = back.elapsed();
    assert!(took < Duration::from_secs(6), "answered after {took:?}");
}

#[test]
fn what_says_the_same_is_not_written_again() {
    let server = Server::start();
    let _agent = Agent::start(&server);
    server.publish(1, &plan("cut"));
    server.answer(1);
    sleep(Duration::from_millis(300));
    let written = server.written();
    // The pod is looked for four times a second meanwhile.
    sleep(Duration::from_secs(2));
    assert_eq!(server.written(), written);
}
