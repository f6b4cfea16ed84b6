//! What one leader decides and remembers: plans, statuses, and what is still to be written. Pure
//! but for the times that it is given.

mod attempts;
mod echo;
mod fault;
mod jobs;
mod node;
mod term;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chaos_api::{FaultState, NetworkFault, NetworkFaultStatus};
use chaos_plan::{Agent, FaultView, Placement, Verdict, aggregate, next_change};
use jiff::Timestamp;

pub use jobs::{Job, Target};
pub use term::Term;

use self::{attempts::Attempts, fault::FaultEntry, node::NodeEntry};
use crate::mirror::Mirror;
use crate::views::FoundFault;

/// What one leader decides and remembers.
#[derive(Debug)]
pub struct Ledger {
    term: Term,
    /// By UID.
    faults: BTreeMap<String, FaultEntry>,
    nodes: BTreeMap<String, NodeEntry>,
    /// What planning said about each fault that is not over for good, by UID.
    verdicts: BTreeMap<String, (FaultView, Verdict)>,
    /// The statuses that say something new, by UID.
    statuses: BTreeMap<String, Draft>,
    attempts: Attempts,
    /// Faults that were deleted while they were planned for.
    deleted: Vec<FaultView>,
}

/// A status that is to be written.
#[derive(Clone, Debug)]
struct Draft {
    status: NetworkFaultStatus,
    /// Not before this.
    after: Option<Instant>,
}

/// A moment by both clocks: the API server's and this process's own.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The API server's, in whole milliseconds.
    pub server: Timestamp,
    /// This process's.
    pub local: Instant,
}

impl Ledger {
    /// A leader that has decided nothing yet; what those before it decided is in the mirror.
    pub fn begin(now: Moment) -> Self {
        Self {
            term: Term::begin(now.server),
            faults: BTreeMap::new(),
            nodes: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            statuses: BTreeMap::new(),
            attempts: Attempts::default(),
            deleted: Vec::new(),
        }
    }

    /// Makes the plans anew.
    pub fn plan(&mut self, mirror: &mut Mirror, now: Moment) {
        let mut views = self.views(mirror);
        let mut placement = mirror.place(&views, now.server);
        if self.take(&placement, now) {
            views = self.views(mirror);
            placement = mirror.place(&views, now.server);
            self.take(&placement, now);
        }
        self.want(mirror, &mut placement);
        let started = |view: &mut FaultView| {
            view.started = self
                .faults
                .get(&view.id.uid)
                .and_then(|entry| entry.started);
        };
        views.iter_mut().for_each(started);
        let verdicts = &mut placement.verdicts;
        let judged = views.into_iter().filter_map(|view| {
            let verdict = verdicts.remove(&view.id)?;
            Some((view.id.uid.clone(), (view, verdict)))
        });
        let before = std::mem::replace(&mut self.verdicts, judged.collect());
        let gone = before
            .into_iter()
            .filter(|(uid, _)| !self.faults.contains_key(uid));
        self.deleted.extend(gone.map(|(_, (view, _))| view));
    }

    /// The faults that were deleted since the last call, as they were last seen.
    pub fn take_deleted(&mut self) -> Vec<FaultView> {
        std::mem::take(&mut self.deleted)
    }

    /// The faults to plan for: all that are not over for good, and those of which a node still has
    /// something to tell.
    fn views(&mut self, mirror: &Mirror) -> Vec<FaultView> {
        let named: BTreeSet<&String> = mirror
            .reports
            .values()
            .flat_map(|report| &report.faults)
            .collect();
        let found = found(mirror);
        let mut known = BTreeSet::new();
        let mut views = Vec::new();
        for fault in mirror.faults.values() {
            let Some(uid) = &fault.metadata.uid else {
                continue;
            };
            known.insert(uid.clone());
            let found = found
                .get(uid.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default();
            let entry = self.faults.entry(uid.clone());
            let entry = entry.or_insert_with(|| FaultEntry::of(fault, found));
            let over = fault::is_final(fault, &entry.believed(fault));
            if !over || named.contains(uid) {
                views.extend(entry.view(fault, found));
            }
        }
        self.faults.retain(|uid, _| known.contains(uid));
        views
    }

    /// Takes the verdicts for good; whether planning must be done again.
    fn take(&mut self, placement: &Placement, now: Moment) -> bool {
        let mut again = false;
        for (id, verdict) in &placement.verdicts {
            if let Some(entry) = self.faults.get_mut(&id.uid) {
                again |= entry.take(verdict, now);
            }
        }
        again
    }

    /// Says what each node is to do.
    fn want(&mut self, mirror: &Mirror, placement: &mut Placement) {
        let agents = mirror.agents().map(|(node, _)| node.to_owned());
        let nodes: BTreeSet<String> = agents.chain(placement.plans.keys().cloned()).collect();
        self.nodes.retain(|node, _| nodes.contains(node));
        for node in nodes {
            let body = placement.plans.remove(&node).unwrap_or_default();
            let shown = mirror.plans.get(&node);
            let entry = self
                .nodes
                .entry(node)
                .or_insert_with(|| NodeEntry::new(shown));
            entry.want(body);
        }
    }

    /// Makes the statuses anew.
    pub fn account(&mut self, mirror: &mut Mirror, now: Moment) {
        self.settle(mirror, now.local);
        self.statuses.clear();
        let faults: BTreeMap<&str, &NetworkFault> = by_uid(mirror);
        let mut drafts = BTreeMap::new();
        for (uid, (view, verdict)) in &mut self.verdicts {
            let (Some(fault), Some(entry)) = (faults.get(uid.as_str()), self.faults.get(uid))
            else {
                continue;
            };
            view.status = entry.believed(fault);
            let status = aggregate(view, verdict, &mirror.answers, now.server);
            if status != view.status {
                let after = entry.may_write(&view.status, &status);
                drafts.insert(uid.clone(), Draft { status, after });
            }
        }
        self.statuses = drafts;
    }

    /// Takes note of what the watches show of what was written.
    fn settle(&mut self, mirror: &mut Mirror, at: Instant) {
        for fault in mirror.faults.values() {
            let uid = fault.metadata.uid.as_deref().unwrap_or_default();
            if let Some(entry) = self.faults.get_mut(uid) {
                entry.status.settle(fault.status.as_ref(), at);
            }
        }
        let agents = mirror.agents_there();
        for (node, entry) in &mut self.nodes {
            let shown = mirror.plans.get(node).map(|plan| &plan.mark);
            let report = mirror.reports.get(node);
            entry.plan.settle(shown, at);
            entry.report.settle(report.map(|report| &report.owner), at);
            let answer = mirror.answers.entry(node.clone()).or_default();
            answer.agent = agents.get(node).copied().unwrap_or(Agent::Gone);
            entry.judge(shown, report, answer);
        }
    }

    /// When to look again though nothing has changed: by the API server's clock, and by this
    /// process's.
    pub fn wake(&self, mirror: &Mirror, now: Moment) -> (Option<Timestamp>, Option<Instant>) {
        let verdicts = self.verdicts.values();
        let server = verdicts
            .filter_map(|(view, verdict)| next_change(view, verdict, &mirror.answers, now.server))
            .min();
        let drafts = self.statuses.values().filter_map(|draft| draft.after);
        let faults = self.faults.values().filter_map(|entry| entry.status.due());
        let nodes = self.nodes.values();
        let nodes = nodes
            .flat_map(|entry| [entry.plan.due(), entry.report.due()])
            .flatten();
        let times = drafts.chain(faults).chain(nodes).chain(self.attempts.due());
        (server, times.filter(|time| *time > now.local).min())
    }

    /// Where each fault stands, as far as its status says.
    pub fn states<'a>(&'a self, mirror: &'a Mirror) -> impl Iterator<Item = FaultState> + 'a {
        mirror.faults.values().filter_map(|fault| {
            let entry = self.faults.get(fault.metadata.uid.as_deref()?)?;
            Some(entry.believed(fault).state)
        })
    }
}

/// By UID, what the plans have of each fault.
fn found(mirror: &Mirror) -> BTreeMap<&str, Vec<&FoundFault>> {
    let mut found: BTreeMap<&str, Vec<&FoundFault>> = BTreeMap::new();
    for fault in mirror.plans.values().flat_map(|plan| &plan.faults) {
        found.entry(&fault.id.uid).or_default().push(fault);
    }
    found
}

fn by_uid(mirror: &Mirror) -> BTreeMap<&str, &NetworkFault> {
    let faults = mirror.faults.values();
    faults
        .filter_map(|fault| Some((fault.metadata.uid.as_deref()?, fault)))
        .collect()
}
