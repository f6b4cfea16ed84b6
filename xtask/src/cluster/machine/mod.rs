//! A machine of the cluster: namespaces of its own under one first process, which ends with all of it.

pub(crate) mod init;
mod mounts;
pub(crate) mod spec;
mod supervise;

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use self::spec::Spec;
use super::{
    cgroup,
    layout::{Layout, Machine},
};

/// Joins the cgroups whose files come before `--`, then becomes the command after it.
const JOIN: &str =
    r#"while [ "$1" != -- ]; do echo $$ >"$1" || exit 1; shift; done; shift; exec "$@""#;

/// Starts a machine; its network namespace is there already.
///
/// Everything it starts is in its cgroups and its process namespace from the first moment.
pub(crate) fn start(layout: &Layout, machine: Machine, spec: &Spec) -> Result<()> {
    let file = layout.of(machine, "spec.json");
    spec.write(&file)?;
    let joins = cgroup::create(machine)?;
    let log = layout.log(machine, "init");
    let output =
        File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let mut command = joining(&joins.outer);
    command
        .arg("nsenter")
        .arg(format!("--net=/run/netns/{}", machine.netns()))
        .args(["unshare", "--cgroup", "sh", "-c", JOIN, "sh"])
        .args(&joins.inner)
        .args(["--", "unshare", "--pid", "--fork", "--kill-child"])
        .args(["--mount", "--uts", "--ipc"])
        .arg(std::env::current_exe()?)
        .args(["cluster", "machine"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .current_dir("/")
        // Ctrl-C ends this command, not the cluster.
        .process_group(0);
    command.spawn().context("could not start a shell")?;
    Ok(())
}

/// Whether a machine's first process runs.
pub(crate) fn is_up(machine: Machine) -> Result<bool> {
    Ok(first_process(machine)?.is_some())
}

/// A command inside all namespaces of a machine.
pub(crate) fn enter(layout: &Layout, machine: Machine) -> Result<Command> {
    let first = first_process(machine)?.with_context(|| {
        format!(
            "{} does not run; `{} status` shows what does",
            machine.name(),
            machine.cluster.command()
        )
    })?;
    let joins = cgroup::create(machine)?;
    let mut command = joining(if joins.inner.is_empty() {
        &joins.outer
    } else {
        &joins.inner
    });
    command
        .args(["nsenter", "--target", &first.to_string()])
        .args([
            "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--",
        ])
        .env("PATH", layout.search_path());
    Ok(command)
}

/// A command in the network of a machine only, with this machine's files.
pub(crate) fn in_network(machine: Machine, program: &Path) -> Command {
    let mut command = Command::new("nsenter");
    command
        .arg(format!("--net=/run/netns/{}", machine.netns()))
        .arg(program);
    command
}

/// Ends a machine and all it started.
pub(crate) fn stop(machine: Machine) -> Result<()> {
    cgroup::clear(machine)
}

fn joining(joins: &[impl AsRef<Path>]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", JOIN, "sh"])
        .args(joins.iter().map(AsRef::as_ref))
        .arg("--");
    command
}

/// The process that is number 1 in the machine's process namespace, as seen from here.
fn first_process(machine: Machine) -> Result<Option<i32>> {
    let depth = fs::read_to_string("/proc/self/status")
        .ok()
        .map_or(1, |status| namespace_ids(&status).len());
    let is_first = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let ids = namespace_ids(&status);
        // Pods have a namespace further in.
        ids.len() == depth + 1 && ids.last() == Some(&1) && !is_zombie(&status)
    };
    Ok(cgroup::processes(machine)?.into_iter().find(is_first))
}

/// A process's ids, from this namespace inwards.
fn namespace_ids(status: &str) -> Vec<i32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let ids = line.unwrap_or_default().split_whitespace();
    ids.filter_map(|id| id.parse().ok()).collect()
}

/// A dead process that nobody has collected still has its ids.
fn is_zombie(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("State:"));
    line.is_some_and(|state| state.trim_start().starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_is_told_by_its_ids() {
        let status = "Name:\txtask\nState:\tS (sleeping)\nNSpid:\t4711\t1\n";
        assert_eq!(namespace_ids(status), [4711, 1]);
        assert!(!is_zombie(status));
        assert!(is_zombie("State:\tZ (zombie)\nNSpid:\t4711\t1\n"));
        assert!(namespace_ids("").is_empty());
    }

    #[test]
    fn a_command_joins_before_it_begins() {
        let file = std::env::temp_dir().join(format!("xtask-join-{}", std::process::id()));
        let mut command = joining(&[&file]);
        let output = command.args(["sh", "-c", "echo $$"]).output().unwrap();
        assert_eq!(fs::read(&file).unwrap(), output.stdout);
        fs::remove_file(file).unwrap();
    }
}
