//! The pods of a fault with what is known of each: what its agent says, else what was said before.

use std::collections::BTreeMap;

use chaos_api::{EndReason, PodReceipt, PodState, RuleCounters, Span};
use jiff::Timestamp;

use super::{Agent, Answer, short};
use crate::{FaultView, Outcome, PodRef, PodReport, Preview, ReportState, Verdict};

/// One pod of a fault.
pub(super) struct Entry {
    pub(super) receipt: PodReceipt,
    /// Whether its kernel may hold the fault, as far as is known.
    pub(super) may_be_held: bool,
    /// Whether its agent has reported on it.
    pub(super) reported: bool,
    /// Since when its node owes an answer, where that is known.
    pub(super) asked: Option<Timestamp>,
    /// Whether its node's agent is there.
    pub(super) agent: Agent,
    pub(super) preview: Option<Preview>,
    pub(super) warnings: Vec<String>,
}

impl Entry {
    /// What an agent held ended with it; its successor brings it into force again.
    pub(super) fn end_with_agent(&mut self) {
        if self.agent == Agent::Gone && self.receipt.state == PodState::Armed {
            self.receipt.state = PodState::Waiting;
        }
    }

    /// Its kernel has let go by itself, whether its agent says so or not.
    pub(super) fn expire(&mut self) {
        self.may_be_held = false;
        if self.receipt.state == PodState::Armed {
            self.receipt.state = PodState::Ended;
            self.receipt.reason = Some(EndReason::Expired.word().to_owned());
        }
    }
}

/// By the pod's UID.
type Entries = BTreeMap<String, Entry>;

/// All pods that the fault is or was for, sorted by name.
pub(super) fn gather(
    fault: &FaultView,
    verdict: &Verdict,
    answers: &BTreeMap<String, Answer>,
) -> Vec<Entry> {
    let mut entries = Entries::new();
    for (node, answer) in answers {
        let own = answer
            .report
            .pods
            .iter()
            .filter(|pod| pod.fault == fault.id);
        for pod in own {
            entries.insert(pod.uid.clone(), told(node, pod));
        }
    }
    for pod in &verdict.chosen {
        entries
            .entry(pod.uid.clone())
            .or_insert_with(|| known(pod, &fault.status.receipts));
    }
    for (pod, refusal) in &verdict.refused {
        let reason = Some((refusal.as_str().into(), refusal.message().into()));
        let entry = bare(pod, PodState::Refused, reason);
        entries.entry(pod.uid.clone()).or_insert(entry);
    }
    for receipt in &fault.status.receipts {
        if !entries.contains_key(&receipt.uid) {
            entries.insert(receipt.uid.clone(), gone(receipt, verdict, answers));
        }
    }
    let mut entries: Vec<Entry> = entries.into_values().collect();
    for entry in &mut entries {
        if let Some(answer) = answers.get(&entry.receipt.node) {
            entry.asked = answer.asked;
            entry.agent = answer.agent;
        }
    }
    entries.sort_by(|one, other| {
        let key = |entry: &Entry| (entry.receipt.pod.clone(), entry.receipt.uid.clone());
        key(one).cmp(&key(other))
    });
    entries
}

/// What an agent says.
fn told(node: &str, pod: &PodReport) -> Entry {
    let (state, reason, message) = match &pod.state {
        ReportState::Armed => (PodState::Armed, None, None),
        ReportState::Previewed => (PodState::Previewed, None, None),
        ReportState::Refused { reason, message } => (
            PodState::Refused,
            Some(reason.clone()),
            Some(short(message)),
        ),
        ReportState::Ended { reason } => {
            let words = reason.as_str().to_owned();
            (PodState::Ended, Some(reason.word().to_owned()), Some(words))
        }
    };
    let receipt = pod.receipt.as_ref();
    let rules = receipt.map(|r| r.rules.as_slice()).unwrap_or_default();
    let counters = rules.iter().map(|rule| rule.counters);
    Entry {
        receipt: PodReceipt {
            pod: pod.name.clone(),
            uid: pod.uid.clone(),
            node: node.to_owned(),
            state,
            reason,
            message,
            counters: counters.fold(RuleCounters::default(), RuleCounters::plus),
            connections_reset: receipt.map_or(0, |r| r.connections_reset),
            first_hit: receipt.and_then(|r| r.first_hit),
            last_hit: receipt.and_then(|r| r.last_hit),
            interrupted: receipt.map_or(Span::ZERO, |r| r.interrupted),
        },
        may_be_held: state == PodState::Armed,
        reported: receipt.is_some(),
        asked: None,
        agent: Agent::Ready,
        preview: pod.preview.clone(),
        warnings: receipt.map(|r| r.warnings.clone()).unwrap_or_default(),
    }
}

/// A pod in the plans of which its agent has not said anything, or not any more.
fn known(pod: &PodRef, receipts: &[PodReceipt]) -> Entry {
    let before = receipts.iter().find(|receipt| receipt.uid == pod.uid);
    let Some(before) = before.filter(|receipt| receipt.state != PodState::Refused) else {
        return bare(pod, PodState::Waiting, None);
    };
    Entry {
        receipt: PodReceipt {
            state: PodState::Waiting,
            reason: None,
            message: None,
            ..before.clone()
        },
        ..bare(pod, PodState::Waiting, None)
    }
}

/// A pod that is in no plan and no report any more.
fn gone(receipt: &PodReceipt, verdict: &Verdict, answers: &BTreeMap<String, Answer>) -> Entry {
    let settled = answers
        .get(&receipt.node)
        .is_some_and(|answer| answer.current);
    let was_there = matches!(receipt.state, PodState::Armed | PodState::Waiting);
    let may_be_held = was_there && !settled && verdict.outcome != Outcome::Placed;
    let mut receipt = receipt.clone();
    if was_there && !may_be_held {
        receipt.state = PodState::Ended;
    }
    Entry {
        receipt,
        may_be_held,
        reported: false,
        asked: None,
        agent: Agent::Ready,
        preview: None,
        warnings: Vec::new(),
    }
}

fn bare(pod: &PodRef, state: PodState, reason: Option<(String, String)>) -> Entry {
    let (reason, message) = reason.unzip();
    Entry {
        receipt: PodReceipt {
            pod: pod.name.clone(),
            uid: pod.uid.clone(),
            node: pod.node.clone(),
            state,
            reason,
            message,
            counters: RuleCounters::default(),
            connections_reset: 0,
            first_hit: None,
            last_hit: None,
            interrupted: Span::ZERO,
        },
        may_be_held: state == PodState::Waiting,
        reported: false,
        asked: None,
        agent: Agent::Ready,
        preview: None,
        warnings: Vec::new(),
    }
}
