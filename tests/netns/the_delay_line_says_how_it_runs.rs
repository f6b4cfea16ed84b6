//! In real time where that is granted, as long as it takes little of a core; what it lacks is said by
//! `doctor` and in the receipt, with what is used instead.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

use chaos_agent::line::Schedule;
use chaos_tests::bed::netfault::{run_by, total, unfavoured};
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged, eventually};
use chaos_tests::promises;
use serde_json::Value;

use crate::line::{Line, constant};

promises! {
    [RealTime] in_real_time_until_it_takes_a_fifth_of_a_core;
    [Netfault, Setpriv, Prlimit] fairly_where_real_time_is_refused;
    [Netfault, Unshare] not_at_all_without_its_device;
}

const SECOND: Duration = Duration::from_secs(1);

/// How long a change of the schedule may take.
const LONGEST: Duration = Duration::from_secs(15);

/// `SCHED_OTHER` and `SCHED_FIFO` (sched(7)).
const FAIR: u32 = 0;
const FIFO: u32 = 1;

/// The policy by which the kernel schedules the line's thread of a process (proc(5), field 41 of
/// `/proc/PID/task/TID/stat`).
fn policy(process: &str) -> Option<u32> {
    let threads = fs::read_dir(Path::new("/proc").join(process).join("task")).ok()?;
    let stats = threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
    let own = stats
        .into_iter()
        .find(|stat| stat.contains("(netfault-line)"))?;
    let (_, after_name) = own.rsplit_once(')')?;
    // The first field behind the name is the third.
    after_name.split_whitespace().nth(41 - 3)?.parse().ok()
}

fn in_real_time_until_it_takes_a_fifth_of_a_core() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let line = Line::open(pair.client.name());
    let traffic = "traffic: {protocol: UDP, direction: Egress}";
    let begun = line.inject("held", traffic, &constant(Duration::from_millis(10)));
    assert!(begun.warnings.is_empty(), "{:?}", begun.warnings);
    assert_eq!(
        (line.report().schedule, policy("self")),
        (Schedule::Fifo, Some(FIFO))
    );
    let over = AtomicBool::new(false);
    scope(|scope| {
        scope.spawn(|| flood(&pair, &over));
        await_schedule(&line, &Schedule::Demoted, FAIR);
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(line.report().line.demoted, 1);
    // Real time again, once there is little to do.
    await_schedule(&line, &Schedule::Fifo, FIFO);
    let warnings = line.stop("held").warnings;
    assert!(
        warnings.iter().any(|one| one.contains("gave up real time")),
        "{warnings:?}"
    );
    // What comes later has not met it.
    let warnings = line.inject("later", traffic, &constant(SECOND)).warnings;
    assert!(
        !warnings.iter().any(|one| one.contains("real time")),
        "{warnings:?}"
    );
    drop(line);
    unchanged.assert();
}

#[track_caller]
fn await_schedule(line: &Line, schedule: &Schedule, number: u32) {
    let seen = || (line.report().schedule == *schedule).then_some(());
    eventually(&schedule.to_string(), LONGEST, seen);
    assert_eq!(policy("self"), Some(number), "as the kernel has it");
}

/// Sends more than the line's thread can take in a fifth of a core.
fn flood(pair: &Pair, over: &AtomicBool) {
    let sender = pair.client.enter(|| UdpSocket::bind((pair.client.v4(), 0)));
    let sender = sender.expect("a port is free");
    let begun = Instant::now();
    while !over.load(Ordering::Relaxed) && begun.elapsed() < LONGEST {
        for _ in 0..50 {
            let sent = sender.send_to(&[0; 100], (pair.server.v4(), 9));
            sent.expect("sendto never fails");
        }
    }
}

fn fairly_where_real_time_is_refused() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let (ok, found) = delay_line(&netfault, unfavoured);
    assert!(
        ok && found.contains("not in real time (Operation not permitted"),
        "{found}"
    );
    let words = "delay 200ms --proto udp --for 60s";
    let fault = netfault.inject_by(&pair.client, words, |command| unfavoured(&command));
    assert_eq!(policy(&fault.holder().pid().to_string()), Some(FAIR));
    assert!(!path.passes(), "it is held");
    path.await_first(5 * SECOND);
    let receipt = fault.stop();
    assert_eq!(total(&receipt).delayed, 1);
    // The same words: a slice of 0.1 ms, where the kernel has one.
    let (_, instead) = found.split_once("real time").expect("it was said");
    let said = |warning: &String| warning.ends_with(instead);
    assert!(receipt.warnings.iter().any(said), "{:?}", receipt.warnings);
    unchanged.assert();
}

/// In a mount namespace of its own, in which there is no `/dev/net/tun`.
fn deviceless(command: &Command) -> Command {
    let script = "mount -t tmpfs none /dev/net && exec \"$0\" \"$@\"";
    run_by(&["unshare", "--mount", "sh", "-c", script], command)
}

fn not_at_all_without_its_device() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let (ok, found) = delay_line(&netfault, deviceless);
    assert!(
        !ok && found.starts_with("cannot open /dev/net/tun"),
        "{found}"
    );
    let target = pair.client.path().display();
    for words in ["delay 30ms", "rate 1mbit", "loss nth 3"] {
        let words = format!("inject {words} --proto udp --for 60s --netns {target}");
        let outcome = netfault.finish(&mut deviceless(&netfault.command(&words)));
        outcome.expect_code(1);
        assert_eq!(
            outcome.stderr.lines().count(),
            1,
            "{words}: {}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains("/dev/net/tun"),
            "{words}: {}",
            outcome.stderr
        );
        unchanged.assert();
        assert!(
            path.passes() && netfault.list().is_empty(),
            "{words}: nothing is in force"
        );
    }
    // The hook can lose packets by itself.
    let words = "loss 100% --proto udp --for 60s";
    let fault = netfault.inject_by(&pair.client, words, |command| deviceless(&command));
    assert!(!path.passes());
    let receipt = fault.stop();
    assert_eq!((total(&receipt).dropped, total(&receipt).diverted), (1, 0));
    let said = |warning: &String| warning.starts_with("packets are lost as the hook has them");
    assert!(receipt.warnings.iter().any(said), "{:?}", receipt.warnings);
    unchanged.assert();
}

/// What `doctor` says of the line.
#[track_caller]
fn delay_line(netfault: &Netfault, change: fn(&Command) -> Command) -> (bool, String) {
    let outcome = netfault.finish(&mut change(&netfault.command("doctor -o json")));
    let checks: Vec<Value> = serde_json::from_str(&outcome.stdout).expect("doctor prints checks");
    let own = checks.iter().find(|check| check["need"] == "delay line");
    let own = own.expect("it looks at the delay line");
    let ok = own["ok"].as_bool().expect("it is well or not");
    assert!(
        ok || outcome.code == 1,
        "what is missing is an error: {}",
        outcome.code
    );
    (
        ok,
        own["found"]
            .as_str()
            .expect("it found something")
            .to_owned(),
    )
}
