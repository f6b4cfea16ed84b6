//! Rounds of work: a few pods at the same time.

use std::collections::BTreeSet;

use chaos_api::{EndReason, Receipt};

use super::{
    Executor, Held,
    job::{Done, Job, all, lost},
};
use crate::{
    inventory::boot_clock,
    node::{ledger::Action, merged::merged},
};

/// Pods that are worked on at the same time.
const AT_ONCE: usize = 64;

/// Those among them in which there is more to do than to wait for the kernel: few enough that a
/// round is short beside a lease, also on a slow node.
const HEAVY: usize = 4;

impl Executor {
    /// Does what is to be done in the next few pods.
    pub(super) fn round(&mut self) {
        let due = self.ledger.due(boot_clock());
        let mut heavy = 0;
        let mut work = Vec::new();
        for pod in due {
            let actions = self.next(&pod);
            heavy += usize::from(actions.iter().any(Action::is_heavy));
            if actions.is_empty() {
                self.looked_at(&pod);
            } else {
                work.push((pod, actions));
            }
            if heavy == HEAVY || work.len() == AT_ONCE {
                break;
            }
        }
        self.work(work);
        self.ledger.acknowledge();
    }

    /// Ends a fault for good; its receipt where it was in force.
    pub(super) fn stop(&mut self, name: &str) -> Option<Receipt> {
        let pods = self.ledger.bar(name);
        self.do_now(&pods);
        merged(self.receipts_of(name))
    }

    /// Ends all faults.
    pub(super) fn stop_all(&mut self, reason: EndReason) {
        let pods: BTreeSet<String> = self.engines.keys().cloned().collect();
        let stops = pods.into_iter().map(|pod| {
            let faults = self.ledger.armed_in(&pod).into_iter();
            let stops = faults.map(|fault| Action::Stop(fault, reason)).collect();
            (pod, stops)
        });
        self.work(stops.collect());
    }

    /// Does now what is to be done in these pods.
    fn do_now(&mut self, pods: &BTreeSet<String>) {
        let work = pods
            .iter()
            .map(|pod| (pod.clone(), self.next(pod)))
            .collect();
        self.work(work);
    }

    fn next(&mut self, pod: &str) -> Vec<Action> {
        let now = boot_clock();
        let clock = self.tools.clock.clone();
        self.ledger.next(pod, now, |ends| clock.left(ends, now))
    }

    fn work(&mut self, work: Vec<(String, Vec<Action>)>) {
        if work.is_empty() {
            return;
        }
        let own = std::mem::take(&mut self.own);
        let clock = self.tools.clock.clone();
        let mut jobs = Vec::new();
        for (uid, actions) in work {
            let Some(pod) = self.ledger.pod(&uid) else {
                continue;
            };
            let current = self.ledger.current();
            let planned = current.and_then(|plan| plan.body.pods.iter().find(|p| p.uid == uid));
            jobs.push(Job {
                plan: planned.cloned(),
                engine: self.engines.remove(&uid).map(|held| held.engine),
                pod,
                actions,
                own: &own,
                clock: &clock,
            });
        }
        let done = all(jobs);
        done.into_iter().for_each(|done| self.done(done));
        self.own = own;
    }

    fn done(&mut self, done: Done) {
        let now = boot_clock();
        for said in done.said {
            self.ledger.note(&done.pod, said, now);
        }
        if let Some(engine) = done.engine {
            let held = Held { engine, ticked: 0 };
            self.engines.insert(done.pod.uid.clone(), held);
        } else {
            self.ledger.lose(&done.pod.uid, &lost(), now);
        }
        self.looked_at(&done.pod.uid);
    }

    fn looked_at(&mut self, pod: &str) {
        self.ledger.looked_at(pod);
        self.telling.changed = true;
    }
}
