//! Fixtures: faults, and packets that meet them in turn.

use chaos_abi::Direction;

use super::Bench;
use super::expect::Expect;
use super::packet::Packet;
use super::words;

/// One packet, and what it must do.
pub(crate) struct Step {
    way: Direction,
    packet: Packet,
    expect: Expect,
}

impl Step {
    /// Runs the packet and compares.
    pub(crate) fn take(&self, bench: &mut Bench) {
        bench.step(self.way, &self.packet, &self.expect);
    }
}

/// A packet on its way from the target.
pub(crate) fn leaves(packet: Packet, expect: Expect) -> Step {
    Step {
        way: Direction::Egress,
        packet,
        expect,
    }
}

/// A packet on its way to the target.
pub(crate) fn arrives(packet: Packet, expect: Expect) -> Step {
    Step {
        way: Direction::Ingress,
        packet,
        expect,
    }
}

/// A table of faults and the packets that meet it.
pub(crate) struct Fixture<'a> {
    pub(crate) what: &'static str,
    /// The fields of their specs, by slot as long as each makes one rule.
    pub(crate) faults: &'a [&'a str],
    pub(crate) steps: Vec<Step>,
}

/// Runs fixtures one after the other, with an empty table between them.
pub(crate) fn check(fixtures: &[Fixture]) {
    Bench::run(|bench| {
        for fixture in fixtures {
            fixture.what.clone_into(&mut bench.scene);
            bench.hold(&words::faults(fixture.faults));
            for step in &fixture.steps {
                step.take(bench);
            }
            bench.hold(&[]);
        }
    });
}
