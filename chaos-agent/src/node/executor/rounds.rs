//! Work in pods, each on a thread of its own, so that the executor goes on renewing leases.

use std::{
    collections::BTreeSet,
    sync::{Arc, mpsc::Sender},
    thread,
};

use chaos_api::{EndReason, Receipt};
use chaos_plan::{FaultId, ReportState};

use super::{
    Command, Executor, Held,
    job::{Done, Job, at_once, lost},
};
use crate::{
    holder::keep,
    inventory::boot_clock,
    node::{
        ledger::{Action, Pod, Said},
        merged::merged,
    },
};

/// Pods in which more is done at the same time than to wait for the kernel. Loading the programs
/// takes a processor for tens of milliseconds each.
const HEAVY: usize = 4;

/// What goes on in pods, and who waits for it.
#[derive(Default)]
pub(super) struct Work {
    heavy: usize,
    /// There was more to do than there was room for.
    pub(super) full: bool,
    /// Those who wait until a fault has ended in all its pods.
    waiting: Vec<(FaultId, Sender<Option<Receipt>>)>,
}

impl Executor {
    /// Begins what is to be done, as far as there is room.
    pub(super) fn round(&mut self) {
        self.work.full = false;
        for pod in self.ledger.due(boot_clock()) {
            let actions = self.next(&pod);
            let heavy = actions.iter().any(Action::is_heavy);
            if actions.is_empty() {
                self.ledger.looked_at(&pod);
                self.telling.changed = true;
            } else if heavy && self.work.heavy >= HEAVY {
                self.work.full = true;
            } else {
                self.begin(&pod, actions);
            }
        }
        self.ledger.acknowledge();
        self.answer();
    }

    /// Takes what came of work in a pod.
    pub(super) fn done(&mut self, done: Done) {
        let (pod, now) = (done.pod, boot_clock());
        self.work.heavy -= usize::from(done.heavy);
        for said in done.said {
            self.note(&pod, said);
        }
        if let Some(engine) = done.engine {
            let held = Held { engine, ticked: 0 };
            self.engines.insert(pod.uid.clone(), held);
        } else {
            self.ledger.lose(&pod.uid, &lost(), now);
        }
        self.ledger.done(&pod.uid);
    }

    /// Ends a fault for good, and tells its receipt once no kernel holds it.
    pub(super) fn stop(&mut self, name: &str, answer: Sender<Option<Receipt>>) {
        match self.ledger.bar(name) {
            Some(fault) => self.work.waiting.push((fault, answer)),
            // Who asked may have gone.
            None => drop(answer.send(None)),
        }
    }

    /// Ends all faults now.
    pub(super) fn stop_all(&mut self, reason: EndReason) {
        let pods: BTreeSet<String> = self.engines.keys().cloned().collect();
        let jobs = pods.into_iter().filter_map(|pod| {
            let faults = self.ledger.armed_in(&pod).into_iter();
            let stops = faults.map(|fault| Action::Stop(fault, reason)).collect();
            self.job(&pod, stops)
        });
        let jobs = jobs.collect();
        for done in at_once(jobs, Job::run) {
            self.done(done);
        }
    }

    /// Writes down, logs and keeps what came of an action.
    pub(super) fn note(&mut self, pod: &Pod, said: Said) {
        let fault = said.fault().clone();
        if let Some(state) = self.ledger.note(pod, said, boot_clock()) {
            tracing::info!("{fault} on pod/{}: {}", pod.name, words(state));
            if matches!(state, ReportState::Ended { .. }) {
                self.keep(&fault);
            }
        }
        self.telling.changed = true;
    }

    fn next(&mut self, pod: &str) -> Vec<Action> {
        let now = boot_clock();
        let clock = self.tools.clock.clone();
        self.ledger.next(pod, now, |ends| clock.left(ends, now))
    }

    fn begin(&mut self, pod: &str, actions: Vec<Action>) {
        let Some(job) = self.job(pod, actions) else {
            return self.ledger.looked_at(pod);
        };
        let done = self.to_self.clone();
        self.work.heavy += usize::from(job.is_heavy());
        self.ledger.begin(pod);
        let work = move || {
            // An executor that is gone takes the process with it.
            let _ = done.send(Command::Done(Box::new(job.run())));
        };
        let thread = thread::Builder::new().name("pod".into()).spawn(work);
        // The job is lost with its engine: a dead agent lets traffic flow, a half-alive one not.
        thread.expect("a thread can be started");
    }

    fn job(&mut self, uid: &str, actions: Vec<Action>) -> Option<Job> {
        let pod = self.ledger.pod(uid)?;
        let current = self.ledger.current();
        let planned = current.and_then(|plan| plan.body.pods.iter().find(|p| p.uid == uid));
        Some(Job {
            plan: planned.cloned(),
            engine: self.engines.remove(uid).map(|held| held.engine),
            pod,
            actions,
            own: Arc::clone(&self.own),
            clock: self.tools.clock.clone(),
            run_dir: self.tools.run_dir.clone(),
            stock: self.stock.clone(),
        })
    }

    /// Keeps a fault's receipt for those who ask for it on this node.
    fn keep(&self, fault: &FaultId) {
        if let Some(receipt) = merged(self.ledger.receipts_of(fault))
            && let Err(error) = keep(&self.tools.run_dir, &receipt)
        {
            tracing::warn!("the receipt of {fault} could not be kept: {error}");
        }
    }

    /// Answers those whose fault has ended.
    fn answer(&mut self) {
        let ledger = &self.ledger;
        let over = |(fault, _): &mut (FaultId, _)| !ledger.is_held(fault);
        for (fault, answer) in self.work.waiting.extract_if(.., over) {
            // Who asked may have gone.
            let _ = answer.send(merged(ledger.receipts_of(&fault)));
        }
    }
}

fn words(state: &ReportState) -> String {
    match state {
        ReportState::Armed => "in force".into(),
        ReportState::Previewed => "shown".into(),
        ReportState::Refused { reason, message } => format!("refused, {reason}: {message}"),
        ReportState::Ended { reason } => format!("has ended: {}", reason.as_str()),
    }
}
