//! `reset_s_N`: from the request to a running holder until N idle connections are reset and the
//! holder says that the fault is in force.
//!
//! The connections are as many sockets of one namespace, over a veth to another. Each is asked for
//! its error at both ends after the request has returned: `reset_dead_N` is the least number of
//! ends that had ECONNRESET in any run, and its baseline the number of ends there were.
//!
//! The baseline is `ss -K` on as many connections, in turns: the kernel's own `SOCK_DESTROY`, one
//! netlink message a socket. It ends the target's socket with ECONNABORTED, where ours sees what a
//! peer's reset looks like, sends one RST to the peer, does not look whether a connection is left,
//! and lets new ones open.

use std::process::{Command, Stdio};
use std::time::Instant;

use chaos_agent::holder::Client;
use serde_json::json;

use super::{Figure, Group};
use crate::bed::tools::Tool as Installed;
use crate::bed::{Namespace, Pair};
use crate::bench::crowd::{Crowd, Ends, PORTS};
use crate::bench::holder::Tool;
use crate::bench::words;

pub(super) const ONE: Group = Group {
    names: &["reset_s_1", "reset_dead_1"],
    measure: |effort| measure(1, effort.times(25, 3), ONE.names),
};

pub(super) const THOUSAND: Group = Group {
    names: &["reset_s_1000", "reset_dead_1000"],
    measure: |effort| measure(1_000, effort.times(9, 2), THOUSAND.names),
};

pub(super) const TEN_THOUSAND: Group = Group {
    names: &["reset_s_10000", "reset_dead_10000"],
    measure: |effort| measure(10_000, effort.times(7, 1), TEN_THOUSAND.names),
};

/// The servers' ports, from and to.
const FIRST: u16 = PORTS[0];
const LAST: u16 = PORTS[PORTS.len() - 1];

fn measure(count: usize, runs: usize, names: &[&str]) -> Vec<Figure> {
    if !Crowd::fits(count) {
        eprintln!("  skipped: this process may not open {count} files (`ulimit -Hn`)");
        return Vec::new();
    }
    let pair = Pair::new();
    let tool = Tool::default();
    let held = tool.hold(&pair.client);
    let mut client = held.client();
    let mut ours = Vec::new();
    let mut baseline = Vec::new();
    for run in 1..=runs {
        eprintln!("  run {run} of {runs}");
        ours.push(reset(&pair, count, &mut client));
        baseline.extend(destroy(&pair, count));
    }
    figures(count, names, &ours, &baseline)
}

/// One run: seconds, and the ends that died.
struct Run {
    seconds: f64,
    dead: [Ends; 2],
}

fn reset(pair: &Pair, count: usize, client: &mut Client) -> Run {
    let crowd = Crowd::open(pair, count);
    let order = words::order("reset", &json!({"reset": {}}), &words::ports(FIRST, LAST));
    let start = Instant::now();
    let receipt = client.inject(order).expect("the holder takes a fault");
    let seconds = start.elapsed().as_secs_f64();
    let dead = crowd.count_dead();
    for warning in receipt.warnings {
        eprintln!("  {warning}");
    }
    let stopped = client.stop("reset").expect("the holder answers");
    stopped.expect("the fault was in force");
    Run { seconds, dead }
}

/// `None` where the machine has no `ss`.
fn destroy(pair: &Pair, count: usize) -> Option<Run> {
    let ss = Installed::find("ss")?;
    let crowd = Crowd::open(pair, count);
    let seconds = kill(&pair.client, ss.command());
    Some(Run {
        seconds,
        dead: crowd.count_dead(),
    })
}

fn kill(target: &Namespace, mut ss: Command) -> f64 {
    ss.args(["--kill", "--tcp", "--numeric", "--no-header"])
        .arg(format!("dport >= :{FIRST} and dport <= :{LAST}"))
        .stdout(Stdio::null());
    target.enter(|| {
        let start = Instant::now();
        let status = ss.status().expect("it is installed");
        assert!(status.success(), "ss ended with {status}");
        start.elapsed().as_secs_f64()
    })
}

fn figures(count: usize, names: &[&str], ours: &[Run], baseline: &[Run]) -> Vec<Figure> {
    let ends = 2 * count;
    let complete = ours.iter().filter(|run| resets(run) == ends).count();
    let fewest = ours.iter().map(resets).min().unwrap_or_default();
    let dead = format!(
        "every connection was dead at both ends in {complete} of {} runs",
        ours.len()
    );
    let seconds = |runs: &[Run]| runs.iter().map(|run| run.seconds).collect::<Vec<_>>();
    let time = if baseline.is_empty() {
        let alone = crate::bench::stats::median(&seconds(ours));
        Figure::alone(names[0], "s", alone).note(dead)
    } else {
        let aborted = baseline.iter().map(|run| run.dead.map(Ends::dead));
        let fewest = aborted.map(|[own, peer]| own + peer).min();
        Figure::paired(names[0], "s", &seconds(ours), &seconds(baseline)).note(format!(
            "{dead}; baseline: `ss -K`, which ends at least {} of {ends} ends",
            fewest.unwrap_or_default()
        ))
    };
    let fewest = Figure::alone(names[1], "ends", as_f64(fewest)).against(as_f64(ends));
    vec![time, fewest]
}

fn resets(run: &Run) -> usize {
    run.dead.iter().map(|ends| ends.reset).sum()
}

fn as_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
