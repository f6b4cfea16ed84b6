//! The fault blocks; each file holds one fault's words.

mod blackhole;
mod loss;
mod reject;
mod reset;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use blackhole::Blackhole;
pub use loss::Loss;
pub use reject::{Reject, RejectWith};
pub use reset::Reset;

use crate::Percent;
use crate::schema::rules;

/// The blocks of a fault; they compose, and at least one is present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("x-kubernetes-validations" = rules::faults()))]
pub struct Faults {
    /// Drop silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blackhole: Option<Blackhole>,
    /// Drop some packets silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// Refuse new attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject: Option<Reject>,
    /// Reset connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Reset>,
}

/// The name of a fault block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// [`Blackhole`].
    Blackhole,
    /// [`Loss`].
    Loss,
    /// [`Reject`].
    Reject,
    /// [`Reset`].
    Reset,
}

impl Block {
    /// Every block of this version, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Blackhole, Self::Loss, Self::Reject, Self::Reset];

    /// The block's word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blackhole => Blackhole::WORD,
            Self::Loss => Loss::WORD,
            Self::Reject => Reject::WORD,
            Self::Reset => Reset::WORD,
        }
    }

    /// Every block's word, as one line with `join` before the last.
    pub(crate) fn listed(join: &str) -> String {
        let [first @ .., last] = Self::ALL.map(Self::as_str);
        format!("{} {join} {last}", first.join(", "))
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Faults {
    /// The blocks present, each with the share of connections, for loss of packets, that it hits
    /// (absent = all).
    pub fn blocks(&self) -> impl Iterator<Item = (Block, Option<Percent>)> + use<> {
        let blackhole = self.blackhole.map(|b| (Block::Blackhole, b.probability));
        let reject = self.reject.map(|r| (Block::Reject, r.probability));
        let reset = self.reset.map(|r| (Block::Reset, r.probability));
        let loss = self.loss.map(|l| (Block::Loss, Some(l.loss)));
        [blackhole, loss, reject, reset].into_iter().flatten()
    }

    /// The blocks as words that [`Faults::from_words`] reads, such as `reset 50%`.
    pub fn words(&self) -> Vec<String> {
        let word = |(block, share): (Block, Option<Percent>)| {
            let with = self.reject.filter(|_| block == Block::Reject);
            let with = with.map_or(String::new(), |reject| format!(" {}", reject.with));
            let share = share.map_or(String::new(), |share| format!(" {share}"));
            format!("{block}{with}{share}")
        };
        self.blocks().map(word).collect()
    }
}
