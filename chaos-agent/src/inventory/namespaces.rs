//! All network namespaces that this process can see, but the machine's own.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Namespace, NamespaceId, cgroup, first_process, processes};

/// Where iproute2 and container runtimes name namespaces.
const NAMED: &str = "/run/netns";

/// Whose namespaces are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of all processes, and those that have a name.
    All,
    /// Those of the processes of pods.
    Pods,
}

/// A namespace, and a file that stands for it.
#[derive(Debug)]
pub struct Place {
    /// The namespace.
    pub namespace: Namespace,
    path: PathBuf,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())
    }
}

/// The namespaces, each once. One that cannot be opened or entered, or of which it cannot be told
/// whether it is that of process 1, is left out.
pub fn places(whose: Whose) -> io::Result<Vec<Place>> {
    let mut known: BTreeSet<NamespaceId> = BTreeSet::new();
    let mut found = Vec::new();
    for path in files(whose)? {
        let is_new = NamespaceId::of_file(&path).is_ok_and(|id| known.insert(id));
        if is_new && let Some(namespace) = opened(&path) {
            found.push(Place { namespace, path });
        }
    }
    Ok(found)
}

/// The files of namespaces, those with a name first.
fn files(whose: Whose) -> io::Result<Vec<PathBuf>> {
    let mut files = match whose {
        Whose::All => named(),
        Whose::Pods => Vec::new(),
    };
    let mut pids = processes::all()?;
    if whose == Whose::Pods {
        pids.retain(|pid| {
            processes::cgroups(*pid).is_some_and(|text| cgroup::pod(&text).is_some())
        });
    }
    pids.sort_unstable();
    files.extend(pids.into_iter().map(processes::namespace_file));
    Ok(files)
}

fn named() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(NAMED))
        .into_iter()
        .flatten()
        .flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

fn opened(path: &Path) -> Option<Namespace> {
    let namespace = Namespace::open(path).ok()??;
    let elsewhere = matches!(first_process::is_in(&namespace), Ok(false));
    elsewhere.then_some(namespace)
}
