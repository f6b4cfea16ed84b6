//! The words that make a fault.

use std::path::PathBuf;

use chaos_api::Span;
use clap::{Args as Group, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::{Target, Traffic};
use crate::completion::fault_words;

/// What to do, to whose traffic, for how long.
#[derive(Debug, Group)]
pub(crate) struct Fault {
    /// What to do: `reset` or `blackhole`, all or a share of the connections such as 50%;
    /// `reject [tcp-reset|icmp-port|icmp-host|icmp-admin]`, icmp-port where absent; or in netem's
    /// words `delay`, `loss`, `duplicate`, `corrupt`, `reorder` and `rate`, as in delay 100ms 10ms
    /// 25% distribution normal. Several compose: blackhole acts before reject, reject before reset,
    /// and what they leave meets the others. In a cluster also to which pods: svc/NAME,
    /// deploy/NAME, sts/NAME, ds/NAME or pod/NAME
    #[arg(value_name = "FAULT", required_unless_present = "file",
          add = ArgValueCompleter::new(fault_words))]
    pub(crate) words: Vec<String>,
    /// Read the fault from a YAML file (a `NetworkFault`) instead
    #[arg(
        long,
        short,
        value_name = "FILE",
        conflicts_with_all = ["words", "selector", "mode", "value", "probes", "no_dynamic", "to",
                              "except", "port", "local_port", "proto", "family", "direction",
                              "connections", "initiator", "interfaces"]
    )]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) pods: Pods,
    #[command(flatten)]
    pub(crate) traffic: Traffic,
    /// How long it lasts from the moment it is in force, such as 30s, 1.5s or 2m
    #[arg(
        long = "for",
        value_name = "TIME",
        required_unless_present = "file",
        help_heading = "Life"
    )]
    pub(crate) duration: Option<Span>,
    /// Its name; made from the fault's word where absent
    #[arg(long, help_heading = "Life")]
    pub(crate) name: Option<String>,
    /// Seed of the draws that a share or a choice of pods makes; chosen and reported where absent
    #[arg(long, help_heading = "Life")]
    pub(crate) seed: Option<u64>,
    /// What the draws of a share go by: ordinal, the connection's number among those that the fault
    /// meets, so that the same seed hits the same ones again whatever their ports are; or flow, its
    /// addresses and ports. Ordinal where absent
    #[arg(long, value_enum, help_heading = "Life")]
    pub(crate) draw: Option<Draw>,
    /// Log each packet's verdict to stderr, at most 1,000 lines a second and CPU (local mode)
    #[arg(long)]
    pub(crate) trace: bool,
}

impl Fault {
    /// The words that say what to do, and those that name pods, which have a slash.
    pub(crate) fn split_words(&self) -> (Vec<String>, Vec<String>) {
        split(&self.words)
    }
}

/// The words that say what to do, and those that name pods.
pub(crate) fn split(words: &[String]) -> (Vec<String>, Vec<String>) {
    let before = [""].into_iter().chain(words.iter().map(String::as_str));
    let (mut what, mut whose) = (Vec::new(), Vec::new());
    for (word, before) in words.iter().zip(before) {
        // A file's name has slashes, too.
        let names_pods = word.contains('/') && !word.contains(' ') && before != FILE;
        if names_pods { &mut whose } else { &mut what }.push(word.clone());
    }
    (what, whose)
}

/// The word that the name of a file follows.
const FILE: &str = "table";

/// Which pods of a cluster.
#[derive(Debug, Default, Group)]
pub(crate) struct Pods {
    /// The pods with these labels, as kubectl takes them: app=orders,tier!=web
    #[arg(
        long,
        short = 'l',
        value_name = "LABELS",
        help_heading = "Target in a cluster"
    )]
    pub(crate) selector: Option<String>,
    /// How many of the pods; all where absent
    #[arg(long, value_enum, help_heading = "Target in a cluster")]
    pub(crate) mode: Option<Mode>,
    /// The number or the share that --mode asks for: 2, 30%
    #[arg(long, value_name = "N|N%", help_heading = "Target in a cluster")]
    pub(crate) value: Option<String>,
    /// What happens to the kubelet's probes; spared where absent
    #[arg(long, value_enum, help_heading = "Target in a cluster")]
    pub(crate) probes: Option<Probes>,
    /// Leave out the pods that start during the fault
    #[arg(long, help_heading = "Target in a cluster")]
    pub(crate) no_dynamic: bool,
}

/// How far to go in a cluster.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Way {
    /// Only say which pods and connections it would hit
    #[arg(long, help_heading = "Cluster")]
    pub(crate) preview: bool,
    /// Print the object, and create nothing
    #[arg(long, help_heading = "Cluster")]
    pub(crate) dry_run: bool,
    /// Return as soon as the object is created
    #[arg(long, help_heading = "Cluster")]
    pub(crate) no_wait: bool,
}

impl Way {
    /// The flags that are given.
    pub(crate) fn flags(self) -> impl Iterator<Item = &'static str> {
        let flags = [
            ("--preview", self.preview),
            ("--dry-run", self.dry_run),
            ("--no-wait", self.no_wait),
        ];
        flags
            .into_iter()
            .filter_map(|(flag, given)| given.then_some(flag))
    }
}

/// How long to wait for the cluster.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Patience {
    /// How long to wait for every pod; then who has not answered is named, and the exit code is 3
    #[arg(
        long,
        value_name = "TIME",
        default_value = "10s",
        help_heading = "Cluster"
    )]
    pub(crate) timeout: Span,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    All,
    One,
    Fixed,
    FixedPercent,
    RandomMaxPercent,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Draw {
    Ordinal,
    Flow,
}

impl From<Draw> for chaos_api::Draw {
    fn from(word: Draw) -> Self {
        match word {
            Draw::Ordinal => Self::Ordinal,
            Draw::Flow => Self::Flow,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Probes {
    Spare,
    Include,
}
