//! `cargo xtask test`: runs the suites, and closes with one line that says how it went.

mod binaries;
mod feed;
mod fuzz;
mod libtest;
mod report;
mod restless;
mod skips;
mod suites;

pub(crate) use self::{
    binaries::built_test,
    feed::{Ended, Feed},
    report::Report,
    suites::{Context, Suite},
};

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use self::suites::SUITES;
use crate::{setup, workspace::Workspace};

/// Runs the tests.
///
/// Without `--suite`, runs every suite that CI runs. Installs what the chosen suites miss and
/// builds what they run. Closes with `N passed, N failed, N skipped` and fails if any failed, or
/// if a suite could not be built, ran out of time or ran nothing. With CI=true, a skip whose reason
/// is not listed in tests/allowed-skips fails too.
#[derive(clap::Args)]
#[command(after_help = suites::help())]
pub(crate) struct Args {
    /// Only this suite; may be given several times.
    #[arg(long = "suite", value_name = "NAME", value_parser = names())]
    suites: Vec<String>,
    /// Also the suites and the long cases that CI leaves out.
    #[arg(long)]
    all: bool,
    /// Fewer repetitions and shorter waits, for a first look.
    #[arg(long, conflicts_with = "all")]
    quick: bool,
    /// Take each processor away meanwhile for up to 60 ms some five times a second, and now and then for
    /// 350 ms, as a crowded host does. Needs root.
    #[arg(long)]
    restless: bool,
    /// Only tests with this in their name.
    filter: Option<String>,
}

/// What the person asked of every suite.
#[derive(Default)]
pub(crate) struct Options {
    /// Run the long cases.
    pub(crate) all: bool,
    /// Cut repetitions.
    pub(crate) quick: bool,
    /// A part of the names of the tests to run.
    pub(crate) filter: Option<String>,
}

/// Runs `cargo xtask test`.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<ExitCode> {
    let allowed = if std::env::var("CI").is_ok_and(|ci| ci == "true") {
        Some(skips::read(&workspace.root().join("tests/allowed-skips"))?)
    } else {
        None
    };
    let options = Options {
        all: args.all,
        quick: args.quick,
        filter: args.filter.clone(),
    };
    if args.restless {
        restless::begin()?;
    }
    let mut context = Context::new(workspace, options, Report::new(allowed));
    for suite in SUITES.iter().filter(|suite| args.choose(suite)) {
        run_suite(&mut context, suite);
    }
    Ok(context.report.close())
}

/// Runs one suite; whatever goes wrong on the way is a failure of that suite.
fn run_suite(context: &mut Context, suite: &Suite) {
    context.report.begin(suite.name);
    let outcome =
        setup::ensure(context.workspace, suite.purposes).and_then(|_| (suite.run)(context, suite));
    if let Err(error) = outcome {
        context
            .report
            .failed("(the suite itself)", &format!("{error:#}"));
    }
    context.report.end(context.options.filter.is_some());
}

impl Args {
    fn choose(&self, suite: &Suite) -> bool {
        if self.suites.is_empty() {
            suite.in_ci || self.all
        } else {
            self.suites.iter().any(|name| name == suite.name)
        }
    }
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(SUITES.iter().map(|suite| suite.name))
}
