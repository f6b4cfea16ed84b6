//! What a packet meets: nothing, the hooks with an empty table, or a table that does not match it.

use chaos_agent::dataplane::{Dataplane, Hooks};
use chaos_agent::inventory::{self, Target};
use chaos_plan::{Fault, Table, diff, lower};

use super::words;
use crate::bed::Namespace;

/// One thing that packets can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arm {
    /// No hook is attached.
    Bare,
    /// Hooks, and no rule.
    Empty,
    /// Hooks, and one rule for a peer that no packet has.
    Armed,
}

impl Arm {
    /// All of them, starting with another one each round, so that none is always the first.
    pub(crate) fn in_turns(round: usize) -> [Self; 3] {
        let mut arms = [Self::Bare, Self::Empty, Self::Armed];
        arms.rotate_left(round % 3);
        arms
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

    /// Lets packets meet this from now on.
    pub(crate) fn take(&mut self, arm: Arm) {
        match arm {
            Arm::Bare => self.hooks = Hooks::default(),
            Arm::Empty => self.attach(&[]),
            Arm::Armed => {
                let elsewhere =
                    "faults: {blackhole: {}}, traffic: {peers: [{ipBlock: {cidr: 198.19.9.9/32}}]}";
                self.attach(&[words::fault("elsewhere", elsewhere)]);
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
            .follow(&mut self.dataplane, &self.namespace)
            .expect("the hooks can be attached");
    }

    /// The index of the interface that has the hooks.
    pub(crate) fn interface(&self) -> u32 {
        let interface = self.hooks.interfaces().next();
        interface.expect("the hooks are attached to eth0").0
    }
}
