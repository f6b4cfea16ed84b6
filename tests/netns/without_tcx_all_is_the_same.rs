//! Where the kernel has no tcx, filters of a clsact qdisc do the same, beside those of others. They
//! outlive a holder that is killed, let everything pass from the end of its lease on, and can be told
//! from all others until they are removed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use chaos_agent::inventory::{Whose, places};
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Listener, Wire};
use chaos_tests::bed::{Fingerprint, Host, Netfault, Outcome, Pair, UdpPath, Unchanged, process};
use chaos_tests::promises;
use rustix::process::Signal;

promises! { [Netfault]
    idle_connections_are_reset_and_new_ones_refused in 300,
    a_blackhole_is_silent_and_ends,
    filters_of_others_run_after_ours_and_stay,
    a_qdisc_of_ours_stays_for_filters_of_others,
    a_place_that_is_taken_is_told_and_nothing_changes,
    a_fault_that_is_refused_leaves_nothing,
    a_detached_holder_that_is_told_to_end_leaves_nothing,
    what_a_killed_holder_leaves_passes_and_goes_with_the_next,
    the_doctor_names_what_is_left_and_cleans_it,
    the_doctor_leaves_a_holder_that_stands_still_alone,
    the_doctor_looks_everywhere_but_at_the_machine_itself
}

const AT_ONCE: Duration = Duration::from_secs(1);
/// The lease, and the margin of its last renewal and of a busy machine.
const LEASE: Duration = Duration::from_millis(3_500);

/// A classifier of somebody else's: drops UDP over IPv4, and leaves the rest to others. Offset 23 of a
/// frame is the protocol; 4 is `TC_ACT_STOLEN`, the last value `TC_ACT_UNSPEC`.
const NO_UDP: &str = "4,48 0 0 23,21 0 1 17,6 0 0 4,6 0 0 4294967295";

fn idle_connections_are_reset_and_new_ones_refused() {
    let targets: [fn(&Pair) -> &Host; 2] = [|pair| &pair.client, |pair| &pair.server];
    for target in targets {
        for wire in Wire::ALL {
            let pair = Pair::new();
            let unchanged = Unchanged::watch([&pair.client, &pair.server]);
            let netfault = Netfault::without_tcx();
            let connection = Connection::open(&pair, wire);
            let listener = Listener::on(&pair.server, wire, 0);
            let fault = netfault.inject(target(&pair), "reset --for 30s");
            connection.assert_reset(AT_ONCE);
            let refused = listener.attempt_from(&pair.client, AT_ONCE);
            assert_eq!(
                refused.err(),
                Some(ErrorKind::ConnectionRefused),
                "{wire:?}"
            );
            // A slow machine may list it once more before its stack has worked through the RST.
            assert!(total(&fault.stop()).idle_reset > 0, "{wire:?}");
            listener.accept_from(&pair.client).assert_alive();
            unchanged.assert();
        }
    }
}

fn a_blackhole_is_silent_and_ends() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::without_tcx();
        let path = UdpPath::open(&pair.client, &pair.server, wire);
        let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 30s");
        path.send(10).expect("sendto never fails");
        assert_eq!(path.arrivals(), 0, "{wire:?}");
        assert_eq!(total(&fault.stop()).dropped, 10, "{wire:?}");
        path.await_open(AT_ONCE);
        unchanged.assert();
    }
}

fn filters_of_others_run_after_ours_and_stay() {
    // At a priority after ours, and at ours.
    for priority in ["7", "1"] {
        let pair = Pair::new();
        let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
        tc(&pair.client, "qdisc add dev eth0 clsact");
        add_filter(&pair.client, priority);
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::without_tcx();
        let tcp = netfault.inject(&pair.client, "reset --for 30s");
        assert!(!path.passes(), "theirs runs after ours");
        let udp = netfault.inject(&pair.client, "blackhole --proto udp --for 30s");
        path.send(3).expect("ours is first, and silent");
        assert_eq!(total(&udp.stop()).dropped, 3);
        tcp.stop();
        unchanged.assert();
        assert!(!path.passes(), "theirs has stayed");
    }
}

fn a_qdisc_of_ours_stays_for_filters_of_others() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::without_tcx();
    let fault = netfault.inject(&pair.client, "reset --for 30s");
    add_filter(&pair.client, "7");
    fault.stop();
    path.await_cut(AT_ONCE);
    tc(&pair.client, "qdisc del dev eth0 clsact");
    unchanged.assert();
}

fn a_place_that_is_taken_is_told_and_nothing_changes() {
    let taken = [
        ("qdisc add dev eth0 ingress", "ingress qdisc"),
        (
            "filter add dev eth0 egress prio 1 protocol ip u32 match u32 0 0 flowid :1",
            "egress filter of kind u32 with priority 1",
        ),
    ];
    for (word, told) in taken {
        let pair = Pair::new();
        if word.starts_with("filter") {
            tc(&pair.client, "qdisc add dev eth0 clsact");
        }
        tc(&pair.client, word);
        let unchanged = Unchanged::watch([&pair.client]);
        let outcome = inject(&Netfault::without_tcx(), &pair.client, "reset --for 1s");
        outcome.expect_code(1);
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
        unchanged.assert();
    }
}

fn a_fault_that_is_refused_leaves_nothing() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client]);
    let netfault = Netfault::without_tcx();
    let ports: Vec<_> = (0..1_025)
        .map(|n| format!("--port {}", 2 * n + 1))
        .collect();
    let words = format!("blackhole {} --for 5s", ports.join(" "));
    let outcome = inject(&netfault, &pair.client, &words);
    assert_ne!(outcome.code, 0, "{outcome:?}");
    unchanged.assert();
}

fn a_detached_holder_that_is_told_to_end_leaves_nothing() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::without_tcx();
    inject(
        &netfault,
        &pair.client,
        "blackhole --proto udp --for 60s --detach",
    )
    .expect_code(0);
    assert!(!path.passes(), "it is in force");
    process::signal_pid(holder_of(&netfault), Signal::TERM);
    path.await_open(AT_ONCE);
    unchanged.assert();
}

/// The process that holds the one lock of a run directory, which `/proc/locks` names.
fn holder_of(netfault: &Netfault) -> u32 {
    let mut files = fs::read_dir(netfault.run_directory())
        .expect("it was made")
        .flatten();
    let lock = files.find(|file| file.path().extension().is_some_and(|end| end == "lock"));
    let inode = lock
        .expect("a holder has a lock")
        .metadata()
        .expect("it is there")
        .ino();
    let locks = fs::read_to_string("/proc/locks").expect("/proc is mounted");
    let held = locks
        .lines()
        .find(|line| line.contains(&format!(":{inode} ")));
    let pid = held.and_then(|line| line.split_whitespace().nth(4));
    pid.and_then(|pid| pid.parse().ok())
        .expect("a process holds it")
}

fn what_a_killed_holder_leaves_passes_and_goes_with_the_next() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::without_tcx();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 60s");
    assert!(!path.passes(), "it is in force");
    fault.kill();
    path.await_open(LEASE);
    assert!(path.passes(), "and it stays open");
    let left = Fingerprint::of(&pair.client);
    assert!(netfault.list().is_empty(), "it is not listed");
    // Another one, in the same place and before the same filters of nobody's.
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 60s");
    assert!(!path.passes(), "it is in force");
    assert_ne!(
        Fingerprint::of(&pair.client),
        left,
        "what was left has gone"
    );
    fault.stop();
    path.await_open(AT_ONCE);
    unchanged.assert();
}

fn the_doctor_names_what_is_left_and_cleans_it() {
    // A qdisc of somebody else's stays; one of ours goes.
    for foreign in [false, true] {
        let pair = Pair::new();
        if foreign {
            tc(&pair.client, "qdisc add dev eth0 clsact");
            add_filter(&pair.client, "1");
        }
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::without_tcx();
        netfault.inject(&pair.client, "reset --for 60s").kill();
        let name = pair.client.name();
        let found = netfault.call("doctor --local");
        found.expect_code(1);
        assert!(found.stdout.contains(name), "{}", found.stdout);
        assert!(found.stdout.contains("doctor --clean"), "{}", found.stdout);
        let cleaned = netfault.call("doctor --local --clean");
        cleaned.expect_code(0);
        assert!(cleaned.stdout.contains(name), "{}", cleaned.stdout);
        unchanged.assert();
        let again = netfault.call("doctor --local");
        again.expect_code(0);
        assert!(!again.stdout.contains(name), "{}", again.stdout);
    }
}

fn the_doctor_leaves_a_holder_that_stands_still_alone() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::without_tcx();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 60s");
    fault.holder().freeze();
    path.await_open(LEASE);
    // One with the same run directory, and one that does not find the lock.
    for doctor in [&netfault, &Netfault::without_tcx()] {
        let outcome = doctor.call("doctor --local --clean");
        assert!(
            !outcome.stdout.contains(pair.client.name()),
            "{}",
            outcome.stdout
        );
    }
    fault.holder().thaw();
    path.await_cut(AT_ONCE * 2);
    fault.stop();
    unchanged.assert();
}

fn the_doctor_looks_everywhere_but_at_the_machine_itself() {
    let pair = Pair::new();
    let looked = |whose| -> Vec<u64> {
        let places = places(whose).expect("/proc is mounted").into_iter();
        places.map(|place| place.namespace.inode()).collect()
    };
    let all = looked(Whose::All);
    assert!(all.contains(&pair.client.inode()), "by its name");
    // The tests' own, which is that of process 1.
    let own = fs::metadata("/proc/self/ns/net")
        .expect("/proc is mounted")
        .ino();
    assert!(!all.contains(&own), "the machine's own");
    assert!(
        !looked(Whose::Pods).contains(&pair.client.inode()),
        "no pod's"
    );
}

/// Asks for a fault, and lets the command end.
fn inject(netfault: &Netfault, host: &Host, words: &str) -> Outcome {
    let target = host.path().display();
    netfault.call(&format!("inject {words} --netns {target}"))
}

fn tc(host: &Host, words: &str) {
    host.succeed(Command::new("tc").args(words.split(' ')));
}

fn add_filter(host: &Host, priority: &str) {
    let words =
        format!("filter add dev eth0 egress prio {priority} protocol all bpf direct-action");
    let mut tc = Command::new("tc");
    host.succeed(tc.args(words.split(' ')).args(["bytecode", NO_UDP]));
}
