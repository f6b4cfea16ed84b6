//! Random faults of the delay line, measured on real packets: each as often as was said, and as
//! independent of each other.
#![allow(
    clippy::cast_precision_loss,
    reason = "statistics of samples that are few"
)]

use std::thread::scope;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Pair, Unchanged};
use chaos_tests::promises;

use crate::line::{Hits, Line, Probe, Sample, is_share, is_share_of_alike, loss};

promises! { [] lost_altered_doubled_and_overtaking_on_flows_of_their_own }

const COUNT: u32 = 2_000;
const LONG: u32 = 10_000;
/// That many are sent in.
const TIME: Duration = Duration::from_secs(3);
/// Longer than any is on its way.
const WAIT: Duration = Duration::from_millis(200);

/// What became of a flow.
struct Fared {
    what: String,
    sent: u32,
    samples: Vec<Sample>,
    counted: RuleCounters,
}

/// Each a fault of its own, with how many packets of how many flows meet it.
const CASES: [(&str, Wire, u32, fn(&Fared)); 6] = [
    ("corrupt: {corrupt: 10%}", Wire::V4, COUNT, altered),
    ("corrupt: {corrupt: 10%}", Wire::V6, COUNT, altered),
    ("duplicate: {duplicate: 10%}", Wire::V4, COUNT, doubled),
    (
        "delay: {latency: 100ms}, reorder: {reorder: 25%}",
        Wire::V4,
        COUNT,
        overtaking,
    ),
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

fn lost_altered_doubled_and_overtaking_on_flows_of_their_own() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let line = Line::open(pair.client.name());
    let probe = |wire| Probe::open(&pair.client, &pair.server, wire);
    let flows: [_; FLOWS] = std::array::from_fn(|_| probe(Wire::V4));
    let ports: Vec<_> = flows.iter().map(|flow| flow.port().to_string()).collect();
    line.inject("loss", &traffic(&ports.join("}, {port: ")), &loss(100));
    scope(|scope| {
        for (number, (faults, wire, sent, check)) in CASES.into_iter().enumerate() {
            let (probe, name) = (probe(wire), format!("fault-{number}"));
            line.inject(&name, &traffic(&probe.port().to_string()), faults);
            let line = &line;
            scope.spawn(move || {
                let samples = probe.run_all(sent, TIME / sent, WAIT);
                let counted = total(&line.stop(&name));
                let what = format!("{faults} {wire:?}");
                assert_eq!(counted.matched, u64::from(sent), "{what}: only these");
                check(&Fared {
                    what,
                    sent,
                    samples,
                    counted,
                });
            });
        }
        let run = |flow| scope.spawn(move || Probe::run_all(flow, COUNT, TIME / COUNT, WAIT));
        let samples = flows.each_ref().map(run);
        let samples = samples.map(|run| run.join().expect("it does not panic"));
        lost_one_by_one(&samples, &total(&line.stop("loss")));
    });
    assert_eq!(line.report().line.refused, 0, "the kernel takes all back");
    drop(line);
    unchanged.assert();
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

fn lost_one_by_one(flows: &[Vec<Sample>; FLOWS], counted: &RuleCounters) {
    let lost: usize = flows
        .iter()
        .map(|samples| COUNT as usize - samples.len())
        .sum();
    assert_eq!(lost as u64, counted.lost, "no other is lost");
    for (number, samples) in flows.iter().enumerate() {
        let what = format!("loss of 10 %, flow {number}");
        let hits = Hits::missing(samples, COUNT);
        is_share(&what, hits.count(), COUNT, 0.1);
        for lag in 1..=5 {
            hits.assert_correlation(&what, lag, 0.0);
        }
    }
}

/// A correlation changes nothing in the share (netem's does), but for how sure it is.
fn lost_with_its_neighbour(fared: &Fared) {
    let hits = fared.lost();
    is_share_of_alike(&fared.what, hits.count(), fared.sent, (0.25, 0.25));
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
    for length in 1..=4 {
        let found = bursts.iter().filter(|burst| **burst == length).count();
        let asked = 0.25 * 0.75_f64.powi(length as i32 - 1);
        is_share(
            &format!("{what}: bursts of {length}"),
            found,
            bursts.len() as u32,
            asked,
        );
    }
    // A burst begins after each good packet with a chance of 2 %.
    let good = fared.samples.len() as u32;
    is_share(&format!("{what}: begins"), bursts.len(), good, 0.02);
}

fn altered(fared: &Fared) {
    let Fared {
        what,
        sent,
        counted,
        ..
    } = fared;
    is_share(what, counted.corrupted as usize, *sent, 0.1);
    let missing = fared.missing();
    assert_eq!(
        missing as u64, counted.corrupted,
        "{what}: what was altered is not taken"
    );
}

fn doubled(fared: &Fared) {
    let Fared {
        what,
        sent,
        samples,
        counted,
    } = fared;
    is_share(what, counted.duplicated as usize, *sent, 0.1);
    assert_eq!(
        samples.len() as u64,
        u64::from(*sent) + counted.duplicated,
        "{what}"
    );
    let mut once: Vec<_> = samples.iter().map(|one| one.number).collect();
    once.dedup();
    assert_eq!(once.len(), *sent as usize, "{what}: both come together");
}

fn overtaking(fared: &Fared) {
    let Fared {
        what,
        sent,
        samples,
        counted,
    } = fared;
    assert_eq!(samples.len(), *sent as usize, "{what}: none is lost");
    let held = samples
        .iter()
        .filter(|one| one.delay >= Duration::from_millis(100));
    assert_eq!(
        held.count() as u64,
        counted.delayed,
        "{what}: the others are not held"
    );
    assert_eq!(
        counted.delayed + counted.reordered,
        u64::from(*sent),
        "{what}"
    );
    is_share(what, counted.reordered as usize, *sent, 0.25);
}

impl Fared {
    fn missing(&self) -> usize {
        self.sent as usize - self.samples.len()
    }

    /// Which were lost, all by the line.
    fn lost(&self) -> Hits {
        assert_eq!(
            self.missing() as u64,
            self.counted.lost,
            "{}: no other",
            self.what
        );
        Hits::missing(&self.samples, self.sent)
    }
}
