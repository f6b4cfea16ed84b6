//! While `reset` is in force, an attempt to connect is refused, and never reaches the peer.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Capture, Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault, Tcpdump]
    when_the_target_dials,
    when_the_target_is_dialled
}

const ATTEMPTS: u64 = 10;
const LIMIT: Duration = Duration::from_secs(1);

fn when_the_target_dials() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        let capture = Capture::start(&pair.server);
        let words = format!("reset --port {} --for 30s", listener.port());
        let fault = netfault.inject(&pair.client, &words);
        are_refused(&listener, &pair);
        capture.fence(&pair.server, pair.client.v4().into());
        assert_eq!(
            capture.count(|segment| segment.opening),
            0,
            "SYNs that left the target"
        );
        assert_eq!(total(&fault.stop()), all_refused(wire), "{wire:?}");
        listener.accept_from(&pair.client).assert_alive();
        drop(capture);
        unchanged.assert();
    }
}

fn when_the_target_is_dialled() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let listener = Listener::on(&pair.server, wire, 0);
        let capture = Capture::start(&pair.server);
        let words = format!("reset --local-port {} --for 30s", listener.port());
        let fault = netfault.inject(&pair.server, &words);
        are_refused(&listener, &pair);
        capture.fence(&pair.server, pair.client.v4().into());
        let attempts = u64::try_from(capture.count(|segment| segment.opening));
        assert_eq!(attempts, Ok(ATTEMPTS), "SYNs on the wire");
        assert_eq!(total(&fault.stop()), all_refused(wire), "{wire:?}");
        listener.accept_from(&pair.client).assert_alive();
        drop(capture);
        unchanged.assert();
    }
}

fn are_refused(listener: &Listener, pair: &Pair) {
    for _ in 0..ATTEMPTS {
        let outcome = listener.attempt_from(&pair.client, LIMIT);
        assert_eq!(
            outcome.expect_err("it must not connect"),
            ErrorKind::ConnectionRefused
        );
    }
}

/// One SYN for each attempt: Ethernet, IP and a TCP header with 20 bytes of options.
fn all_refused(wire: Wire) -> RuleCounters {
    let syn = 14 + if wire == Wire::V6 { 40 } else { 20 } + 40;
    RuleCounters {
        matched: ATTEMPTS,
        matched_bytes: ATTEMPTS * syn,
        refused: ATTEMPTS,
        ..RuleCounters::default()
    }
}
