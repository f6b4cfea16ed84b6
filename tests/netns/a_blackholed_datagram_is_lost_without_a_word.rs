//! Datagrams that a blackhole takes: `sendto` never fails, nothing arrives, and after the fault
//! they flow by themselves.

use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Capture, Host, Netfault, Pair, UdpPath, Unchanged};
use chaos_tests::promises;

promises! { [Netfault, Tcpdump]
    on_its_way_from_the_target,
    on_its_way_to_the_target
}

const DATAGRAMS: u32 = 1_000;
const AT_ONCE: Duration = Duration::from_secs(1);

fn on_its_way_from_the_target() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let path = UdpPath::open(&pair.client, &pair.server, wire);
        let capture = Capture::start(&pair.server);
        let words = format!("blackhole --port {} --proto udp --for 30s", path.port());
        is_lost(&pair, &path, wire, &pair.client, &words);
        capture.fence(&pair.server, pair.client.v4().into());
        // The one that passed after the rollback.
        assert_eq!(
            capture.count(|segment| segment.has_port(path.port())),
            1,
            "{wire:?}"
        );
    }
}

fn on_its_way_to_the_target() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let path = UdpPath::open(&pair.client, &pair.server, wire);
        let words = format!(
            "blackhole --local-port {} --proto udp --for 30s",
            path.port()
        );
        is_lost(&pair, &path, wire, &pair.server, &words);
    }
}

fn is_lost(pair: &Pair, path: &UdpPath, wire: Wire, target: &Host, words: &str) {
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let fault = netfault.inject(target, words);
    path.send(DATAGRAMS).expect("sendto never fails");
    assert_eq!(path.arrivals(), 0, "{wire:?}");
    let count = u64::from(DATAGRAMS);
    let frame = 14 + if wire == Wire::V6 { 40 } else { 20 } + 8 + 4;
    let exactly = RuleCounters {
        matched: count,
        matched_bytes: count * frame,
        dropped: count,
        ..RuleCounters::default()
    };
    assert_eq!(total(&fault.stop()), exactly, "{wire:?}");
    path.await_open(AT_ONCE);
    unchanged.assert();
}
