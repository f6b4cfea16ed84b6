//! A delay: as long as was said, in the direction that was said, and of nothing else.

use std::thread::{scope, sleep};
use std::time::Duration;

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Host, Pair, Unchanged, once_in_three};
use chaos_tests::promises;

use crate::line::{Law, Line, Probe, Sample, be_on_time, delays};

promises! { [] from_1_ms_to_15_s_over_both_families_by_udp_and_by_tcp }

const COUNT: u32 = 2_000;
const GAP: Duration = Duration::from_millis(1);

/// Datagrams or segments that a target sends, or that are sent to it.
#[derive(Clone, Copy, Debug)]
enum Way {
    Out,
    In,
    OutByTcp,
}

use Law::{Constant, Normal, Uniform};
use Way::{In, Out, OutByTcp};
use Wire::{V4, V6};

/// What one line is given: the first is held for so long that there is time for the others, one after
/// the other, so that its thread never takes so much of a core that it gives up real time.
type Cases = [(Law, Way, Wire); 7];

const LINES: [Cases; 2] = [
    [
        (Constant(15_000), Out, V4),
        (Constant(1), Out, V4),
        (Constant(5), OutByTcp, V4),
        (Constant(50), Out, V4),
        (Normal(100, 20), Out, V4),
        (Constant(20), In, V4),
        (Constant(250), OutByTcp, V6),
    ],
    [
        (Constant(15_000), Out, V6),
        (Constant(5), Out, V6),
        (Constant(50), OutByTcp, V6),
        (Constant(100), Out, V6),
        (Constant(250), Out, V6),
        (Constant(20), In, V6),
        (Uniform(90, 90), Out, V6),
    ],
];

fn from_1_ms_to_15_s_over_both_families_by_udp_and_by_tcp() {
    scope(|scope| {
        for cases in LINES {
            scope.spawn(move || shows(&cases));
        }
        scope.spawn(fifteen_seconds_by_tcp);
    });
}

fn shows([long, others @ ..]: &Cases) {
    let pair = Pair::new();
    let hosts = [&pair.client, &pair.server];
    hosts.into_iter().for_each(widen);
    let unchanged = Unchanged::watch(hosts);
    let line = Line::open(pair.client.name());
    scope(|scope| {
        let flow = Flow::new(&line, &pair, *long);
        scope.spawn(move || flow.shows());
        sleep(COUNT * GAP);
        for case in others {
            let flow = Flow::new(&line, &pair, *case);
            // Of its own, since it will be one on time.
            let shown = scope.spawn(move || flow.shows());
            shown.join().expect("it was shown");
        }
    });
    line.end();
    unchanged.assert();
}

/// What a connection sends before it misses an answer, since from then on it holds back by itself.
fn fifteen_seconds_by_tcp() {
    let (pair, law, count) = (Pair::new(), Constant(15_000), 100);
    let hosts = [&pair.client, &pair.server];
    hosts.into_iter().for_each(widen);
    let unchanged = Unchanged::watch(hosts);
    let line = Line::open(pair.client.name());
    scope(|scope| {
        for wire in [V4, V6] {
            let (name, line) = (format!("{law:?} {OutByTcp:?} {wire:?}"), &line);
            let listener = Listener::on(&pair.server, wire, 0);
            let probe = Probe::over_tcp(listener.accept_from(&pair.client));
            line.inject(
                &name,
                &traffic(OutByTcp, wire, listener.port()),
                &law.words(),
            );
            scope.spawn(move || {
                let samples = on_time(&probe, count, GAP, law.longest());
                law.held(&name, &samples, count).expect("it is near enough");
                line.stop(&name);
            });
        }
    });
    line.end();
    unchanged.assert();
}

/// Lets a connection have a thousand segments on their way from the first on: what is shown is how
/// long they take, and not when TCP dares to send them.
fn widen(host: &Host) {
    for route in [
        "-4 route change 198.18.0.0/24 dev eth0 initcwnd 1000",
        "-6 route change fd5f:198:18::/64 dev eth0 proto kernel metric 256 initcwnd 1000",
    ] {
        host.ip(&route.split(' ').collect::<Vec<_>>());
    }
}

/// A flow under a delay, one beside it that has none, and the way back.
struct Flow<'a> {
    name: String,
    law: Law,
    line: &'a Line,
    probe: Probe,
    others: [(&'static str, Probe); 2],
    /// Whether the rule counts one packet for each message.
    by_datagrams: bool,
}

impl<'a> Flow<'a> {
    fn new(line: &'a Line, pair: &Pair, (law, way, wire): (Law, Way, Wire)) -> Self {
        let name = format!("{law:?} {way:?} {wire:?}");
        let (from, to) = match way {
            Out | OutByTcp => (&pair.client, &pair.server),
            In => (&pair.server, &pair.client),
        };
        let inject = |port| line.inject(&name, &traffic(way, wire, port), &law.words());
        let probe = match way {
            Out | In => {
                let probe = Probe::open(from, to, wire);
                inject(probe.port());
                probe
            }
            OutByTcp => {
                let listener = Listener::on(to, wire, 0);
                inject(listener.port());
                // Its clock begins with the delay that there is.
                Probe::over_tcp(listener.accept_from(from))
            }
        };
        let bystander = match way {
            Out | In => Probe::open(from, to, wire),
            OutByTcp => Probe::over_tcp(Listener::on(to, wire, 0).accept_from(from)),
        };
        let others = [("another port", bystander), ("the other way", probe.back())];
        Self {
            name,
            law,
            line,
            probe,
            others,
            by_datagrams: !matches!(way, OutByTcp),
        }
    }

    fn shows(self) {
        let mut tries = 0;
        once_in_three(|| {
            tries += 1;
            self.show()
        });
        let counted = total(&self.line.stop(&self.name));
        if self.by_datagrams {
            let all = u64::from(COUNT * tries);
            assert_eq!(counted.matched, all, "{}: no other", self.name);
            let held = counted.delayed + counted.bypassed;
            assert_eq!(held, all, "{}: all", self.name);
        }
    }

    fn show(&self) -> Result<(), String> {
        let bypassed = self.bypassed();
        let (samples, others) = scope(|scope| {
            let others = self.others.each_ref().map(|(what, other)| {
                let run = || on_time(other, COUNT / 20, GAP * 20, Duration::ZERO);
                (what, scope.spawn(run))
            });
            let samples = on_time(&self.probe, COUNT, GAP, self.law.longest());
            let others = others.map(|(what, run)| (what, run.join().expect("it does not panic")));
            (samples, others)
        });
        for (what, samples) in others {
            let (name, delays) = (&self.name, delays(&samples));
            assert_eq!(delays.len(), COUNT as usize / 20, "{name}: {what}: lost");
            let middle = delays[delays.len() / 2];
            assert!(middle < GAP, "{name}: {what} is late by {middle:?}");
        }
        if self.bypassed() > bypassed {
            return Err(format!("{}: the line stood still", self.name));
        }
        self.law.held(&self.name, &samples, COUNT)
    }

    /// How many packets passed the line by: as many as come while it stands still for 50 ms.
    fn bypassed(&self) -> u64 {
        total(&self.line.receipt(&self.name)).bypassed
    }
}

fn on_time(probe: &Probe, count: u32, gap: Duration, longest: Duration) -> Vec<Sample> {
    be_on_time();
    probe.run(count, gap, longest)
}

/// What goes that way to that port.
fn traffic(way: Way, wire: Wire, port: u16) -> String {
    let any = if wire == V6 { "::/0" } else { "0.0.0.0/0" };
    let to = format!("peers: [{{ipBlock: {{cidr: '{any}'}}, ports: [{{port: {port}}}]}}]");
    match way {
        Out => format!("traffic: {{protocol: UDP, direction: Egress, {to}}}"),
        OutByTcp => format!("traffic: {{protocol: TCP, direction: Egress, {to}}}"),
        In => format!("traffic: {{protocol: UDP, direction: Ingress, localPorts: ['{port}']}}"),
    }
}
