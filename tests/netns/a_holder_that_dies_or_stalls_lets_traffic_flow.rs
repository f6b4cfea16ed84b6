//! No fault outlives its holder: killed, stopped or out of memory, traffic flows again.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use chaos_tests::bed::netfault::{RECEIPT_WAIT, run_by, total};
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged, process, within};
use chaos_tests::promises;

promises! {
    [Netfault, Tcx] at_once_when_it_is_killed;
    [Netfault] within_its_lease_when_it_is_stopped,
    at_the_deadline_when_it_is_stopped,
    at_once_when_a_delay_line_is_stopped_at_rest;
    [Netfault, Tcx, Prlimit] when_it_has_no_memory_to_start_with,
    when_it_runs_out_of_memory;
}

/// The lease, and the margin of its last renewal and of a busy machine.
const LEASE: Duration = Duration::from_millis(3_500);
const AT_ONCE: Duration = Duration::from_secs(1);

fn at_once_when_it_is_killed() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    for _ in 0..3 {
        let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 60s");
        assert!(!path.passes(), "it is in force");
        fault.kill();
        path.await_open(AT_ONCE);
        unchanged.assert();
        assert!(
            netfault.list().is_empty(),
            "what a dead holder left is not listed"
        );
    }
}

fn within_its_lease_when_it_is_stopped() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 60s");
    fault.holder().freeze();
    path.await_open(LEASE);
    assert!(path.passes(), "and it stays open");
    fault.holder().thaw();
    path.await_cut(AT_ONCE * 2);
    let receipt = fault.stop();
    assert!(
        !receipt.interrupted.is_zero(),
        "the receipt says that it was interrupted"
    );
    let lapsed: u64 = receipt.rules.iter().map(|rule| rule.counters.lapsed).sum();
    assert!(lapsed >= 2, "the datagrams that passed meanwhile: {lapsed}");
    unchanged.assert();
}

fn at_the_deadline_when_it_is_stopped() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 1s");
    let armed = Instant::now();
    fault.holder().freeze();
    path.await_open(Duration::from_millis(1_500));
    let open = armed.elapsed();
    assert!(
        open > Duration::from_millis(700),
        "its deadline ended it, not the stop: {open:?}"
    );
    fault.holder().thaw();
    fault.await_end(RECEIPT_WAIT);
    unchanged.assert();
}

/// It has to answer to the first packet that it is handed, and to none before.
fn at_once_when_a_delay_line_is_stopped_at_rest() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "delay 1ms --proto udp --for 60s");
    assert!(path.passes(), "it lives");
    sleep(Duration::from_millis(300));
    assert!(path.passes(), "after a rest, too");
    fault.holder().freeze();
    path.await_open(AT_ONCE);
    fault.holder().thaw();
    path.await_open(AT_ONCE);
    let counted = total(&fault.stop());
    assert!(counted.bypassed > 0, "what passed meanwhile: {counted:?}");
    assert!(counted.delayed >= 2, "before and after: {counted:?}");
    unchanged.assert();
}

/// Address spaces from one that cannot hold the program to one in which it nearly works.
const TOO_SMALL: [u64; 8] = [
    4 << 20,
    8 << 20,
    12 << 20,
    16 << 20,
    20 << 20,
    24 << 20,
    32 << 20,
    48 << 20,
];
const AMPLE: u64 = 4 << 30;

fn when_it_has_no_memory_to_start_with() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let target = pair.client.path();
    let words = format!(
        "inject blackhole --proto udp --for 500ms --netns {}",
        target.display()
    );
    let codes = TOO_SMALL.map(|bytes| {
        let outcome = netfault.finish(&mut limited(&netfault.command(&words), bytes));
        path.await_open(AT_ONCE);
        unchanged.assert();
        outcome.code
    });
    assert_ne!(codes[0], 0, "4 MiB is too small: {codes:?}");
    let words = "blackhole --proto udp --for 60s";
    let ample = |command| limited(&command, AMPLE);
    let fault = netfault.inject_by(&pair.client, words, ample);
    assert!(
        !path.passes(),
        "a limit by itself does not keep it from working"
    );
    fault.stop();
    unchanged.assert();
}

fn when_it_runs_out_of_memory() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "blackhole --proto udp --for 5s");
    assert!(!path.passes(), "it is in force");
    let pid = fault.holder().pid().to_string();
    let mut prlimit = Command::new("prlimit");
    pair.client
        .succeed(prlimit.args(["--pid", &pid, "--as=4096"]));
    let status = format!("status {} -o json", fault.name());
    let dead = || (!process::is_alive(fault.holder().pid())).then_some(());
    within(Duration::from_secs(4), || {
        netfault.call(&status);
        dead()
    });
    // Dead or only unable to answer: the kernel knows the deadline.
    path.await_open(AT_ONCE * 3);
    drop(fault);
    unchanged.assert();
}

/// The command under a limit on its address space, in bytes.
fn limited(command: &Command, bytes: u64) -> Command {
    run_by(&["prlimit", &format!("--as={bytes}"), "--"], command)
}
