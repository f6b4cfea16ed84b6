//! The words of the command line.

mod fault;
mod help;
mod output;
mod reach;
mod target;
mod traffic;

use std::{net::IpAddr, path::PathBuf};

use clap::{Args as Group, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use crate::completion::fault_words;

pub(crate) use fault::{Fault, Mode, Patience, Probes, Way, split};
pub(crate) use help::command;
pub(crate) use output::{Format, Output};
pub(crate) use reach::Reach;
pub(crate) use target::Target;
pub(crate) use traffic::{Connections, Direction, Family, Initiator, Interfaces, Proto, Traffic};

/// Cuts, slows and breaks exactly the chosen traffic of running programs, existing connections
/// included, and puts everything back on time.
#[derive(Debug, Parser)]
#[command(name = "netfault", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bring a fault into force
    ///
    /// In a cluster it returns when the fault is in force in every pod. On this machine it holds
    /// the fault until its time is over or Ctrl-C, or with --detach returns at once.
    Inject(Inject),
    /// Run a command while a fault is in force; exit with the command's code
    Run(Run),
    /// Show the live connections that a fault would hit; nothing is changed
    Plan(Plan),
    /// Show live connections
    Flows(Flows),
    /// Show what a fault would do to the packets of a capture, and why; nothing is touched
    ///
    /// The same code judges as in the kernel. The fault begins with the first packet.
    Replay(Replay),
    /// Show the faults
    List(List),
    /// Show what a fault has hit so far, or did hit
    Status(Status),
    /// Show a fault's whole receipt, with every counter of every pod
    Report(Report),
    /// End faults now, and show their receipts
    ///
    /// In a cluster, --all stops every fault of every namespace and lets none start until
    /// `netfault resume`.
    Stop(Stop),
    /// Let faults start again after `stop --all`
    Resume(Resume),
    /// Change the time or the parameters of a fault that is in force
    Edit(Edit),
    /// Tell whether the cluster, or this machine, can do it, and what is missing
    Doctor(Doctor),
    /// Install netfault in a cluster, or bring it up to date
    Install(Install),
    /// End every fault in a cluster and remove netfault from it
    Uninstall(Uninstall),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the version
    Version,
    /// Hold a namespace in the background
    #[command(hide = true)]
    Hold(Target),
}

#[derive(Debug, Group)]
pub(crate) struct Inject {
    #[command(flatten)]
    pub(crate) fault: Fault,
    /// Return once it is in force; a background process holds it until its time is over (local
    /// mode)
    #[arg(long, conflicts_with = "trace")]
    pub(crate) detach: bool,
    #[command(flatten)]
    pub(crate) way: Way,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) fault: Fault,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<std::ffi::OsString>,
    /// Print nothing but errors; the receipt goes to stderr otherwise
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) patience: Patience,
}

#[derive(Debug, Group)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) fault: Fault,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Replay {
    /// The capture, pcap or pcapng, as `tcpdump -w` writes it
    #[arg(value_name = "FILE.pcap")]
    pub(crate) capture: PathBuf,
    /// The fault, a YAML file (a `NetworkFault`)
    #[arg(long, short, value_name = "FAULT.yaml")]
    pub(crate) file: PathBuf,
    /// An address of the target, which tells egress from ingress; the one that stands in every packet
    /// where absent; repeatable
    #[arg(long, value_name = "IP")]
    pub(crate) address: Vec<IpAddr>,
    /// Seed of the draws; the file's, or one that is chosen and told, where absent
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Flows {
    /// Whose, in a cluster: svc/NAME, deploy/NAME, sts/NAME, ds/NAME or pod/NAME
    #[arg(value_name = "PODS")]
    pub(crate) words: Vec<String>,
    /// The pods with these labels
    #[arg(
        long,
        short = 'l',
        value_name = "LABELS",
        help_heading = "Target in a cluster"
    )]
    pub(crate) selector: Option<String>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct List {
    /// The faults of every namespace
    #[arg(long, short = 'A', help_heading = "Cluster")]
    pub(crate) all_namespaces: bool,
    /// The faults with these labels
    #[arg(long, short = 'l', value_name = "LABELS", help_heading = "Cluster")]
    pub(crate) selector: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Status {
    /// The fault's name, or NAMESPACE/NAME
    pub(crate) name: String,
    /// Go on until it has ended
    #[arg(long, short)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Report {
    /// The fault's name, or NAMESPACE/NAME
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Stop {
    /// The fault's name, or NAMESPACE/NAME
    #[arg(required_unless_present = "all")]
    pub(crate) name: Option<String>,
    /// Every fault on this machine, or in the cluster
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    /// Why, for those who look
    #[arg(long, value_name = "TEXT", requires = "all", help_heading = "Cluster")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Resume {
    /// Print nothing to stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Edit {
    /// The fault's name, or NAMESPACE/NAME
    pub(crate) name: String,
    /// Its faults, each with its new parameters, such as `reset 30%` or `reject icmp-host`
    #[arg(value_name = "FAULT", required_unless_present = "duration",
          add = ArgValueCompleter::new(fault_words))]
    pub(crate) words: Vec<String>,
    /// How long it lasts, counted from its start
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) duration: Option<chaos_api::Span>,
    #[command(flatten)]
    pub(crate) patience: Patience,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Doctor {
    /// Remove what netfaults that were killed have left in namespaces of this machine (local mode)
    #[arg(long)]
    pub(crate) clean: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Install {
    /// Print the objects, and apply nothing
    #[arg(long, visible_alias = "dry-run")]
    pub(crate) print: bool,
    /// The form in which --print prints: yaml or json
    #[arg(
        long,
        short,
        value_enum,
        default_value = "yaml",
        hide_possible_values = true,
        value_name = "FORM"
    )]
    pub(crate) output: Format,
    /// The image of the agent and the controller
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// How long to wait until everything is ready
    #[arg(long, value_name = "TIME", default_value = "2m")]
    pub(crate) timeout: chaos_api::Span,
    /// Print nothing to stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Uninstall {
    /// How long to wait until everything has gone
    #[arg(long, value_name = "TIME", default_value = "2m")]
    pub(crate) timeout: chaos_api::Span,
    /// Print nothing to stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
