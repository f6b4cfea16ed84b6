//! The words of the command line.

use std::path::PathBuf;

use chaos_agent::inventory;
use chaos_api::Span;
use clap::{Args as Group, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  netfault inject reset --netns shop --to 10.0.3.7:4222 --for 30s
      Reset the connections to one NATS server, idle ones at once, and refuse new ones.
  netfault inject blackhole 50% --pid 4711 --port 5432 --for 1m --detach
      Drop everything on every second connection to PostgreSQL, in the background.
  netfault run reset --container 3f2a90c1d4e5 --port 6379 --for 2m -- go test ./...
      Run a test while Redis is cut off; its exit code is this one's.

Exit codes: 0 done, 1 error, 2 usage; `run` returns the command's own, or 125 when the fault was
never in force.";

/// Cuts, slows and breaks exactly the chosen traffic of a running program, existing connections
/// included, and puts everything back on time.
#[derive(Debug, Parser)]
#[command(name = "netfault", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bring a fault into force, and hold it until its time is over or Ctrl-C
    Inject(Inject),
    /// Run a command while a fault is in force; exit with the command's code
    Run(Run),
    /// Show the live connections that a fault would hit; nothing is changed
    Plan(Plan),
    /// Show a target's live connections
    Flows(Flows),
    /// Show the faults in force on this machine
    List(Output),
    /// Show what a fault has hit so far, or did hit
    Status(Status),
    /// End faults now, and show their receipts
    Stop(Stop),
    /// Tell whether this machine can do it, and what is missing
    Doctor(Output),
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
    /// Return once it is in force; a background process holds it until its time is over
    #[arg(long, conflicts_with = "trace")]
    pub(crate) detach: bool,
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
}

#[derive(Debug, Group)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) fault: Fault,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Flows {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Status {
    /// The fault's name
    pub(crate) name: String,
    /// Go on until it has ended
    #[arg(long, short)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Group)]
pub(crate) struct Stop {
    /// The fault's name
    #[arg(required_unless_present = "all")]
    pub(crate) name: Option<String>,
    /// Every fault on this machine
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What to do, to whose traffic, for how long.
#[derive(Debug, Group)]
pub(crate) struct Fault {
    /// What to do: `reset` or `blackhole`, each with a share of the connections such as 50%;
    /// several compose
    #[arg(value_name = "FAULT", required_unless_present = "file")]
    pub(crate) words: Vec<String>,
    /// Read the fault from a YAML file (a `NetworkFault`) instead
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["words", "to", "port", "local_port", "proto", "family", "direction"])]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
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
    /// Seed of the draws that a share makes; chosen and reported where absent
    #[arg(long, help_heading = "Life")]
    pub(crate) seed: Option<u64>,
    /// Log each packet's verdict to stderr, at most 1,000 lines a second and CPU
    #[arg(long)]
    pub(crate) trace: bool,
}

/// Whose network namespace; one of them.
#[derive(Debug, Group)]
#[group(required = true, multiple = false)]
pub(crate) struct Target {
    /// A network namespace by name, as `ip netns` lists it, or by path
    #[arg(long, value_name = "NAME|PATH", help_heading = "Target")]
    netns: Option<String>,
    /// The network namespace of a process
    #[arg(long, value_name = "N", help_heading = "Target")]
    pid: Option<u32>,
    /// The network namespace of a container, by its id or the first 12 digits of it
    #[arg(long, value_name = "ID", help_heading = "Target")]
    container: Option<String>,
    /// The network namespace of the processes in a cgroup
    #[arg(long, value_name = "PATH", help_heading = "Target")]
    cgroup: Option<PathBuf>,
}

impl Target {
    /// The target; the group takes exactly one.
    pub(crate) fn to_inventory(&self) -> inventory::Target {
        use inventory::Target as To;
        match self {
            Self {
                netns: Some(netns), ..
            } => named(netns),
            Self { pid: Some(pid), .. } => To::Pid(*pid),
            Self {
                container: Some(id),
                ..
            } => To::Container(id.clone()),
            Self { cgroup, .. } => To::Cgroup(cgroup.clone().unwrap_or_default()),
        }
    }

    /// The same target as arguments of another call.
    pub(crate) fn words(&self) -> [String; 2] {
        let pair = |flag: &str, value: String| [flag.to_owned(), value];
        match self {
            Self {
                netns: Some(name), ..
            } => pair("--netns", name.clone()),
            Self { pid: Some(pid), .. } => pair("--pid", pid.to_string()),
            Self {
                container: Some(id),
                ..
            } => pair("--container", id.clone()),
            Self { cgroup, .. } => {
                let path = cgroup.as_deref().unwrap_or("".as_ref());
                pair("--cgroup", path.display().to_string())
            }
        }
    }
}

/// A namespace by name or path; a file in the directory of `ip netns` goes by its name.
fn named(netns: &str) -> inventory::Target {
    let name = netns.strip_prefix("/run/netns/").unwrap_or(netns);
    if name.contains('/') {
        inventory::Target::Path(netns.into())
    } else {
        inventory::Target::Name(name.to_owned())
    }
}

/// Which of the target's traffic; all of it where nothing is named.
#[derive(Debug, Group)]
pub(crate) struct Traffic {
    /// A peer: an address, a range or a host, with ports or without, such as 10.0.0.0/8,
    /// 10.0.3.7:4222,6222-6230 or `[fd00::7]:4222`; repeatable
    #[arg(long, value_name = "PEER[:PORTS]", help_heading = "Traffic")]
    pub(crate) to: Vec<String>,
    /// Ports of the peers that have none in --to, such as 4222,6222-6230
    #[arg(long, value_name = "PORTS", help_heading = "Traffic")]
    pub(crate) port: Option<String>,
    /// The target's own ports
    #[arg(long, value_name = "PORTS", help_heading = "Traffic")]
    pub(crate) local_port: Option<String>,
    /// Which protocol
    #[arg(long, value_enum, default_value_t, help_heading = "Traffic")]
    pub(crate) proto: Proto,
    /// Which IP version
    #[arg(long, value_enum, default_value_t, help_heading = "Traffic")]
    pub(crate) family: Family,
    /// Which way, seen from the target; both where absent. `reset` takes none
    #[arg(long, value_enum, help_heading = "Traffic")]
    pub(crate) direction: Option<Direction>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Proto {
    Tcp,
    Udp,
    Icmp,
    #[default]
    Any,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
    #[default]
    Any,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Direction {
    Egress,
    Ingress,
    Both,
}

/// How to print.
#[derive(Clone, Copy, Debug, Group)]
pub(crate) struct Output {
    /// The form of what goes to stdout
    #[arg(
        long = "output",
        short = 'o',
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    pub(crate) format: Format,
    /// Print nothing to stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Table,
    Wide,
    Json,
    Yaml,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Args;

    #[test]
    fn the_words_do_not_contradict_each_other() {
        Args::command().debug_assert();
    }
}
