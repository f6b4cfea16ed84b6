//! Suite `vm`: suite kernel, and of suite netns what shows how programs are attached, on Debian's kernels,
//! each booted in an emulated machine.
//!
//! Static test binaries and busybox make up nearly the whole system, so that a machine is up in seconds
//! even without KVM.

mod cpio;
mod initramfs;
mod machine;
mod modules;

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::{
    build::Built,
    setup::kernels::{self, SERIES},
    test::{Context, Feed, Suite, built_test},
    vm::{initramfs::Job, machine::Machine},
    workspace::find_program,
};

/// What a name of this suite begins with, up to the kernel's series.
const PREFIX: &str = "vm ";

/// The series without tcx, where netfault attaches in a way that it does not on the others.
const WITHOUT_TCX: &str = "6.1";

/// What says that a suite need not run those of its tests that take long in an emulated machine.
const SUBSET: (&str, &str) = ("NETFAULT_SUBSET", "1");

/// Runs the suites on each kernel.
pub(crate) fn suite(context: &mut Context, suite: &Suite) -> Result<()> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "suite vm has kernels for x86-64 only"
    );
    let built = context.built()?;
    let filter = context.options.filter.clone().unwrap_or_default();
    let object = fs::read(built.object())?;
    let programs = programs(&built)?;
    for series in SERIES {
        let Some(filter) = inner_filter(&filter, series) else {
            continue;
        };
        let all = context.options.all;
        let mut variables = context.options.variables();
        if filter.is_empty() && !all {
            variables.push(SUBSET);
        }
        let job = Job {
            suites: &suites(&built, all || series == WITHOUT_TCX)?,
            programs: &programs,
            object: &object,
            filter,
            variables: &variables,
        };
        let machine = machine(context, series, &job)?;
        machine.run(
            Feed::new(&mut context.report, &format!("{PREFIX}{series}: ")),
            suite.bound,
        )?;
    }
    Ok(())
}

/// The programs that the tests run. Servers are too large, and tcpdump wants a user of its own.
fn programs(built: &Built) -> Result<Vec<PathBuf>> {
    let tools = ["ip", "tc", "ss", "ethtool", "prlimit"].map(found);
    let netfault = Ok(built.program("netfault"));
    [netfault].into_iter().chain(tools).collect()
}

/// The binaries of the suites that run in a machine.
fn suites(built: &Built, with_netns: bool) -> Result<Vec<(&'static str, PathBuf)>> {
    let names: &[&'static str] = if with_netns {
        &["kernel", "netns"]
    } else {
        &["kernel"]
    };
    let binaries = names.iter().map(|name| {
        let binary = built_test(built.cargo_build(), name)?;
        Ok((*name, binary))
    });
    binaries.collect()
}

/// A machine that is ready to be started.
fn machine(context: &Context, series: &str, job: &Job) -> Result<Machine> {
    let vm_dir = context.workspace.target("vm");
    let machine = Machine {
        initramfs: vm_dir.join(format!("{series}.cpio")),
        console: vm_dir.join(format!("{series}.console.log")),
        kernel: kernels::find(context.workspace, series)?,
    };
    let system = initramfs::pack(&found("busybox")?, &machine.kernel, job)?;
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
