//! Why an engine refused, as one word.

use std::error::Error;

use crate::{
    causes::with_causes, engine::EngineError, inventory::EnterError, line::LineError,
    node::ledger::Refusal,
};

/// The refusal that an engine's error stands for.
pub(super) fn refusal(error: &EngineError) -> Refusal {
    let reason = match error {
        EngineError::Exists(_) => "NameInForce",
        EngineError::Unknown(_) => "NotInForce",
        EngineError::NoInterface(_) => "NoInterface",
        EngineError::Invalid(_) => "Invalid",
        EngineError::Lower(_) => "TooManyRules",
        EngineError::Line(LineError::Tun(_)) => "NoTunDevice",
        EngineError::Dataplane(_) | EngineError::Line(_) => "KernelRefused",
    };
    // The first interface of a pod may come after its first process.
    let starting = matches!(error, EngineError::NoInterface(_));
    Refusal {
        reason,
        message: with_causes(error),
        starting,
    }
}

/// The refusal of a namespace that cannot be entered.
pub(super) fn not_entered(error: &EnterError) -> Refusal {
    other("NamespaceNotReached", error)
}

/// The refusal for any other error.
pub(super) fn other(reason: &'static str, error: &dyn Error) -> Refusal {
    Refusal {
        reason,
        message: with_causes(error),
        starting: false,
    }
}

/// A refusal in words of our own.
pub(super) fn plain(reason: &'static str, message: &str) -> Refusal {
    Refusal {
        reason,
        message: message.into(),
        starting: false,
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::refusal;
    use crate::{engine::EngineError, line::TunError};

    #[test]
    fn a_node_without_the_device_says_so_by_name() {
        let error = EngineError::Line(TunError::Open(Errno::NOENT).into());
        let refusal = refusal(&error);
        assert_eq!(refusal.reason, "NoTunDevice");
        assert!(
            refusal.message.contains("/dev/net/tun"),
            "{}",
            refusal.message
        );
    }
}
