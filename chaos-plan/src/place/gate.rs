//! Whether a fault may be in force at all, before any pod is looked at.

use chaos_api::{ENABLED_LABEL, Reason, Settings, Span};
use jiff::Timestamp;

use super::{FaultView, Outcome, Picked, PodRef, Verdict, index::Index};

/// The namespace in which a fault would take the cluster itself.
const SYSTEM: &str = "kube-system";

/// How long after its creation a fault may still start where neither `startBefore` nor a longer
/// duration says more: an old one must not fire when a pod at last matches.
const LATEST_START: Span = Span::from_secs(60);

/// Why a fault is not placed.
pub(super) struct Stop {
    pub(super) outcome: Outcome,
    pub(super) reason: Reason,
    pub(super) message: String,
}

impl Stop {
    pub(super) fn refused(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Refused,
            reason,
            message: message.into(),
        }
    }

    fn over(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Over,
            reason,
            message: message.into(),
        }
    }

    /// The verdict where no pod was looked at.
    pub(super) fn verdict(self) -> Verdict {
        Verdict {
            outcome: self.outcome,
            reason: self.reason,
            message: self.message,
            ends: None,
            selected: 0,
            chosen: Vec::new(),
            refused: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The verdict where pods were looked at.
    pub(super) fn verdict_with(self, picked: &Picked) -> Verdict {
        Verdict {
            selected: picked.selected,
            refused: picked.refused.clone(),
            ..self.verdict()
        }
    }
}

impl FaultView {
    /// Until when it may start.
    pub(crate) fn latest_start(&self) -> Option<Timestamp> {
        let grace = LATEST_START.max(self.spec.duration);
        let grace = self
            .created
            .saturating_add(std::time::Duration::from(grace));
        self.spec.start_before.or(grace.ok())
    }
}

impl PodRef {
    pub(super) fn of(pod: &super::PodView) -> Self {
        Self {
            name: pod.name.clone(),
            uid: pod.uid.clone(),
            node: pod.node.clone().unwrap_or_default(),
        }
    }
}

/// Checks what does not depend on pods; the end of a fault comes before what would refuse it.
pub(super) fn check(
    fault: &FaultView,
    index: &Index,
    settings: &Settings,
    now: Timestamp,
) -> Result<(), Stop> {
    over(fault, index, now)?;
    valid(fault)?;
    namespace(&fault.id.namespace, index, settings)?;
    if fault.spec.duration > settings.max_duration {
        let (duration, most) = (fault.spec.duration, settings.max_duration);
        let message = format!("{duration} is longer than this installation allows, {most}");
        return Err(Stop::refused(Reason::DurationTooLong, message));
    }
    Ok(())
}

fn over(fault: &FaultView, index: &Index, now: Timestamp) -> Result<(), Stop> {
    if let Some((reason, message)) = fault.over() {
        return Err(Stop::over(reason, message));
    }
    if fault.spec.stopped {
        return Err(Stop::over(Reason::Stopped, "it was stopped"));
    }
    if index.halted && fault.started.is_some() {
        return Err(Stop::over(Reason::Halted, "it was stopped with all others"));
    }
    if index.halted {
        let message = "all faults are stopped; end that by netfault resume";
        return Err(Stop::refused(Reason::Halted, message));
    }
    match fault.started {
        Some(_) if fault.ends(now) <= now => Err(Stop::over(Reason::Expired, "its time is over")),
        None => start(fault, now),
        Some(_) => Ok(()),
    }
}

/// Whether it is still early enough to start.
fn start(fault: &FaultView, now: Timestamp) -> Result<(), Stop> {
    if fault.latest_start().is_some_and(|latest| latest < now) {
        let message = "it could not start in time";
        return Err(Stop::over(Reason::StartedTooLate, message));
    }
    Ok(())
}

fn valid(fault: &FaultView) -> Result<(), Stop> {
    fault.spec.validate().map_err(|wrong| {
        let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        Stop::refused(Reason::InvalidSpec, lines.join("; "))
    })
}

fn namespace(name: &str, index: &Index, settings: &Settings) -> Result<(), Stop> {
    if name == SYSTEM || name == settings.namespace {
        let message = format!("faults in {name} are never allowed");
        return Err(Stop::refused(Reason::NamespaceForbidden, message));
    }
    let labels = index
        .namespaces
        .get(name)
        .map(|namespace| &namespace.labels);
    let label = labels.and_then(|labels| labels.get(ENABLED_LABEL));
    if label.is_none_or(|value| value != "true") {
        let message =
            format!("namespace {name} does not allow faults; label it with {ENABLED_LABEL}=true");
        return Err(Stop::refused(Reason::NamespaceNotEnabled, message));
    }
    Ok(())
}
