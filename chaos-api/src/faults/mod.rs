//! The fault blocks; each file holds one fault's words.

mod blackhole;
mod corrupt;
mod delay;
mod duplicate;
mod jitter_table;
mod loss;
mod rate;
mod reject;
mod reorder;
mod reset;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use blackhole::Blackhole;
pub use corrupt::Corrupt;
pub use delay::{Apply, Delay, Distribution, Stage};
pub use duplicate::Duplicate;
pub use jitter_table::{JitterTable, JitterTableError};
pub use loss::{Gemodel, Loss, LossPer};
pub use rate::{Rate, RatePer};
pub use reject::{Reject, RejectWith};
pub use reorder::Reorder;
pub use reset::Reset;

use crate::Percent;
use crate::schema::rules;

/// The blocks of a fault; they compose, and at least one is present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("x-kubernetes-validations" = rules::faults()))]
pub struct Faults {
    /// Drop silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blackhole: Option<Blackhole>,
    /// Flip bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrupt: Option<Corrupt>,
    /// Hold packets back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// Send packets twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate: Option<Duplicate>,
    /// Drop some packets silently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// Let packets pass no faster than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Refuse new attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject: Option<Reject>,
    /// Let packets overtake others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reorder: Option<Reorder>,
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
    /// [`Corrupt`].
    Corrupt,
    /// [`Delay`].
    Delay,
    /// [`Duplicate`].
    Duplicate,
    /// [`Loss`].
    Loss,
    /// [`Rate`].
    Rate,
    /// [`Reject`].
    Reject,
    /// [`Reorder`].
    Reorder,
    /// [`Reset`].
    Reset,
}

impl Block {
    /// Every block of this version, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Blackhole,
        Self::Corrupt,
        Self::Delay,
        Self::Duplicate,
        Self::Loss,
        Self::Rate,
        Self::Reject,
        Self::Reorder,
        Self::Reset,
    ];

    /// The block's word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blackhole => Blackhole::WORD,
            Self::Corrupt => Corrupt::WORD,
            Self::Delay => Delay::WORD,
            Self::Duplicate => Duplicate::WORD,
            Self::Loss => Loss::WORD,
            Self::Rate => Rate::WORD,
            Self::Reject => Reject::WORD,
            Self::Reorder => Reorder::WORD,
            Self::Reset => Reset::WORD,
        }
    }

    /// Whether it is one of netem's, which act on packets that leave the target unless a direction is
    /// named.
    pub const fn is_netem(self) -> bool {
        match self {
            Self::Blackhole | Self::Reject | Self::Reset => false,
            Self::Corrupt
            | Self::Delay
            | Self::Duplicate
            | Self::Loss
            | Self::Rate
            | Self::Reorder => true,
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
    /// The blocks present, each with the share of connections that it hits; absent = all.
    pub fn blocks(&self) -> impl Iterator<Item = (Block, Option<Percent>)> + use<> {
        let some = |block, is_there: bool| is_there.then_some((block, None));
        let blackhole = self.blackhole.map(|b| (Block::Blackhole, b.probability));
        let delay = self.delay.as_ref();
        let delay = delay.map(|d| (Block::Delay, d.probability));
        let reject = self.reject.map(|r| (Block::Reject, r.probability));
        let reset = self.reset.map(|r| (Block::Reset, r.probability));
        let per_connection = |l: Loss| l.loss.filter(|_| l.per == LossPer::Connection);
        let loss = self.loss.map(|l| (Block::Loss, per_connection(l)));
        let blocks = [
            blackhole,
            some(Block::Corrupt, self.corrupt.is_some()),
            delay,
            some(Block::Duplicate, self.duplicate.is_some()),
            loss,
            some(Block::Rate, self.rate.is_some()),
            reject,
            some(Block::Reorder, self.reorder.is_some()),
            reset,
        ];
        blocks.into_iter().flatten()
    }

    /// Whether a block is among them that acts, as netem's do, on packets that leave the target.
    pub fn has_netem(&self) -> bool {
        self.blocks().any(|(block, _)| block.is_netem())
    }

    /// Whether it takes the delay line: netem's blocks do, but for a share of packets or connections
    /// that is lost.
    pub fn needs_line(&self) -> bool {
        let loss = self.loss.is_some_and(|loss| {
            loss.gemodel.is_some() || loss.nth.is_some() || loss.correlation.is_some()
        });
        let other = |(block, _): (Block, _)| block.is_netem() && block != Block::Loss;
        loss || self.blocks().any(other)
    }

    /// The blocks as words that [`Faults::from_words`] reads, such as `reset 50%`; but a table of one's
    /// own has no file any more, and stands there without.
    pub fn words(&self) -> Vec<String> {
        let word = |(block, share): (Block, Option<Percent>)| {
            if let Some(words) = self.netem(block) {
                return words;
            }
            let with = self.reject.filter(|_| block == Block::Reject);
            let with = with.map_or(String::new(), |reject| format!(" {}", reject.with));
            let share = share.map_or(String::new(), |share| format!(" {share}"));
            format!("{block}{with}{share}")
        };
        self.blocks().map(word).collect()
    }

    /// The words of a block of netem's; `None` of the others.
    fn netem(&self, block: Block) -> Option<String> {
        match block {
            Block::Blackhole | Block::Reject | Block::Reset => None,
            Block::Corrupt => self.corrupt.map(|block| block.to_string()),
            Block::Delay => self.delay.as_ref().map(ToString::to_string),
            Block::Duplicate => self.duplicate.map(|block| block.to_string()),
            Block::Loss => self.loss.map(|block| block.to_string()),
            Block::Rate => self.rate.map(|block| block.to_string()),
            Block::Reorder => self.reorder.map(|block| block.to_string()),
        }
    }
}

/// Writes `duplicate 1% 25%`.
fn write_share(
    f: &mut fmt::Formatter,
    word: &str,
    share: Percent,
    correlation: Option<Percent>,
) -> fmt::Result {
    write!(f, "{word} {share}")?;
    match correlation {
        Some(correlation) => write!(f, " {correlation}"),
        None => Ok(()),
    }
}
