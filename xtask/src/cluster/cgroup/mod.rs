//! One cgroup per machine in every hierarchy, made beside what is there and removed with the machine.
//!
//! A process joins before it makes its namespaces, so all that a machine ever started is found
//! here, whatever became of the command that started it.

mod hierarchy;

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};

pub(crate) use self::hierarchy::{Hierarchy, hierarchies};
use super::layout::{Machine, Name, Role};

/// How long the kernel may take to end a killed machine.
const END_BOUND: Duration = Duration::from_secs(20);

/// The file that lists a cgroup's processes, and takes one in.
const PROCESSES: &str = "cgroup.procs";

/// The files through which a process becomes a machine's.
pub(crate) struct Joins {
    /// Before it makes its cgroup namespace, whose root the machine's cgroups become.
    pub(crate) outer: Vec<PathBuf>,
    /// After it. With cgroup v2 alone, a cgroup whose children are limited has no process itself.
    pub(crate) inner: Vec<PathBuf>,
}

/// Makes the cgroups of a machine.
pub(crate) fn create(machine: Machine) -> Result<Joins> {
    let mut joins = Joins {
        outer: Vec::new(),
        inner: Vec::new(),
    };
    for hierarchy in hierarchies()? {
        let ours = hierarchy.mount.join(machine.cluster.as_str());
        let own = own(&hierarchy, machine);
        let is_only = hierarchy.is_only();
        for dir in [&ours, &own] {
            make(dir, is_only)
                .with_context(|| format!("could not make the cgroup {}", dir.display()))?;
        }
        joins.outer.push(own.join(PROCESSES));
        if is_only {
            let init = own.join("init");
            fs::create_dir_all(&init)?;
            joins.inner.push(init.join(PROCESSES));
        }
    }
    Ok(joins)
}

/// A machine's cgroup in a hierarchy.
pub(crate) fn own(hierarchy: &Hierarchy, machine: Machine) -> PathBuf {
    let ours = hierarchy.mount.join(machine.cluster.as_str());
    ours.join(machine.name())
}

fn make(dir: &Path, hand_down: bool) -> io::Result<()> {
    let parent = dir.parent().unwrap_or(dir);
    if hand_down {
        for controller in fs::read_to_string(parent.join("cgroup.controllers"))?.split_whitespace()
        {
            // One that can't be handed down is one that kubelet will not ask for.
            let control = parent.join("cgroup.subtree_control");
            let _ = fs::write(control, format!("+{controller}"));
        }
    }
    fs::create_dir_all(dir)?;
    // A cpuset starts empty, and an empty one can't be joined.
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (own, above) = (dir.join(file), parent.join(file));
        if let (Ok(own_value), Ok(value)) = (fs::read_to_string(&own), fs::read_to_string(above))
            && own_value.trim().is_empty()
            && !value.trim().is_empty()
        {
            fs::write(own, value.trim())?;
        }
    }
    Ok(())
}

/// All processes of a machine, as this process sees their ids.
pub(crate) fn processes(machine: Machine) -> Result<Vec<i32>> {
    let mut all = Vec::new();
    for dir in directories(machine)? {
        collect(&dir, &mut all);
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

fn collect(dir: &Path, all: &mut Vec<i32>) {
    let listed = fs::read_to_string(dir.join(PROCESSES)).unwrap_or_default();
    // 0 is a process that this one can't see.
    all.extend(
        listed
            .lines()
            .filter_map(|line| line.parse().ok())
            .filter(|pid: &i32| *pid != 0),
    );
    for below in subdirectories(dir) {
        collect(&below, all);
    }
}

/// Ends all processes of a machine and removes its cgroups.
pub(crate) fn clear(machine: Machine) -> Result<()> {
    let deadline = Instant::now() + END_BOUND;
    loop {
        let left = processes(machine)?;
        if left.is_empty() {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "{} does not end: processes {left:?} are left",
            machine.name()
        );
        for pid in left.into_iter().filter_map(Pid::from_raw) {
            let _ = kill_process(pid, Signal::KILL);
        }
        thread::sleep(Duration::from_millis(50));
    }
    for dir in directories(machine)? {
        remove(&dir, deadline)?;
    }
    Ok(())
}

/// Removes what holds the cgroups of a cluster's machines, once they are gone.
pub(crate) fn remove_parents(cluster: Name) -> Result<()> {
    for dir in below(cluster.as_str())? {
        remove(&dir, Instant::now() + END_BOUND)?;
    }
    Ok(())
}

/// A cluster's machines that have a cgroup, in whatever state an earlier run left them.
pub(crate) fn machines(cluster: Name) -> Result<Vec<Machine>> {
    let mut names: Vec<String> = below(cluster.as_str())?
        .iter()
        .flat_map(|dir| subdirectories(dir))
        .filter_map(|dir| Some(dir.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names.dedup();
    let machines = names.iter().filter_map(|name| by_name(cluster, name));
    Ok(machines.collect())
}

fn by_name(cluster: Name, name: &str) -> Option<Machine> {
    let role = Role::Control;
    let control = Machine { cluster, role };
    if name == control.name() {
        return Some(control);
    }
    Machine::node(cluster, name.strip_prefix('n')?.parse().ok()?).ok()
}

fn directories(machine: Machine) -> Result<Vec<PathBuf>> {
    below(&format!("{}/{}", machine.cluster.as_str(), machine.name()))
}

/// The cgroups of this path, in every hierarchy that has it.
fn below(path: &str) -> Result<Vec<PathBuf>> {
    let all = hierarchies()?.into_iter();
    Ok(all
        .map(|hierarchy| hierarchy.mount.join(path))
        .filter(|dir| dir.is_dir())
        .collect())
}

fn subdirectories(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// A cgroup is busy for a moment after its last process ended.
fn remove(dir: &Path, deadline: Instant) -> Result<()> {
    for below in subdirectories(dir) {
        remove(&below, deadline)?;
    }
    loop {
        match fs::remove_dir(dir) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) if Instant::now() >= deadline => {
                return Err(error).with_context(|| format!("could not remove {}", dir.display()));
            }
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cgroup_s_name_tells_its_machine() {
        let role = |name| by_name(Name::Nfk, name).map(|machine| machine.role);
        assert_eq!(role("cp"), Some(Role::Control));
        assert_eq!(role("n2"), Some(Role::Node(2)));
        assert_eq!(role("n0"), None);
        assert_eq!(role("other"), None);
    }
}
