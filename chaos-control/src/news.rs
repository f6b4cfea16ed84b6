//! What is told as events: what a status says that the one before did not.

use chaos_api::{Condition, ConditionType, NetworkFaultStatus, PodReceipt, PodState, Reason};
use kube::runtime::events::EventType;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The pod that it is about; the fault itself where there is none.
    pub pod: Option<PodName>,
    /// Whether somebody should look.
    pub type_: EventType,
    /// What happened, in a word.
    pub reason: String,
    /// What was done.
    pub action: &'static str,
    /// What happened, in a sentence.
    pub note: String,
}

/// A pod by its names; its namespace is the fault's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodName {
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

/// The most characters of a note.
const MAX_NOTE: usize = 1024;

/// What `after` says that `before` did not, of a fault of this namespace and name.
pub fn news(fault: &str, before: &NetworkFaultStatus, after: &NetworkFaultStatus) -> Vec<News> {
    let own = ConditionType::ALL.into_iter().filter_map(|kind| {
        let now = after.condition(kind)?;
        let then = before.condition(kind);
        let same =
            then.is_some_and(|then| (&then.status, &then.reason) == (&now.status, &now.reason));
        if same {
            None
        } else {
            about_fault(kind, then, now, after)
        }
    });
    let pods = after.receipts.iter().filter_map(|receipt| {
        let then = before.receipts.iter().find(|then| then.uid == receipt.uid);
        about_pod(fault, then.map(|then| then.state), receipt, after)
    });
    own.chain(pods).collect()
}

/// That a fault cannot be read, for this reason.
pub fn unreadable(problem: &str) -> News {
    let note = format!("it is in no plan, since it cannot be read: {problem}");
    News {
        pod: None,
        type_: EventType::Warning,
        reason: "Unreadable".to_owned(),
        action: "Read",
        note: note.chars().take(MAX_NOTE).collect(),
    }
}

/// What a fault that was deleted leaves to be told to its pods, of its last status.
pub fn deleted(fault: &str, status: &NetworkFaultStatus) -> Vec<News> {
    let held = |receipt: &&PodReceipt| receipt.state == PodState::Armed;
    let pods = status.receipts.iter().filter(held);
    let note = format!("{} by NetworkFault {fault}: it was deleted", status.faults);
    pods.map(|receipt| ended(receipt, note.clone())).collect()
}

fn about_fault(
    kind: ConditionType,
    then: Option<&Condition>,
    now: &Condition,
    after: &NetworkFaultStatus,
) -> Option<News> {
    let is = now.status == "True";
    let was = then.is_some_and(|then| then.status == "True");
    let (type_, reason, action, note) = match kind {
        ConditionType::Accepted if is && !was => {
            (EventType::Normal, "Accepted", "Accept", now.message.clone())
        }
        ConditionType::Accepted if !is => (
            EventType::Warning,
            &*now.reason,
            "Refuse",
            now.message.clone(),
        ),
        ConditionType::Active if is && !was => {
            let note = format!("{}{}", now.message, until(after));
            (EventType::Normal, "Active", "Inject", note)
        }
        ConditionType::Degraded if is => (
            EventType::Warning,
            &*now.reason,
            "Inject",
            now.message.clone(),
        ),
        ConditionType::Succeeded if now.reason == Reason::NotInForce.as_str() => (
            EventType::Warning,
            "NeverInForce",
            "RollBack",
            now.message.clone(),
        ),
        ConditionType::Succeeded if is && !was => {
            let matched = after.condition(ConditionType::TrafficMatched);
            let matched = matched.map(|matched| matched.message.as_str());
            let note = format!("{}: {}", now.message, matched.unwrap_or_default());
            (EventType::Normal, "Ended", "RollBack", note)
        }
        _ => return None,
    };
    Some(News {
        pod: None,
        type_,
        reason: reason.to_owned(),
        action,
        note: note.chars().take(MAX_NOTE).collect(),
    })
}

fn about_pod(
    fault: &str,
    then: Option<PodState>,
    receipt: &PodReceipt,
    after: &NetworkFaultStatus,
) -> Option<News> {
    let began = receipt.state == PodState::Armed && then != Some(PodState::Armed);
    let has_ended =
        receipt.state == PodState::Ended && then.is_some_and(|then| then != PodState::Ended);
    if has_ended {
        let reason = receipt.reason.as_deref().unwrap_or("Gone");
        let note = format!("{} by NetworkFault {fault}: {reason}", after.faults);
        return Some(ended(receipt, note));
    }
    let until = until(after);
    let note = format!("{} by NetworkFault {fault}{until}", after.faults);
    began.then(|| about(receipt, "FaultBegan", "Inject", note))
}

fn ended(receipt: &PodReceipt, note: String) -> News {
    about(receipt, "FaultEnded", "RollBack", note)
}

fn about(receipt: &PodReceipt, reason: &str, action: &'static str, note: String) -> News {
    News {
        pod: Some(PodName {
            name: receipt.pod.clone(),
            uid: receipt.uid.clone(),
        }),
        type_: EventType::Normal,
        reason: reason.to_owned(),
        action,
        note,
    }
}

fn until(status: &NetworkFaultStatus) -> String {
    let ends = status.ends_at.map(|ends| format!(" until {ends}"));
    ends.unwrap_or_default()
}
