//! What the delay line does to the packets of one rule: the faults' numbers, without their words.

use std::fmt;
use std::sync::Arc;

/// The whole, of which a [`Share`] is a part: as of [`chaos_api::Percent::threshold`].
pub const WHOLE: u64 = 1 << 32;

/// A part of [`WHOLE`].
pub type Share = u64;

/// What the line does to the packets of one rule, each part drawn for itself and for each packet of
/// the wire: a GSO packet is several. Several rules that hit one packet compose: delays add up, the
/// lowest rate counts, and each draws its losses and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How long packets are held.
    pub delay: Option<Delay>,
    /// Which are dropped.
    pub loss: Option<Loss>,
    /// Which come twice.
    pub duplicate: Option<Chance>,
    /// Which have a bit flipped that their checksum covers, after it was completed.
    pub corrupt: Option<Chance>,
    /// Which are not held, so that they overtake others.
    pub reorder: Option<Reorder>,
    /// How many bits a second pass.
    pub rate: Option<Rate>,
    /// Which packets the delay is for.
    pub apply: Apply,
}

/// How often something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// The share of packets.
    pub share: Share,
    /// The share of packets that repeat the draw of the one before, so that this is the correlation
    /// of neighbours and the share of packets stays as it is.
    pub correlation: Share,
}

/// Which packets a delay is for; the others are not held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Apply {
    /// All.
    #[default]
    Packet,
    /// Those with data: of TCP and UDP behind the header, of other protocols all.
    Payload,
    /// TCP's SYN and SYN-ACK.
    Syn,
}

/// How long packets are held, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// The middle.
    pub latency: u64,
    /// The unit of the distribution: its standard deviation, of [`Distribution::Uniform`] half its
    /// width. Less than nothing is nothing.
    pub jitter: u64,
    /// As in [`Chance`].
    pub correlation: Share,
    /// The form of what jitter adds.
    pub distribution: Distribution,
}

impl Delay {
    /// The same for all packets.
    pub const fn constant(latency: u64) -> Self {
        Self {
            latency,
            jitter: 0,
            correlation: 0,
            distribution: Distribution::Uniform,
        }
    }
}

/// The form of a random delay, each as netem has it; none goes beyond four times the jitter, where
/// netem's tables end.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Equally often anywhere from latency - jitter to latency + jitter.
    #[default]
    Uniform,
    /// Gauss's.
    Normal,
    /// Pareto's with shape 3, moved to a mean of 0 and scaled by 4/3.
    Pareto,
    /// A quarter of a normal one and three of a Pareto one.
    ParetoNormal,
    /// One of these values, each as often; 8,192 is one jitter. At least one.
    Table(Arc<[i16]>),
}

impl fmt::Debug for Distribution {
    /// A table by its size, since it may have thousands of numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.write_str("Uniform"),
            Self::Normal => f.write_str("Normal"),
            Self::Pareto => f.write_str("Pareto"),
            Self::ParetoNormal => f.write_str("ParetoNormal"),
            Self::Table(numbers) => write!(f, "Table of {}", numbers.len()),
        }
    }
}

/// Which packets are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// A share of them.
    Random(Chance),
    /// Gilbert's and Elliott's model: a state changes from packet to packet, and each has a share.
    Gemodel {
        /// From good to bad.
        p: Share,
        /// From bad to good.
        r: Share,
        /// Lost in the bad state: netem's `1-h`.
        bad: Share,
        /// Lost in the good state: netem's `1-k`.
        good: Share,
    },
    /// Each n-th packet of a flow in one direction; 0 is none.
    Nth(u32),
}

/// Which packets overtake others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorder {
    /// How often one that may does.
    pub chance: Chance,
    /// The first packet that may after one that did: the n-th. 0 and 1: any.
    pub gap: u32,
}

/// A shaper with a queue, in bytes as they are on the wire, link header included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bits a second; not 0.
    pub bits: u64,
    /// Bytes that may pass at once after a pause.
    pub burst: u64,
    /// Bytes that may wait; what comes then is dropped.
    pub limit: u64,
    /// What has the rate for itself.
    pub per: Per,
}

/// What has a rate for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    /// One direction of the rule.
    #[default]
    Pod,
    /// One direction of each flow.
    Flow,
}
