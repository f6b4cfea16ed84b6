//! From a target to its namespace. When in doubt nothing is chosen.

mod error;
mod pod;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cgroup_mounts::{Cgroup, Unusable};
use super::first_process::{self, Untold};
use super::{Members, Namespace, Target, cgroup, processes};

pub use error::{FindError, FindReason};

/// Digits that a container id is cut to by `docker ps` and `crictl ps`.
const SHORT_ID: usize = 12;

pub(super) fn find(target: &Target) -> Result<Namespace, FindError> {
    let namespace = search(target).and_then(not_of_first_process);
    namespace.map_err(|reason| FindError {
        target: Box::new(target.clone()),
        reason,
    })
}

fn search(target: &Target) -> Result<Namespace, FindReason> {
    match target {
        Target::Name(name) => of_file(&named(name)?),
        Target::Path(path) => of_file(path),
        // Its file may not be opened even where those of others may.
        Target::Pid(1) => Err(FindReason::FirstProcess),
        Target::Pid(pid) => of_processes(&[*pid], |_| true),
        Target::Container(id) => of_container(container_id(id)?),
        Target::Cgroup(path) => of_cgroup(path),
        Target::Pod { uid, hash, ips } => pod::find(uid, hash.as_deref(), ips),
    }
}

fn not_of_first_process(namespace: Namespace) -> Result<Namespace, FindReason> {
    if is_of_first_process(&namespace)? {
        Err(FindReason::FirstProcess)
    } else {
        Ok(namespace)
    }
}

fn is_of_first_process(namespace: &Namespace) -> Result<bool, FindReason> {
    first_process::is_in(namespace).map_err(|why| match why {
        Untold::Enter(error) => FindReason::Enter(error),
        Untold::Read(error) => FindReason::Untold(error),
    })
}

fn named(name: &str) -> Result<PathBuf, FindReason> {
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        let help = "a name as `ip netns` lists it has no slash; give a path as such";
        return Err(FindReason::Word(help));
    }
    Ok(Path::new("/run/netns").join(name))
}

fn of_file(path: &Path) -> Result<Namespace, FindReason> {
    let opened = Namespace::open(path).map_err(|error| unopened(path.to_owned(), error))?;
    opened.ok_or_else(|| FindReason::NotANamespace(path.to_owned()))
}

fn of_container(id: &str) -> Result<Namespace, FindReason> {
    let is_meant = |text: &str| cgroup::container(text).is_some_and(|full| full.starts_with(id));
    let found = processes::with_cgroups(is_meant).map_err(FindReason::Processes)?;
    let containers = found.iter().filter_map(|(_, text)| cgroup::container(text));
    let ids: BTreeSet<&str> = containers.collect();
    if ids.len() > 1 {
        let ids = ids.into_iter().map(str::to_owned).collect();
        return Err(FindReason::Ambiguous(ids));
    }
    of_processes(&pids(&found), is_meant)
}

fn of_cgroup(path: &Path) -> Result<Namespace, FindReason> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(FindReason::Processes)?;
    let cgroup = Cgroup::resolve(path, &mounts).map_err(|why| FindReason::Word(help(why)))?;
    let is_meant = |text: &str| cgroup.holds(text);
    let found = processes::with_cgroups(is_meant).map_err(FindReason::Processes)?;
    of_processes(&pids(&found), is_meant)
}

/// The one namespace in which all of `pids` live.
fn of_processes(pids: &[u32], is_meant: impl Fn(&str) -> bool) -> Result<Namespace, FindReason> {
    let (mut namespaces, members) = namespaces(pids, is_meant)?;
    if namespaces.len() > 1 {
        return Err(FindReason::SeveralNamespaces(members));
    }
    namespaces.pop().ok_or(FindReason::NoProcess)
}

/// The namespaces in which `pids` live. A process that no longer `is_meant` once its namespace is
/// open has ended, and its number belongs to another.
fn namespaces(
    pids: &[u32],
    is_meant: impl Fn(&str) -> bool,
) -> Result<(Vec<Namespace>, Members), FindReason> {
    let mut members = Members::default();
    let mut found: Vec<Namespace> = Vec::new();
    for &pid in pids {
        let path = processes::namespace_file(pid);
        let namespace = match of_file(&path) {
            Err(FindReason::Open { source, .. }) if processes::has_ended(&source) => continue,
            result => result?,
        };
        if processes::cgroups(pid).is_some_and(|text| is_meant(&text)) {
            members.add(namespace.id(), pid);
            if found.iter().all(|known| known.id() != namespace.id()) {
                found.push(namespace);
            }
        }
    }
    Ok((found, members))
}

fn pids(found: &[(u32, String)]) -> Vec<u32> {
    found.iter().map(|(pid, _)| *pid).collect()
}

fn container_id(id: &str) -> Result<&str, FindReason> {
    let id = id.rsplit_once("://").map_or(id, |(_runtime, id)| id);
    if id.len() < SHORT_ID || !cgroup::is_lower_hex(id) {
        let help = "a container id is 12 to 64 lower-case hexadecimal digits";
        return Err(FindReason::Word(help));
    }
    Ok(id)
}

const fn help(why: Unusable) -> &'static str {
    match why {
        Unusable::Root => "every process is in the root cgroup: name one below it",
        Unusable::NotAbsolute => "a cgroup path starts with / and has no .. in it",
        Unusable::NotMounted => "no cgroups are mounted there: name one as in /proc/PID/cgroup",
    }
}

fn unopened(path: PathBuf, source: io::Error) -> FindReason {
    let hint = match source.kind() {
        io::ErrorKind::PermissionDenied if path.starts_with("/proc") => "this needs CAP_SYS_PTRACE",
        io::ErrorKind::PermissionDenied => "run as root",
        io::ErrorKind::NotFound => "there is none; `ip netns` lists those with a name",
        _ => "name /run/netns/NAME or /proc/PID/ns/net",
    };
    FindReason::Open { path, hint, source }
}

#[cfg(test)]
mod tests;
