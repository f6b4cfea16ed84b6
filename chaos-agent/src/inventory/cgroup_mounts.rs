//! From a cgroup's directory to its name in `/proc/PID/cgroup`.

use std::path::{Component, Path};

use super::cgroup::{self, Line};

/// A cgroup whose members can be recognised by `/proc/PID/cgroup`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cgroup {
    hierarchy: Hierarchy,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hierarchy {
    /// The path was given without its mount.
    Any,
    Unified,
    /// A v1 hierarchy with these mount options, its controllers among them.
    Legacy(Vec<String>),
}

/// Why a path names no cgroup that can be targeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is the root, where every process is.
    Root,
    /// It is relative, or has `..` in it.
    NotAbsolute,
    /// It lies below /sys/fs/cgroup, where no cgroup hierarchy is mounted.
    NotMounted,
}

struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    hierarchy: Hierarchy,
}

impl Cgroup {
    /// The cgroup meant by `path`, given the text of `/proc/self/mountinfo`.
    pub(super) fn resolve(path: &Path, mountinfo: &str) -> Result<Self, Unusable> {
        let path = normal(path).ok_or(Unusable::NotAbsolute)?;
        let mount = mounts(mountinfo)
            .filter(|mount| cgroup::is_within(&path, mount.point))
            .max_by_key(|mount| mount.point.len());
        let found = match mount {
            Some(mount) => mount.cgroup(&path),
            None if cgroup::is_within(&path, "/sys/fs/cgroup") => return Err(Unusable::NotMounted),
            None => Self {
                hierarchy: Hierarchy::Any,
                path,
            },
        };
        if found.path.is_empty() {
            Err(Unusable::Root)
        } else {
            Ok(found)
        }
    }

    /// Whether a process with this `/proc/PID/cgroup` is in it or below it.
    pub(super) fn holds(&self, text: &str) -> bool {
        cgroup::lines(text)
            .any(|line| self.hierarchy.is_of(line) && cgroup::is_within(line.path, &self.path))
    }
}

impl Hierarchy {
    fn is_of(&self, line: Line<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Unified => line.controllers.is_empty(),
            Self::Legacy(options) => line
                .controllers
                .split(',')
                .any(|controller| options.iter().any(|o| o == controller)),
        }
    }
}

impl Mount<'_> {
    fn cgroup(self, path: &str) -> Cgroup {
        let below = path.strip_prefix(self.point).unwrap_or(path);
        let root = self.root.strip_suffix('/').unwrap_or(self.root);
        Cgroup {
            hierarchy: self.hierarchy,
            path: format!("{root}{below}"),
        }
    }
}

/// `path` without doubled or trailing slashes; the root is the empty string.
fn normal(path: &Path) -> Option<String> {
    let mut parts = path.components();
    if parts.next() != Some(Component::RootDir) {
        return None;
    }
    let mut text = String::new();
    for part in parts {
        let Component::Normal(name) = part else {
            return None;
        };
        text.push('/');
        text.push_str(name.to_str()?);
    }
    Some(text)
}

fn mounts(mountinfo: &str) -> impl Iterator<Item = Mount<'_>> {
    mountinfo.lines().filter_map(mount)
}

/// A line of mountinfo (`proc_pid_mountinfo(5)`):
/// `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE SUPER_OPTIONS`.
fn mount(line: &str) -> Option<Mount<'_>> {
    let (left, right) = line.split_once(" - ")?;
    let mut place = left.split(' ').skip(3);
    let mut kind = right.split(' ');
    let (root, point) = (place.next()?, place.next()?);
    let hierarchy = match kind.next()? {
        "cgroup2" => Hierarchy::Unified,
        "cgroup" => Hierarchy::Legacy(kind.nth(1)?.split(',').map(str::to_owned).collect()),
        _ => return None,
    };
    Some(Mount {
        root,
        point,
        hierarchy,
    })
}

#[cfg(test)]
mod tests;
