//! To TCP a blackhole is loss on the wire: timeouts and retransmissions, never the congestion
//! window reduced for a drop on the own machine; nothing arrives; and the connection goes on by
//! itself after the fault.

use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, CongestionState, Connection, Listener, TcpInfo, Wire, tcp_info};
use chaos_tests::bed::{Capture, Host, Netfault, Pair, Unchanged, eventually, holds_for};
use chaos_tests::promises;

promises! {
    [Netfault] when_what_the_target_sends_is_lost,
    when_what_the_target_receives_is_lost;
    [Netfault, Tcpdump] nothing_leaves_the_target;
    [Netfault] a_new_attempt_gets_no_answer;
}

const SOON: Duration = Duration::from_secs(3);
/// Retransmissions back off: after 2 s of silence the next one is at most 4 s away.
const BACK_OFF: Duration = Duration::from_secs(8);

fn when_what_the_target_sends_is_lost() {
    for wire in Wire::ALL {
        sees_loss_and_resumes(wire, |pair| &pair.client);
    }
}

fn when_what_the_target_receives_is_lost() {
    for wire in Wire::ALL {
        sees_loss_and_resumes(wire, |pair| &pair.server);
    }
}

fn sees_loss_and_resumes(wire: Wire, target: fn(&Pair) -> &Host) {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let bulk = Bulk::start(Connection::open(&pair, wire));
    bulk.await_bytes(10_000_000, SOON);
    let sender = || tcp_info(&pair.client, &bulk.connection().client).expect("it is open");
    let before = sender();
    let fault = netfault.inject(target(&pair), "blackhole --proto tcp --for 30s");
    let lost = eventually("the sender has timed out and sent again", SOON, || {
        let info = sender();
        never_local(info);
        let again = info.timeouts > 0 && info.retransmitted > before.retransmitted;
        (info.congestion == CongestionState::Loss && again).then_some(info)
    });
    assert!(lost.unacked > 0, "what was sent is still missed: {lost:?}");
    let receiver = || tcp_info(&pair.server, &bulk.connection().server).expect("it is open");
    let delivered = receiver().received;
    holds_for("nothing is delivered", Duration::from_secs(1), || {
        never_local(sender());
        receiver().received == delivered
    });
    let receipt = fault.stop();
    assert_eq!(receipt.connections_reset, 0);
    let dropped: u64 = receipt.rules.iter().map(|rule| rule.counters.dropped).sum();
    assert!(dropped > 0, "the receipt counts what was lost");
    bulk.await_bytes(10_000_000, BACK_OFF);
    drop(bulk);
    unchanged.assert();
}

#[track_caller]
fn never_local(info: TcpInfo) {
    assert_ne!(
        info.congestion,
        CongestionState::Cwr,
        "a drop on the own machine: {info:?}"
    );
}

fn nothing_leaves_the_target() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let bulk = Bulk::start(Connection::open(&pair, Wire::V4));
    let fault = netfault.inject(&pair.client, "blackhole --proto tcp --for 30s");
    let capture = Capture::start(&pair.server);
    let retransmitted = || {
        let info = tcp_info(&pair.client, &bulk.connection().client)?;
        (info.retransmitted >= 3).then_some(())
    };
    eventually("the sender tries again", SOON, retransmitted);
    capture.fence(&pair.server, pair.client.v4().into());
    let port = bulk.connection().port();
    assert_eq!(capture.count(|segment| segment.to.port() == port), 0);
    fault.stop();
    bulk.await_bytes(1, BACK_OFF);
}

fn a_new_attempt_gets_no_answer() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        listener.accept_from(&pair.client).assert_alive();
        let words = format!("blackhole --port {} --for 30s", listener.port());
        let fault = netfault.inject(&pair.client, &words);
        let outcome = listener.attempt_from(&pair.client, Duration::from_millis(300));
        assert_eq!(
            outcome.expect_err("lost"),
            std::io::ErrorKind::TimedOut,
            "{wire:?}"
        );
        fault.stop();
        listener.accept_from(&pair.client).assert_alive();
        unchanged.assert();
    }
}
