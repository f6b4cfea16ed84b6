//! Where a fault stands, read from its status: what a waiting user must know.

use chaos_api::{
    ConditionType, Enforcement, FaultState, NetworkFault, NetworkFaultStatus, PodReceipt, PodState,
    Reason,
};

/// Refusals that a pod's start ends by itself.
const PASSING: [&str; 4] = ["NotScheduled", "NoAddress", "NodeUnknown", "NoProcess"];

/// Where a fault stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Not every pod has answered.
    Waiting,
    /// In force in every pod, or shown for each.
    Whole,
    /// Every pod has answered, and it is in force, or shown, in some only.
    Part,
    /// Every pod has answered, and it is in force in none.
    Nowhere,
    /// Not allowed, with the reason in words.
    Refused { no_pods: bool, why: String },
    /// Over, with the reason in words.
    Over(String),
}

/// Where the fault stands.
pub(super) fn stand(fault: &NetworkFault) -> Stand {
    let Some(status) = current(fault) else {
        return Stand::Waiting;
    };
    if is_over(fault) {
        return Stand::Over(why_over(status));
    }
    if let Some(refused) = refused(status) {
        return refused;
    }
    if status.is(ConditionType::Active) {
        return Stand::Whole;
    }
    answered(status, fault.spec.enforcement)
}

/// Where it stands by what each pod's agent says.
fn answered(status: &NetworkFaultStatus, enforcement: Enforcement) -> Stand {
    let is_preview = enforcement == Enforcement::Preview;
    let done = if is_preview {
        PodState::Previewed
    } else {
        PodState::Armed
    };
    let count = |wanted: &dyn Fn(&PodReceipt) -> bool| {
        status
            .receipts
            .iter()
            .filter(|receipt| wanted(receipt))
            .count()
    };
    let there = count(&|receipt| receipt.state == done);
    let refused = count(&is_refused);
    match status.receipts.len() - there - refused {
        open if open > 0 => Stand::Waiting,
        _ if there == 0 && refused == 0 => Stand::Waiting,
        _ if there == 0 => Stand::Nowhere,
        _ if refused > 0 => Stand::Part,
        _ if is_preview => Stand::Whole,
        // The condition says so as soon as it has seen that, too.
        _ => Stand::Waiting,
    }
}

/// Whether a pod cannot be hit, and will not be able to soon.
fn is_refused(receipt: &PodReceipt) -> bool {
    let reason = receipt.reason.as_deref().unwrap_or_default();
    receipt.state == PodState::Refused && !PASSING.contains(&reason)
}

/// The status, where it is about the object as it is now.
pub(super) fn current(fault: &NetworkFault) -> Option<&NetworkFaultStatus> {
    let status = fault.status.as_ref()?;
    (status.observed_generation == fault.metadata.generation).then_some(status)
}

/// Whether it is over and no kernel holds it.
pub(super) fn is_over(fault: &NetworkFault) -> bool {
    current(fault).is_some_and(|status| {
        status.is(ConditionType::Succeeded)
            || status.state == FaultState::Ended
            || status.state == FaultState::Refused && fault.spec.stopped
    })
}

/// The pods in which it is not in force, a line each with the reason.
pub(super) fn missing(status: &NetworkFaultStatus) -> Vec<String> {
    let receipts = status.receipts.iter();
    let lines = receipts.filter_map(|receipt| {
        let place = place(receipt);
        match receipt.state {
            PodState::Waiting => Some(format!("{place}: the node's agent has not answered")),
            PodState::Refused => Some(format!("{place}: {}", why(receipt))),
            PodState::Armed | PodState::Previewed | PodState::Ended => None,
        }
    });
    lines.collect()
}

/// A pod and its node.
pub(super) fn place(receipt: &PodReceipt) -> String {
    if receipt.node.is_empty() {
        return format!("pod/{}", receipt.pod);
    }
    format!("pod/{} on {}", receipt.pod, receipt.node)
}

/// Why a pod is not under the fault, or not any more; empty where it is.
pub(super) fn why(receipt: &PodReceipt) -> String {
    let (reason, message) = (receipt.reason.clone(), receipt.message.clone());
    match (receipt.state, reason, message) {
        (PodState::Refused, Some(reason), Some(message)) => format!("{reason}, {message}"),
        (PodState::Refused | PodState::Ended, reason, message) => {
            message.or(reason).unwrap_or_default()
        }
        _ => String::new(),
    }
}

fn why_over(status: &NetworkFaultStatus) -> String {
    let succeeded = status.condition(ConditionType::Succeeded);
    let message = succeeded.map(|condition| condition.message.as_str());
    let message = message.filter(|message| !message.is_empty());
    message.unwrap_or("its time is over").into()
}

fn refused(status: &NetworkFaultStatus) -> Option<Stand> {
    let accepted = status.condition(ConditionType::Accepted)?;
    (accepted.status == "False").then(|| Stand::Refused {
        no_pods: accepted.reason == Reason::NoPods.as_str(),
        why: format!("{}: {}", accepted.reason, accepted.message),
    })
}

#[cfg(test)]
mod tests;
