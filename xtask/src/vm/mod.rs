//! Suite `vm`: suites `kernel` and `netns` on Debian's kernels, each in an emulated machine of its own.
//!
//! Static test binaries and busybox make up nearly the whole system, so that a machine is up in seconds
//! even without KVM.

mod cpio;
mod crew;
mod figures;
mod initramfs;
mod machine;
mod modules;

pub(crate) use figures::measure;

use std::{fs, path::PathBuf, sync::mpsc::Receiver, time::Duration};

use anyhow::{Context as _, Result, ensure};

use self::{
    initramfs::{END_MARKER, Job},
    machine::{Clock, Machine, Said},
};
use crate::{
    build::Built,
    process::End,
    progress::seconds,
    setup::kernels::{self, SERIES},
    test::{Context, Ended, Feed, Suite, built_test},
    workspace::find_program,
};

/// What a name of this suite begins with, up to the kernel's series.
const PREFIX: &str = "vm ";

/// What tells suite `netns` which few of its tests are enough.
const SUBSET: &str = "NETFAULT_SUBSET";

/// A suite, by what its machine's time goes on, and its subset if not all of it.
type Work = (&'static str, Clock, Option<&'static str>);

/// What runs on each kernel: what is promised of times must not depend on what else the host does.
const ALL: &[Work] = &[
    ("netns", Clock::Instructions, None),
    ("kernel", Clock::Host, None),
];

/// The same in short. Counting instructions is dear, and what is attached has no need of it.
const SHORT: &[Work] = &[
    ("netns", Clock::Instructions, Some("held")),
    ("netns", Clock::Host, Some("attached")),
    ("kernel", Clock::Host, None),
];

/// Runs the suites on each kernel.
pub(crate) fn suite(context: &mut Context, suite: &Suite) -> Result<()> {
    let built = context.built()?;
    let filter = context.options.filter.clone().unwrap_or_default();
    let (mut prefixes, mut machines) = (Vec::new(), Vec::new());
    for series in SERIES {
        let Some(filter) = inner_filter(&filter, series) else {
            continue;
        };
        let short = filter.is_empty() && !context.options.all;
        for work in if short { SHORT } else { ALL } {
            let variables = context.options.variables();
            prefixes.push(format!("{PREFIX}{series}: "));
            machines.push(machine(&built, series, work, filter, variables)?);
        }
    }
    let mut prefixes = prefixes.iter();
    crew::run(&machines, suite.bound, |machine, said| {
        let prefix = prefixes.next().expect("each machine has one");
        let feed = Feed::new(&mut context.report, prefix);
        report(machine, said, feed, suite.bound);
    });
    Ok(())
}

/// Feeds what a machine says to the report until it is off.
fn report(machine: &Machine, said: Receiver<Said>, mut feed: Feed, bound: Duration) {
    let (ended, time) = hear(said, bound, |line| feed.line(line));
    if matches!(ended, Ended::Cut(_)) {
        machine.show_console();
    }
    feed.finish(ended);
    let (release, time) = (&machine.kernel.release, seconds(time));
    println!("    (kernel {release}: {time})");
}

/// Hands on each line of a machine's tests; how they ended when it is off, and after what time.
fn hear(said: Receiver<Said>, bound: Duration, mut each: impl FnMut(&str)) -> (Ended, Duration) {
    let mut status = None;
    for said in said {
        match said {
            Said::Line(line) => match line.strip_prefix(END_MARKER) {
                Some(code) => status = Some(code.to_owned()),
                None => each(&line),
            },
            Said::Off(end, time) => return (ended(end, status.as_deref(), bound), time),
        }
    }
    (Ended::Cut("the machine said no more".to_owned()), bound)
}

/// How the tests of a machine ended that is off.
fn ended(end: Result<End>, status: Option<&str>, bound: Duration) -> Ended {
    match (end, status) {
        (Err(error), _) => Ended::Cut(format!("{error:#}")),
        (Ok(End::OutOfTime), _) => Ended::Cut(format!("killed after {} s", bound.as_secs())),
        (_, None) => Ended::Cut("the machine stopped before the tests ended".to_owned()),
        (_, Some("0")) => Ended::Well,
        (_, Some(code)) => Ended::Badly(format!("the tests ended with status {code}")),
    }
}

/// The programs that the tests run. Servers are too large, and tcpdump wants a user of its own.
fn programs(built: &Built) -> Result<Vec<PathBuf>> {
    let tools = ["ip", "tc", "ss", "ethtool", "prlimit", "chrt"].map(found);
    let netfault = Ok(built.program("netfault"));
    [netfault].into_iter().chain(tools).collect()
}

/// A machine that is ready to be started.
fn machine(
    built: &Built,
    series: &str,
    &(suite, clock, subset): &Work,
    filter: &str,
    mut variables: Vec<(&'static str, &'static str)>,
) -> Result<Machine> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "there are kernels for x86-64 only"
    );
    let vm_dir = built.workspace().target("vm");
    variables.extend(subset.map(|few| (SUBSET, few)));
    let name = format!("{series}.{suite}-{}", subset.unwrap_or("all"));
    let machine = Machine {
        initramfs: vm_dir.join(format!("{name}.cpio")),
        console: vm_dir.join(format!("{name}.console.log")),
        kernel: kernels::find(built.workspace(), series)?,
        clock,
    };
    let job = Job {
        suite: (suite, built_test(built.cargo_build(), suite)?),
        programs: &programs(built)?,
        object: &fs::read(built.object())?,
        filter,
        variables: &variables,
    };
    let system = initramfs::pack(&found("busybox")?, &machine.kernel, &job)?;
    fs::write(&machine.initramfs, system)?;
    Ok(machine)
}

fn found(name: &str) -> Result<PathBuf> {
    find_program(name).with_context(|| format!("there is no {name}"))
}

/// What a filter on this suite's names means inside the machine of one series.
///
/// None: no name there can match; empty: all do. `vm 6.1: reset`, as a report prints it, is `reset`
/// on 6.1 only.
fn inner_filter<'a>(filter: &'a str, series: &str) -> Option<&'a str> {
    let Some(named) = filter.strip_prefix(PREFIX) else {
        return Some(filter);
    };
    let (wanted, rest) = named.split_once(':').unwrap_or((named, ""));
    (wanted.trim() == series).then_some(rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_name_selects_one_kernel() {
        assert_eq!(inner_filter("", "6.1"), Some(""));
        assert_eq!(inner_filter("reset", "6.1"), Some("reset"));
        assert_eq!(inner_filter("vm 6.1: reset", "6.1"), Some("reset"));
        assert_eq!(inner_filter("vm 6.1: reset", "6.12"), None);
        assert_eq!(inner_filter("vm 6.12", "6.12"), Some(""));
        assert_eq!(inner_filter("vm 6.1", "6.12"), None);
    }
}
