//! The conditions of a fault's status and the reasons they can have.

use std::fmt;

/// The conditions, each of which `kubectl wait --for=condition=…` can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionType {
    /// The fault is allowed here and has pods.
    Accepted,
    /// Every pod it is for has acknowledged it, and its time is not over.
    Active,
    /// Some packet or connection met it. False, with a reason, when none did.
    TrafficMatched,
    /// Some of its pods are not under it, or something was not as planned.
    Degraded,
    /// It is over, after having been in force. Terminal.
    Succeeded,
}

impl ConditionType {
    /// Every condition, in the order in which a status lists them.
    pub const ALL: [Self; 5] = [
        Self::Accepted,
        Self::Active,
        Self::TrafficMatched,
        Self::Degraded,
        Self::Succeeded,
    ];

    /// The condition's `type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "Accepted",
            Self::Active => "Active",
            Self::TrafficMatched => "TrafficMatched",
            Self::Degraded => "Degraded",
            Self::Succeeded => "Succeeded",
        }
    }
}

/// Declares the reasons with their words.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Why a condition has its status.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The reason's word in a status.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// The reason that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }
        }
    };
}

reasons! {
    /// Allowed, and it has pods.
    Allowed,
    /// The spec contradicts itself or asks for what this version does not have.
    InvalidSpec,
    /// The namespace has not opted in by its label.
    NamespaceNotEnabled,
    /// The namespace is never a target.
    NamespaceForbidden,
    /// Longer than this installation allows.
    DurationTooLong,
    /// More pods than this installation allows.
    TooManyPods,
    /// It would hit every replica without saying so by `mode: All`.
    EveryReplica,
    /// The selector matches no pod.
    NoPods,
    /// None of the pods that the selector matches can be hit.
    NoPodCanBeHit,
    /// None of its peers exists.
    NoPeers,
    /// `startBefore` had passed before it could start.
    StartedTooLate,
    /// A `Halt` object exists.
    Halted,
    /// Its time is over.
    Expired,
    /// A user stopped it.
    Stopped,
    /// In force in every pod it is for.
    InForce,
    /// Its plan is published and not yet acknowledged by every node.
    Waiting,
    /// In force in some of its pods only.
    PartlyInForce,
    /// In force in none of its pods.
    NotInForce,
    /// It only shows what it would hit.
    Preview,
    /// Some traffic met it.
    Matched,
    /// No traffic has met it so far, or did until its end.
    NoTraffic,
    /// No pod has reported yet.
    NoReport,
    /// Everything is as planned.
    AsPlanned,
    /// Some pods cannot be hit; each is listed with its reason.
    PodsRefused,
    /// Some nodes have not answered.
    NodesSilent,
    /// The agents of some of its pods' nodes do not run, or are not ready.
    AgentsNotReady,
    /// Something else that the messages tell.
    SeeMessages,
    /// It is not over.
    Running,
}

impl fmt::Display for ConditionType {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
