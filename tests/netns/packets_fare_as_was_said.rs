//! Random faults of the delay line, measured on real packets: each as often as was said, and as
//! independent of each other.
#![allow(
    clippy::cast_precision_loss,
    reason = "statistics of samples that are few"
)]

use std::thread::scope;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::Pair;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::promises;

use crate::line::{
    Hits, Line, Probe, Sample, is_share, is_share_of_alike, loss, on_a_line_of_its_own,
};

promises! { [] lost_altered_doubled_and_overtaking_on_flows_of_their_own }

const COUNT: u32 = 2_000;
const LONG: u32 = 6_000;
/// That many are sent in.
const TIME: Duration = Duration::from_secs(4);
/// Longer than any is on its way.
const WAIT: Duration = Duration::from_millis(200);

/// What became of a flow.
struct Fared {
    what: String,
    sent: u64,
    /// How many of them the line took.
    met: u64,
    samples: Vec<Sample>,
    counted: RuleCounters,
}

/// A fault, how many packets of a flow meet it, and what is to become of them.
type Case = (&'static str, Wire, u32, fn(&Fared));

const ALTERED: [Case; 4] = [
    ("corrupt: {corrupt: 10%}", Wire::V4, COUNT, altered),
    ("corrupt: {corrupt: 10%}", Wire::V6, COUNT, altered),
    ("duplicate: {duplicate: 10%}", Wire::V4, COUNT, doubled),
    (
        "delay: {latency: 1s}, reorder: {reorder: 25%}",
        Wire::V4,
        COUNT,
        overtaking,
    ),
];

const ALIKE: [Case; 2] = [
    (
        "loss: {loss: 25%, correlation: 25%}",
        Wire::V6,
        LONG,
        lost_with_its_neighbour,
    ),
    (
        "loss: {gemodel: {p: 2%, r: 25%}}",
        Wire::V4,
        LONG,
        lost_in_bursts,
    ),
];

const FLOWS: usize = 4;

/// On three lines, so that none takes so much of a core that it gives up real time.
fn lost_altered_doubled_and_overtaking_on_flows_of_their_own() {
    scope(|scope| {
        scope.spawn(|| on_a_line_of_its_own(|pair, line| each(pair, line, &ALTERED)));
        scope.spawn(|| on_a_line_of_its_own(|pair, line| each(pair, line, &ALIKE)));
        on_a_line_of_its_own(several_of_one_fault);
    });
}

fn several_of_one_fault(pair: &Pair, line: &Line) {
    let probe = |_| Probe::open(&pair.client, &pair.server, Wire::V4);
    let flows: [_; FLOWS] = std::array::from_fn(probe);
    let ports: Vec<_> = flows.iter().map(|flow| flow.port().to_string()).collect();
    line.inject("loss", &traffic(&ports.join("}, {port: ")), &loss(100));
    let samples = scope(|scope| {
        let run = |flow| scope.spawn(move || Probe::run_all(flow, COUNT, TIME / COUNT, WAIT));
        let samples = flows.each_ref().map(run);
        samples.map(|run| run.join().expect("it does not panic"))
    });
    lost_one_by_one(&samples, &total(&line.stop("loss")));
}

fn each(pair: &Pair, line: &Line, cases: &[Case]) {
    scope(|scope| {
        for (faults, wire, sent, check) in cases {
            let probe = Probe::open(&pair.client, &pair.server, *wire);
            let what = format!("{faults} {wire:?}");
            line.inject(&what, &traffic(&probe.port().to_string()), faults);
            scope.spawn(move || {
                let samples = probe.run_all(*sent, TIME / *sent, WAIT);
                let counted = total(&line.stop(&what));
                let sent = u64::from(*sent);
                assert_eq!(counted.matched, sent, "{what}: only these");
                let met = met(&what, &counted);
                check(&Fared {
                    what,
                    sent,
                    met,
                    samples,
                    counted,
                });
            });
        }
    });
}

/// Datagrams to that port.
fn traffic(port: &str) -> String {
    let any = ["0.0.0.0/0", "::/0"];
    let peer = any.map(|any| format!("{{ipBlock: {{cidr: '{any}'}}, ports: [{{port: {port}}}]}}"));
    format!(
        "traffic: {{protocol: UDP, direction: Egress, peers: [{}]}}",
        peer.join(", ")
    )
}

/// How many packets the line took: where other work keeps its thread from running for 50 ms, some pass
/// as they are. They may not be so many that they change shares.
#[track_caller]
fn met(what: &str, counted: &RuleCounters) -> u64 {
    let passed = counted.bypassed;
    assert!(
        passed * 20 < counted.matched,
        "{what}: {passed} passed as they were"
    );
    counted.matched - passed
}

fn lost_one_by_one(flows: &[Vec<Sample>; FLOWS], counted: &RuleCounters) {
    let lost: usize = flows
        .iter()
        .map(|samples| COUNT as usize - samples.len())
        .sum();
    assert_eq!(lost as u64, counted.lost, "no other is lost");
    met("loss of 10 %", counted);
    for (number, samples) in flows.iter().enumerate() {
        let what = format!("loss of 10 %, flow {number}");
        let hits = Hits::missing(samples, COUNT.into());
        is_share(&what, hits.count(), COUNT.into(), 0.1);
        for lag in 1..=5 {
            hits.assert_correlation(&what, lag, 0.0);
        }
    }
}

/// A correlation changes nothing in the share (netem's does), but for how sure it is.
fn lost_with_its_neighbour(fared: &Fared) {
    let hits = fared.lost();
    is_share_of_alike(&fared.what, hits.count(), fared.met, (0.25, 0.25));
    for (lag, asked) in [(1, 0.25), (2, 0.0625), (3, 0.015_625)] {
        hits.assert_correlation(&fared.what, lag, asked);
    }
}

/// Bad with a chance of 2 % and good again with one of 25 %: all is lost while it is bad.
fn lost_in_bursts(fared: &Fared) {
    let bursts = fared.lost().bursts();
    let (what, count) = (&fared.what, bursts.len() as f64);
    let mean = bursts.iter().sum::<usize>() as f64 / count;
    // Of a geometric distribution with r = 0.25.
    let deviation = (0.75_f64).sqrt() / 0.25 / count.sqrt();
    eprintln!("{what}: {count} bursts of {mean:.2} on average");
    assert!(
        (mean - 4.0).abs() < 3.3 * deviation,
        "{what}: bursts of {mean}"
    );
    let all = bursts.len() as u64;
    let mut asked = 0.25;
    for length in 1..=4 {
        let found = bursts.iter().filter(|burst| **burst == length).count();
        is_share(
            &format!("{what}: bursts of {length}"),
            found as u64,
            all,
            asked,
        );
        asked *= 0.75;
    }
    // A burst begins after each good packet with a chance of 2 %.
    is_share(&format!("{what}: begins"), all, fared.arrived(), 0.02);
}

fn altered(fared: &Fared) {
    let (what, sent, counted) = (&fared.what, fared.sent, &fared.counted);
    is_share(what, counted.corrupted, fared.met, 0.1);
    let left = sent - counted.corrupted;
    assert_eq!(
        fared.arrived(),
        left,
        "{what}: what was altered is not taken"
    );
}

fn doubled(fared: &Fared) {
    let (what, sent, counted) = (&fared.what, fared.sent, &fared.counted);
    is_share(what, counted.duplicated, fared.met, 0.1);
    assert_eq!(fared.arrived(), sent + counted.duplicated, "{what}");
    let mut once: Vec<_> = fared.samples.iter().map(|one| one.number).collect();
    once.dedup();
    assert_eq!(once.len() as u64, sent, "{what}: both come together");
}

fn overtaking(fared: &Fared) {
    let (what, sent, counted) = (&fared.what, fared.sent, &fared.counted);
    assert_eq!(fared.arrived(), sent, "{what}: none is lost");
    let is_held = |one: &&Sample| one.delay >= Duration::from_secs(1);
    let held = fared.samples.iter().filter(is_held).count() as u64;
    assert_eq!(held, counted.delayed, "{what}: the others are not held");
    assert_eq!(held + counted.reordered, fared.met, "{what}");
    is_share(what, counted.reordered, fared.met, 0.25);
}

impl Fared {
    fn arrived(&self) -> u64 {
        self.samples.len() as u64
    }

    /// Which were lost, all by the line.
    fn lost(&self) -> Hits {
        let (what, lost) = (&self.what, self.sent - self.arrived());
        assert_eq!(lost, self.counted.lost, "{what}: no other");
        Hits::missing(&self.samples, self.sent)
    }
}
