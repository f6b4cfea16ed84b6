//! Suite `vm`: the kernel suite on Debian's kernels, each booted in an emulated machine.
//!
//! One static test binary and busybox make up the whole system, so that a machine is up in seconds
//! even without KVM.

mod cpio;
mod initramfs;
mod machine;
mod modules;

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::{
    setup::kernels::{self, SERIES},
    test::{Context, Feed, Suite, built_test},
    vm::{initramfs::Job, machine::Machine},
    workspace::find_program,
};

/// What a name of this suite begins with, up to the kernel's series.
const PREFIX: &str = "vm ";

/// Runs the kernel suite on each kernel.
pub(crate) fn suite(context: &mut Context, suite: &Suite) -> Result<()> {
    ensure!(
        cfg!(target_arch = "x86_64"),
        "suite vm has kernels for x86-64 only"
    );
    let vm_dir = context.workspace.target("vm");
    let built = context.built()?;
    let filter = context.options.filter.clone().unwrap_or_default();
    let object = fs::read(built.object())?;
    let tests = fs::read(built_test(built.cargo_build(), "kernel")?)?;
    for series in SERIES {
        let Some(filter) = inner_filter(&filter, series) else {
            continue;
        };
        let kernel = kernels::find(context.workspace, series)?;
        let job = Job {
            tests: &tests,
            object: &object,
            filter,
            variables: &context.options.variables(),
        };
        let machine = Machine {
            initramfs: vm_dir.join(format!("{series}.cpio")),
            console: vm_dir.join(format!("{series}.console.log")),
            kernel,
        };
        fs::write(
            &machine.initramfs,
            initramfs::pack(&busybox()?, &machine.kernel, &job)?,
        )?;
        machine.run(
            Feed::new(&mut context.report, &format!("{PREFIX}{series}: ")),
            suite.bound,
        )?;
    }
    Ok(())
}

fn busybox() -> Result<Vec<u8>> {
    let path = find_program("busybox").context("there is no busybox")?;
    fs::read(&path).with_context(|| format!("could not read {}", path.display()))
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
