//! `delay`: packets are held back.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::JitterTable;
use crate::schema::{self, rules};
use crate::{Percent, Span};

/// Hold packets back, away from the target unless a direction is named. Several delays that meet one
/// packet add up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = rules::delay()))]
pub struct Delay {
    /// How long: 0.1ms to 60s.
    #[schemars(schema_with = "schema::latency")]
    pub latency: Span,
    /// How far it varies: of Uniform to both sides at most, of the others the standard deviation. At
    /// most 60s; less than no delay is none.
    #[serde(default, skip_serializing_if = "Span::is_zero")]
    #[schemars(schema_with = "schema::jitter")]
    pub jitter: Span,
    /// How alike neighbouring packets of a connection are; the distribution stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Percent>,
    /// How jitter is distributed, as netem has it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub distribution: Distribution,
    /// The numbers of distribution Table, one of which is drawn for each packet; 8192 stands for one
    /// jitter. As in iproute2's `*.dist` files: 1 to 4096 numbers from -32768 to 32767.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::jitter_table")]
    pub table: Option<JitterTable>,
    /// Which packets are held back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub apply: Apply,
    /// Which part of a TCP connection is held back.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stage: Stage,
    /// The share of connections (for UDP and ICMP: of address and port pairs) that are hit; all
    /// where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Percent>,
}

/// How the jitter of a [`Delay`] is distributed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Distribution {
    /// Equally often everywhere within the jitter.
    #[default]
    Uniform,
    /// Gauss's.
    Normal,
    /// Pareto's with shape 3: a long tail.
    Pareto,
    /// A quarter of a normal one and three quarters of a Pareto one.
    ParetoNormal,
    /// One's own: that of `table`.
    Table,
}

/// Which packets a [`Delay`] holds back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Apply {
    /// All, so that a new connection takes two delays longer: one for its SYN, one for its request.
    #[default]
    Packet,
    /// Those with data, so that connecting takes no longer.
    Payload,
}

/// Which part of a connection a [`Delay`] holds back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Stage {
    /// All of it.
    #[default]
    Any,
    /// TCP's SYN and SYN-ACK alone: connecting takes longer, and nothing else.
    Syn,
}

/// The words of the command line and of YAML.
macro_rules! words {
    ($name:ident { $($word:ident = $text:literal),* }) => {
        impl $name {
            /// Every one, with its word on the command line.
            pub(crate) const WORDS: &[(&str, Self)] = &[$(($text, Self::$word)),*];
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(match self { $(Self::$word => $text),* })
            }
        }
    };
}
pub(super) use words;

words!(Distribution { Uniform = "uniform", Normal = "normal", Pareto = "pareto", ParetoNormal = "paretonormal", Table = "table" });
words!(Apply { Packet = "packet", Payload = "payload" });
words!(Stage { Any = "any", Syn = "syn" });

impl Delay {
    /// The fault's word.
    pub const WORD: &str = "delay";
    /// Shortest latency, and finest jitter.
    pub const SHORTEST: Span = Span::from_nanos(100_000);
    /// Longest latency and jitter.
    pub const LONGEST: Span = Span::from_secs(60);

    /// The same for every packet.
    pub const fn of(latency: Span) -> Self {
        Self {
            latency,
            jitter: Span::ZERO,
            correlation: None,
            distribution: Distribution::Uniform,
            table: None,
            apply: Apply::Packet,
            stage: Stage::Any,
            probability: None,
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", Self::WORD, self.latency)?;
        if !self.jitter.is_zero() {
            write!(f, " {}", self.jitter)?;
        }
        if let Some(correlation) = self.correlation {
            write!(f, " {correlation}")?;
        }
        let word = |f: &mut fmt::Formatter, said: bool, word: &str, value: &dyn fmt::Display| {
            if said {
                write!(f, " {word} {value}")
            } else {
                Ok(())
            }
        };
        let distribution = !is_default(&self.distribution);
        word(f, distribution, "distribution", &self.distribution)?;
        word(f, !is_default(&self.apply), "apply", &self.apply)?;
        word(f, !is_default(&self.stage), "stage", &self.stage)?;
        match self.probability {
            Some(share) => write!(f, " probability {share}"),
            None => Ok(()),
        }
    }
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
