//! Where this machine has its cgroups: several hierarchies of v1, one of v2, or both.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// Where hierarchies are mounted; the one of cgroup v2 right here where it is the only one.
const TOP: &str = "/sys/fs/cgroup";

/// Where a hierarchy is mounted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hierarchy {
    /// The mount point.
    pub(crate) mount: PathBuf,
}

impl Hierarchy {
    /// Whether this machine has cgroup v2 and nothing else.
    pub(super) fn is_only(&self) -> bool {
        self.mount == Path::new(TOP)
    }
}

/// The machine's hierarchies, as mounted below /sys/fs/cgroup.
pub(crate) fn hierarchies() -> Result<Vec<Hierarchy>> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").context("no /proc/self/mountinfo")?;
    let found = parse(&mounts);
    ensure!(
        !found.is_empty(),
        "no cgroups are mounted below /sys/fs/cgroup"
    );
    Ok(found)
}

fn parse(mounts: &str) -> Vec<Hierarchy> {
    let mut found: Vec<Hierarchy> = Vec::new();
    for line in mounts.lines() {
        let Some((place, kind)) = line.split_once(" - ") else {
            continue;
        };
        let Some(mount) = place.split(' ').nth(4).map(PathBuf::from) else {
            continue;
        };
        let is_cgroup = kind.starts_with("cgroup ") || kind.starts_with("cgroup2 ");
        let is_new = found.iter().all(|hierarchy| hierarchy.mount != mount);
        if is_cgroup && mount.starts_with(TOP) && is_new {
            found.push(Hierarchy { mount });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_are_read_from_the_mounts_once_each() {
        let mounts = "\
24 1 0:21 / /proc rw - proc proc rw
30 25 0:26 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
31 25 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
32 25 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
33 25 0:28 / /mnt/elsewhere rw - cgroup2 cgroup2 rw
";
        let hierarchy = |mount: &str| Hierarchy {
            mount: PathBuf::from(mount),
        };
        assert_eq!(
            parse(mounts),
            [
                hierarchy("/sys/fs/cgroup/cpu"),
                hierarchy("/sys/fs/cgroup/unified")
            ]
        );
    }

    #[test]
    fn cgroup_v2_alone_is_mounted_at_the_top() {
        let found = parse("30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        assert!(found[0].is_only());
    }
}
