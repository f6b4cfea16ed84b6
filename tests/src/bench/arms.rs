//! What a packet meets: nothing, the hooks with an empty table, or a table that does not match it.

use chaos_agent::dataplane::{Dataplane, Hooks};
use chaos_agent::inventory::{self, Target};
use chaos_plan::{Fault, Table, diff, lower};

use super::words;
use crate::bed::Namespace;

/// One thing that packets can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arm {
    /// No hook is attached.
    Bare,
    /// Hooks, and no rule.
    Empty,
    /// Hooks, and one rule for a peer that no packet has.
    Armed,
}

/// Samples of each arm, taken in turns.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) bare: Vec<f64>,
    pub(crate) empty: Vec<f64>,
    pub(crate) armed: Vec<f64>,
}

impl Samples {
    fn of(&mut self, arm: Arm) -> &mut Vec<f64> {
        match arm {
            Arm::Bare => &mut self.bare,
            Arm::Empty => &mut self.empty,
            Arm::Armed => &mut self.armed,
        }
    }
}

/// The programs, loaded once, on one namespace.
pub(crate) struct Arms {
    namespace: inventory::Namespace,
    dataplane: Dataplane,
    hooks: Hooks,
    table: Table,
}

impl Arms {
    /// Loads the programs; nothing is attached.
    pub(crate) fn on(namespace: &Namespace) -> Self {
        let target = Target::Name(namespace.name().to_owned());
        let mut dataplane = Dataplane::load(false).expect("the kernel takes the programs");
        dataplane.lease(u64::MAX).expect("a lease can be written");
        Self {
            namespace: inventory::Namespace::find(&target).expect("the bed made it"),
            dataplane,
            hooks: Hooks::default(),
            table: Table::default(),
        }
    }

    /// Takes a sample of each arm a round, and begins each round with another one.
    pub(crate) fn samples(&mut self, rounds: usize, mut sample: impl FnMut() -> f64) -> Samples {
        let mut samples = Samples::default();
        let mut arms = [Arm::Bare, Arm::Empty, Arm::Armed];
        for _ in 0..rounds {
            for arm in arms {
                self.take(arm);
                samples.of(arm).push(sample());
            }
            arms.rotate_left(1);
        }
        samples
    }

    /// Lets packets meet this from now on.
    fn take(&mut self, arm: Arm) {
        match arm {
            Arm::Bare => self.hooks = Hooks::default(),
            Arm::Empty => self.attach(&[]),
            Arm::Armed => {
                let elsewhere = words::blackhole("elsewhere", &words::peer("198.19.9.9"));
                self.attach(&[elsewhere]);
            }
        }
    }

    /// Attaches the hooks with these faults in force.
    pub(crate) fn attach(&mut self, faults: &[Fault]) {
        let table = lower(&self.table, faults).expect("the faults fit into a table");
        let ops = diff(&self.table, &table, self.dataplane.bank());
        self.dataplane.apply(&ops).expect("the kernel takes a plan");
        self.table = table;
        self.hooks
            .follow(&mut self.dataplane, &self.namespace, false)
            .expect("the hooks can be attached");
    }

    /// The index of the interface that has the hooks.
    pub(crate) fn interface(&self) -> u32 {
        let interface = self.hooks.interfaces().next();
        interface.expect("the hooks are attached to eth0").0
    }
}
