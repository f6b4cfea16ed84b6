//! The table of suites, and how each is run.

use std::{fmt::Write, process::Command, time::Duration};

use anyhow::{Error, Result};

use super::{Feed, Options, Report, binaries::built_test, fuzz};
use crate::{
    build::{BUILD_BOUND, Built},
    cluster::{self, Wanted},
    crds, lint, process,
    programs::require_root,
    setup::Purpose,
    tidy, vm,
    workspace::Workspace,
};

/// A suite of tests.
pub(crate) struct Suite {
    /// What `--suite` calls it.
    pub(crate) name: &'static str,
    /// One line for the help text.
    pub(crate) about: &'static str,
    /// Whether it runs without being named.
    pub(crate) in_ci: bool,
    /// What must be set up for it.
    pub(crate) purposes: &'static [Purpose],
    /// How long one run of its tests may take, building apart.
    pub(crate) bound: Duration,
    /// How many of its tests are run at a time.
    pub(crate) at_once: usize,
    /// How it is run.
    pub(crate) run: fn(&mut Context, &Suite) -> Result<()>,
}

/// All suites, in the order in which they run.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "unit",
        about: "lint, tidy, generated files, and the tests of every crate that need neither root nor a kernel",
        in_ci: true,
        purposes: &[Purpose::Unit],
        bound: Duration::from_mins(20),
        at_once: 1,
        run: unit,
    },
    Suite {
        name: "kernel",
        about: "the kernel programs on tables of packets, through BPF_PROG_TEST_RUN",
        in_ci: true,
        purposes: &[Purpose::Build, Purpose::Kernel],
        bound: Duration::from_mins(10),
        at_once: 1,
        run: test_binary,
    },
    Suite {
        name: "netns",
        about: "what is promised to a user, with real programs in network namespaces",
        in_ci: true,
        purposes: &[Purpose::Build, Purpose::Netns],
        bound: Duration::from_mins(45),
        at_once: 1,
        run: test_binary,
    },
    Suite {
        name: "fuzz",
        about: "the parser of the kernel programs on bytes that libFuzzer makes, beside the reference",
        in_ci: true,
        purposes: &[Purpose::Fuzz],
        bound: Duration::from_mins(10),
        at_once: 1,
        run: fuzz::suite,
    },
    Suite {
        name: "cluster",
        about: "what is promised to a user of Kubernetes, on a real cluster of three nodes",
        in_ci: true,
        purposes: &[
            Purpose::Build,
            Purpose::Cluster,
            Purpose::Image,
            Purpose::Netns,
        ],
        bound: Duration::from_mins(45),
        at_once: 4,
        run: cluster,
    },
    Suite {
        name: "shapes",
        about: "pods, Services and nodes in other shapes, on a real cluster of one node",
        in_ci: false,
        purposes: &[
            Purpose::Build,
            Purpose::Cluster,
            Purpose::Image,
            Purpose::Netns,
        ],
        bound: Duration::from_mins(20),
        at_once: 1,
        run: shapes,
    },
    Suite {
        name: "vm",
        about: "suite kernel on Debian's 6.1 and 6.12, and of suite netns what tells something of a kernel; with --all or FILTER the rest of it, too",
        in_ci: true,
        purposes: &[Purpose::Build, Purpose::Vm],
        bound: Duration::from_mins(30),
        at_once: 1,
        run: vm::suite,
    },
];

/// What the suites of one run share.
pub(crate) struct Context<'a> {
    /// The checkout.
    pub(crate) workspace: &'a Workspace,
    /// What was asked for.
    pub(crate) options: Options,
    /// Where results go.
    pub(crate) report: Report,
    built: Option<Result<Built<'a>, String>>,
}

impl<'a> Context<'a> {
    /// A run of which nothing is built yet.
    pub(crate) fn new(workspace: &'a Workspace, options: Options, report: Report) -> Self {
        Self {
            workspace,
            options,
            report,
            built: None,
        }
    }

    /// The release build, made once; one that failed fails every suite that needs it.
    pub(crate) fn built(&mut self) -> Result<Built<'a>> {
        let workspace = self.workspace;
        self.built
            .get_or_insert_with(|| Built::new(workspace).map_err(|error| format!("{error:#}")))
            .clone()
            .map_err(Error::msg)
    }

    fn wants(&self, name: &str) -> bool {
        self.options
            .filter
            .as_ref()
            .is_none_or(|filter| name.contains(filter))
    }
}

/// The suites, for the help text of `cargo xtask test`.
pub(crate) fn help() -> String {
    let mut text = "Suites:\n".to_owned();
    for suite in SUITES {
        let when = if suite.in_ci { "" } else { " (not in CI)" };
        let _ = writeln!(text, "  {:<8}{}{when}", suite.name, suite.about);
    }
    text
}

fn unit(context: &mut Context, suite: &Suite) -> Result<()> {
    for (name, command) in lint::CHECKS {
        if context.wants(name) {
            let outcome = process::status(&mut command(context.workspace), BUILD_BOUND);
            context.report.checked(name, outcome);
        }
    }
    if context.wants("tidy") {
        let outcome = tidy::check(context.workspace);
        context.report.checked("tidy", outcome);
    }
    if context.wants("crds") {
        let outcome = crds::check(context.workspace);
        context.report.checked("crds", outcome);
    }
    process::status(cargo_test(context.workspace).arg("--no-run"), BUILD_BOUND)?;
    let mut tests = cargo_test(context.workspace);
    tests
        .arg("--no-fail-fast")
        .arg("--")
        .args(&context.options.filter);
    Feed::new(&mut context.report, "").run(&mut tests, suite.bound)
}

fn cargo_test(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--workspace", "--exclude", "chaos-tests"]);
    cargo
}

/// Runs the test target of chaos-tests that is named as the suite.
fn test_binary(context: &mut Context, suite: &Suite) -> Result<()> {
    require_root(&format!("suite {}", suite.name))?;
    let built = context.built()?;
    let mut tests = Command::new(built_test(built.cargo_build(), suite.name)?);
    built.describe_to(&mut tests);
    run_binary(context, suite, tests)
}

/// Runs the tests of a binary.
fn run_binary(context: &mut Context, suite: &Suite, mut tests: Command) -> Result<()> {
    tests
        .arg(format!("--test-threads={}", suite.at_once))
        .arg("--color=never")
        .args(&context.options.filter);
    tests.envs(context.options.variables());
    Feed::new(&mut context.report, "").run(&mut tests, suite.bound)
}

fn cluster(context: &mut Context, suite: &Suite) -> Result<()> {
    on_cluster(context, suite, &Wanted::THREE)
}

fn shapes(context: &mut Context, suite: &Suite) -> Result<()> {
    on_cluster(context, suite, &Wanted::OTHER)
}

/// Runs the test target that is named as the suite on a cluster, which it leaves as it found it but
/// for netfault.
fn on_cluster(context: &mut Context, suite: &Suite, wanted: &Wanted) -> Result<()> {
    require_root(&format!("suite {}", suite.name))?;
    let built = context.built()?;
    let mut tests = Command::new(built_test(built.cargo_build(), suite.name)?);
    built.describe_to(&mut tests);
    cluster::with_netfault(&built, wanted, tests, |tests| {
        run_binary(context, suite, tests)
    })
}

impl Options {
    /// What the test binaries are told in their environment.
    pub(crate) fn variables(&self) -> Vec<(&'static str, &'static str)> {
        let mut variables = Vec::new();
        if self.all {
            variables.push(("NETFAULT_ALL", "1"));
        }
        if self.quick {
            variables.push(("NETFAULT_QUICK", "1"));
        }
        variables
    }
}
