//! The words and the time of a fault in force can be replaced, without a moment without it.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chaos_agent::engine::Order;
use chaos_api::{Receipt, RuleCounters};
use chaos_plan::Spare;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Pair, UdpPath, Unchanged, eventually};
use chaos_tests::promises;

use crate::held::{Held, order};

promises! { [Object]
    without_a_moment_without_it,
    and_idle_connections_that_it_newly_hits_are_reset_at_once,
    and_what_it_no_longer_spares_is_hit,
    and_its_totals_never_go_backwards,
    and_its_time_becomes_longer_or_shorter,
    and_no_other_fault_notices,
    and_one_that_does_not_fit_changes_nothing
}

const AT_ONCE: Duration = Duration::from_secs(1);
const PORT: u16 = 7000;

/// A fault that meets any of these ports of its peers.
fn meets(faults: &str, ports: &[u16]) -> Order {
    let ports: Vec<_> = ports
        .iter()
        .map(|port| format!("{{port: {port}}}"))
        .collect();
    let ports = ports.join(", ");
    order(
        "a",
        &format!("traffic: {{peers: [{{ports: [{ports}]}}]}}, faults: {{{faults}}}"),
    )
}

fn lasts(mut order: Order, time: &str) -> Order {
    order.spec.duration = time.parse().expect("a duration");
    order
}

fn without_a_moment_without_it() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open_on(&pair.client, &pair.server, Wire::V4, PORT);
    let mut held = Held::open(&pair.client);
    held.inject(meets("blackhole: {}", &[PORT]));
    let over = AtomicBool::new(false);
    let receipt = thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let mut sent = 0;
            while !over.load(Ordering::Relaxed) {
                path.send(10).expect("sendto never fails");
                sent += 10;
            }
            sent
        });
        for turn in 0..60 {
            let ports = [PORT, 8000 + turn, 9000 + turn];
            held.edit(meets("blackhole: {}", &ports[..=usize::from(turn % 3)]));
            held.edit(meets("blackhole: {}, reset: {}", &ports));
            assert_eq!(held.tick(), []);
        }
        over.store(true, Ordering::Relaxed);
        let sent: u64 = flood.join().expect("it only sends");
        let receipt = held.stop("a");
        assert!(sent > 1_000, "{sent} sent");
        assert_eq!(total(&receipt).dropped, sent);
        receipt
    });
    assert_eq!(path.arrivals(), 0);
    assert!(receipt.warnings.is_empty(), "{:?}", receipt.warnings);
    drop(held);
    unchanged.assert();
}

fn and_idle_connections_that_it_newly_hits_are_reset_at_once() {
    let pair = Pair::new();
    let mut held = Held::open(&pair.client);
    for wire in Wire::ALL {
        let open = || Connection::open(&pair, wire);
        let [first, second, third] = [open(), open(), open()];
        held.inject(meets("reset: {}", &[first.port()]));
        first.assert_reset(AT_ONCE);
        second.assert_alive();
        let receipt = held.edit(meets("reset: {}", &[second.port()]));
        second.assert_reset(AT_ONCE);
        third.assert_alive();
        assert_eq!(receipt.connections_reset, 2, "{wire:?}");
        assert_eq!(total(&receipt).idle_reset, 2, "{wire:?}");
        // The first one's port is open again.
        open().assert_alive();
        held.stop("a");
    }
}

fn and_what_it_no_longer_spares_is_hit() {
    let pair = Pair::new();
    let mut held = Held::open(&pair.server);
    let listener = Listener::on(&pair.server, Wire::V4Mapped, PORT);
    let sparing = || Order {
        spare: Spare {
            ports: vec![PORT],
            sources: pair.client.addresses().to_vec(),
        },
        ..order("a", "faults: {reset: {}}")
    };
    held.inject(sparing());
    let probe = listener.accept_from(&pair.client);
    probe.assert_alive();
    let spared = total(&held.receipt("a")).spared;
    assert!(spared >= 5, "{spared}");
    held.edit(order("a", "faults: {reset: {}}"));
    probe.assert_reset(AT_ONCE);
    held.edit(sparing());
    listener.accept_from(&pair.client).assert_alive();
    let counted = total(&held.stop("a"));
    assert!(counted.spared >= spared + 5, "{counted:?}");
    assert_eq!(counted.idle_reset, 1);
}

fn and_its_totals_never_go_backwards() {
    let pair = Pair::new();
    let path = |port| UdpPath::open_on(&pair.client, &pair.server, Wire::V4, port);
    let [one, other] = [PORT, PORT + 1].map(path);
    let mut held = Held::open(&pair.client);
    // Two rules: peers with other ports.
    let peer = |port| format!("{{ipBlock: {{cidr: 0.0.0.0/0}}, ports: [{{port: {port}}}]}}");
    let words = |ports: &[u16]| {
        let peers: Vec<_> = ports.iter().map(|port| peer(*port)).collect();
        let peers = peers.join(", ");
        order(
            "a",
            &format!("traffic: {{peers: [{peers}]}}, faults: {{blackhole: {{}}}}"),
        )
    };
    let started = held.inject(words(&[PORT, PORT + 1])).started_at;
    let mut expected = 0;
    for turn in 0..6 {
        for path in [&one, &other] {
            path.send(10).expect("sendto never fails");
        }
        let both = turn % 2 == 0;
        expected += if both { 20 } else { 10 };
        let edit = if both {
            words(&[PORT])
        } else {
            words(&[PORT, PORT + 1])
        };
        let receipt = held.edit(edit);
        assert_eq!(total(&receipt).dropped, expected, "turn {turn}");
        assert_eq!(receipt.started_at, started);
        assert_eq!(receipt.first_hit, held.receipt("a").first_hit);
        assert!(receipt.first_hit.is_some());
    }
    assert_eq!(total(&held.stop("a")).dropped, expected);
}

fn and_its_time_becomes_longer_or_shorter() {
    let pair = Pair::new();
    let path = UdpPath::open_on(&pair.client, &pair.server, Wire::V6, PORT);
    let mut held = Held::open(&pair.client);
    let words = || meets("blackhole: {}", &[PORT]);
    let lost = |path: &UdpPath| {
        path.send(1).expect("sendto never fails");
        path.arrivals() == 0
    };
    let first = held.inject(lasts(words(), "300ms"));
    let longer = held.edit(lasts(words(), "60s"));
    assert!(longer.ends_at > first.ends_at);
    thread::sleep(Duration::from_millis(400));
    assert_eq!(held.tick(), []);
    assert!(lost(&path), "beyond its first time");
    held.edit(lasts(words(), "200ms"));
    thread::sleep(Duration::from_millis(250));
    assert!(!lost(&path), "the kernel ends it, whoever sleeps");
    held.edit(lasts(words(), "60s"));
    assert!(lost(&path), "it is not over before it was told");
    held.edit(lasts(words(), "100ms"));
    let ended: Vec<Receipt> = eventually("its time is over", AT_ONCE, || {
        let ended = held.tick();
        (!ended.is_empty()).then_some(ended)
    });
    let counted = total(&ended[0]);
    assert_eq!((counted.dropped, counted.expired), (2, 1));
}

fn and_no_other_fault_notices() {
    let pair = Pair::new();
    let mut held = Held::open(&pair.client);
    let connection = Connection::open(&pair, Wire::V4);
    let words = format!(
        "traffic: {{peers: [{{ports: [{{port: {}}}]}}]}}, faults: {{reset: {{}}}}",
        connection.port()
    );
    let other = held.inject(order("b", &words));
    connection.assert_reset(AT_ONCE);
    held.inject(meets("blackhole: {}", &[PORT]));
    held.edit(meets("reset: {}", &[PORT, PORT + 1]));
    held.edit(meets("reset: {}, blackhole: {}", &[PORT]));
    let same = |receipt: Receipt| (receipt.rules, receipt.connections_reset, receipt.ends_at);
    assert_eq!(same(held.receipt("b")), same(other));
    let exactly = RuleCounters {
        idle_reset: 1,
        ..RuleCounters::default()
    };
    assert_eq!(total(&held.stop("b")), exactly);
}

fn and_one_that_does_not_fit_changes_nothing() {
    let pair = Pair::new();
    let mut held = Held::open(&pair.client);
    let listener = Listener::on(&pair.server, Wire::V4, PORT);
    let before = held.inject(meets("reset: {}", &[PORT]));
    let mut wrong = order("a", "faults: {blackhole: {}}");
    let range = |n: u32| chaos_api::IpBlock {
        cidr: format!("10.{}.{}.0/24", n / 256, n % 256)
            .parse()
            .expect("a range"),
        except: Vec::new(),
    };
    wrong.spec.traffic.peers = (0..5_000)
        .map(|n| chaos_api::Peer {
            ip_block: Some(range(n)),
            ports: Vec::new(),
        })
        .collect();
    let error = held
        .try_edit(wrong)
        .expect_err("too many ranges")
        .to_string();
    assert_eq!(
        error,
        "the faults name 5002 address ranges; one target holds at most 4096"
    );
    let unknown = held.try_edit(order("b", "faults: {reset: {}}"));
    let error = unknown.expect_err("there is none").to_string();
    assert_eq!(error, "no fault named b is in force there");
    let receipt = held.receipt("a");
    assert_eq!(
        (receipt.rules, receipt.ends_at),
        (before.rules, before.ends_at)
    );
    let refused = listener.attempt_from(&pair.client, AT_ONCE);
    assert_eq!(
        refused.expect_err("it is in force"),
        ErrorKind::ConnectionRefused
    );
}
