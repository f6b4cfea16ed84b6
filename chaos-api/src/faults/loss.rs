//! `loss`: packets vanish one by one, each drawn for itself.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::delay::{is_default, words};
use crate::schema::{self, rules};
use crate::{Percent, local};

/// Drop packets silently, away from the target unless a direction is named: a share of them, those
/// that a model of bursts chooses, or every n-th. Packets are those of the wire: what the kernel
/// hands over as one, to be cut into several later (TSO, GSO), is lost in parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(
    transform = schema::with_planned,
    extend("x-kubernetes-validations" = rules::loss(&local::PLANNED))
)]
pub struct Loss {
    /// The share of packets, or per Connection of connections, that are lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Percent>,
    /// How alike neighbouring packets of a connection are; the share stays as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Percent>,
    /// Bursts, after Gilbert and Elliott.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gemodel: Option<Gemodel>,
    /// Each n-th packet of a connection, counted in each direction: 1 to 1,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::count")]
    pub nth: Option<u32>,
    /// What the share is of.
    #[serde(skip_serializing_if = "is_default")]
    pub per: LossPer,
}

/// What the share of a [`Loss`] is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LossPer {
    /// Packets.
    #[default]
    Packet,
    /// Connections, each of which loses all of its packets or none.
    Connection,
}

words!(LossPer { Packet = "packet", Connection = "connection" });

/// Gilbert's and Elliott's model of bursts (Haßlinger, Hohlfeld: "The Gilbert-Elliott Model for
/// Packet Loss in Real Time Services on the Internet", MMB 2008), in netem's letters. A connection is
/// in a good state or in a bad one, which may change with each packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gemodel {
    /// How often the good state becomes the bad one.
    pub p: Percent,
    /// How often the bad state becomes the good one; 100% less p where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r: Option<Percent>,
    /// The share that is lost in the bad state; all where absent.
    #[serde(rename = "1-h", default, skip_serializing_if = "Option::is_none")]
    pub bad: Option<Percent>,
    /// The share that is lost in the good state; none where absent.
    #[serde(rename = "1-k", default, skip_serializing_if = "Option::is_none")]
    pub good: Option<Percent>,
}

impl Gemodel {
    /// p, r, 1-h and 1-k, with what stands for those that are absent.
    pub fn whole(self) -> [Percent; 4] {
        [
            self.p,
            self.r.unwrap_or(self.p.rest()),
            self.bad.unwrap_or(Percent::ALL),
            self.good.unwrap_or(Percent::NONE),
        ]
    }
}

impl Loss {
    /// The fault's word.
    pub const WORD: &str = "loss";
    /// The highest [`nth`](Self::nth).
    pub const MAX_NTH: u32 = 1_000_000;

    /// A share of packets.
    pub fn of(share: Percent) -> Self {
        Self {
            loss: Some(share),
            ..Self::default()
        }
    }

    /// The share of packets, where it is nothing but that.
    pub fn plain(&self) -> Option<Percent> {
        let alone = |share: &Percent| *self == Self::of(*share);
        self.loss.filter(alone)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(Self::WORD)?;
        if let Some(loss) = self.loss {
            write!(f, " {loss}")?;
        }
        if let Some(correlation) = self.correlation {
            write!(f, " {correlation}")?;
        }
        if let Some(model) = self.gemodel {
            write!(f, " gemodel {}", model.p)?;
            let given = model.good.is_some() || model.bad.is_some();
            let [_, r, bad, good] = model.whole();
            for (share, said) in [
                (r, given || model.r.is_some()),
                (bad, given),
                (good, model.good.is_some()),
            ] {
                if said {
                    write!(f, " {share}")?;
                }
            }
        }
        if let Some(nth) = self.nth {
            write!(f, " nth {nth}")?;
        }
        if self.per == LossPer::Connection {
            write!(f, " per {}", self.per)?;
        }
        Ok(())
    }
}
