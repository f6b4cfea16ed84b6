//! What a fault says that it hit is what an independent capture saw, nothing included.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use chaos_api::{ConditionType, Reason, RuleCounters};
use chaos_tests::bed::{Capture, all_dropped};
use chaos_tests::cluster::{Town, Untouched, Workload};
use chaos_tests::promises;
use chaos_witness::now;

promises! { [Cluster, Tcpdump]
    a_fault_that_met_no_traffic_says_so,
    what_it_dropped_is_what_a_capture_saw
}

const SOON: Duration = Duration::from_secs(20);
/// An address for documentation (RFC 5737), where nobody is.
const NOWHERE: &str = "203.0.113.1";

fn a_fault_that_met_no_traffic_says_so() {
    let town = Town::open("unmatched");
    town.start([Workload::web("web")]);
    town.start([Workload::witness("client", "http-poll --server web:80")]);
    let client = town.pod("client");
    client.await_answers("main");
    let untouched = Untouched::watch([client.clone()]);
    let capture = Capture::start(&client.network());
    let words = format!("blackhole deploy/client --to {NOWHERE} --for 3s");
    let fault = town.inject(&words);
    let status = fault.await_end(SOON);
    let nowhere: IpAddr = NOWHERE.parse().expect("it is an address");
    let seen = capture.count(|packet| [packet.from.ip(), packet.to.ip()].contains(&nowhere));
    assert_eq!(seen, 0, "packets that the fault should have met");
    assert!(
        capture.count(|_| true) > 50,
        "the capture sees the client's traffic"
    );
    drop(capture);

    assert_eq!(status.totals.counters, RuleCounters::default());
    let matched = status.condition(ConditionType::TrafficMatched);
    let matched = matched.expect("it is told");
    assert_eq!(
        (matched.status.as_str(), matched.reason.as_str()),
        ("False", Reason::NoTraffic.as_str())
    );
    let lines = client.lines().between(fault.asked, now());
    assert_eq!(lines.failures(), [], "requests that the fault did not mean");
    untouched.assert();
}

fn what_it_dropped_is_what_a_capture_saw() {
    let town = Town::open("matched");
    town.start([
        Workload::web("web"),
        Workload::witness("peer", "resolve web"),
    ]);
    let (web, peer) = (town.pod("web"), town.pod("peer"));
    let untouched = Untouched::watch([web.clone()]);
    let (network, target) = (web.network(), SocketAddr::new(web.ip(), 8080));
    let capture = Capture::start(&network);
    let words = "blackhole deploy/web --to label:app=peer --direction ingress --local-port 8080";
    let fault = town.inject(&format!("{words} --for 20s"));
    // The kernel sends a second SYN after a second.
    let limit = Duration::from_millis(1500);
    let dial = || TcpStream::connect_timeout(&target, limit);
    let error = peer.network().enter(dial).expect_err("it is dropped");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let status = fault.stop();
    capture.fence(&network, peer.ip());
    let seen = capture.segments();
    let seen = seen
        .iter()
        .filter(|one| one.to == target && one.from.ip() == peer.ip());
    let exactly = all_dropped(seen);
    assert!(exactly.matched >= 2, "too few were captured: {exactly:?}");
    drop(capture);

    assert_eq!(status.totals.counters, exactly);
    assert!(status.is(ConditionType::TrafficMatched));
    peer.network()
        .enter(dial)
        .expect("it is over, so the port answers");
    untouched.assert();
}
