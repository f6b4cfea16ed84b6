//! The bench: figures of what netfault costs, each beside a baseline of the same run.
//!
//! The machine it runs on is shared and noisy, so a figure is a median of repeated samples, and one
//! that is compared with a baseline takes its samples in turns with it. No figure fails a run: what
//! is promised is for the reader of the table to judge.

mod arms;
mod crowd;
mod figures;
mod holder;
mod kernel;
mod loops;
mod memory;
mod report;
mod run_directory;
mod stats;
mod ways;
mod words;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use self::report::Report;
use crate::sweep;

/// Measures netfault and prints a table, each figure beside its baseline.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Args {
    /// Also write the figures to this file: name → {value, unit, baseline, ratio}
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Take few samples: whether it works, not what it costs
    #[arg(long)]
    quick: bool,
    /// Only measure figures with this in their name
    filter: Option<String>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    quick: bool,
}

impl Effort {
    /// How often: `full`, or `quick` in a quick run.
    pub(crate) fn times(self, full: usize, quick: usize) -> usize {
        if self.quick { quick } else { full }
    }

    /// How long: `full`, or `quick` in a quick run.
    pub(crate) fn lasting(self, full: Duration, quick: Duration) -> Duration {
        if self.quick { quick } else { full }
    }
}

/// Runs the bench by the words of the command line.
pub fn run() -> ExitCode {
    let args = Args::parse();
    if !rustix::process::geteuid().is_root() {
        eprintln!("error: network namespaces need root");
        return ExitCode::FAILURE;
    }
    let _directory = run_directory::own();
    sweep::on_signals(run_directory::clear);
    raise_limit();
    let effort = Effort { quick: args.quick };
    let filter = args.filter.unwrap_or_default();
    let report = Report::of(figures::measure(&filter, effort));
    println!("{report}");
    if let Some(file) = &args.json
        && let Err(error) = fs::write(file, report.json())
    {
        eprintln!("error: {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Lets this process open as many files as it may.
fn raise_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let all = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, all).expect("a limit may be raised to its maximum");
}
