//! The text of `/proc/PID/cgroup` (cgroups(7)): which container and which cgroups a process is in.
//!
//! Cgroup v1 writes one line per hierarchy, v2 the single line `0::PATH`, a hybrid system both.

/// Hexadecimal digits of a container id, in every runtime that Kubernetes or Docker uses.
const ID_DIGITS: usize = 64;

/// What runtimes put before the id. Monitors (`crio-conmon-ID`, `libpod-conmon-ID`) are left out
/// on purpose: they live in the machine's own namespace.
const PREFIXES: [&str; 6] = [
    "",
    "cri-containerd-",
    "docker-",
    "crio-",
    "libpod-",
    "libpod-payload-",
];

/// One line of `/proc/PID/cgroup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Controllers of a v1 hierarchy, separated by commas; empty for v2.
    pub(super) controllers: &'a str,
    /// The cgroup, from the root of its hierarchy.
    pub(super) path: &'a str,
}

/// The lines of `/proc/PID/cgroup`; what is not one is left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        Some(Line {
            controllers: fields.next()?,
            path: fields.next()?,
        })
    })
}

/// The id of the container that the process with these cgroups runs in: the innermost one, since
/// a container that runs containers (a kind node) is not what their processes belong to.
pub(super) fn container(text: &str) -> Option<&str> {
    lines(text).find_map(|line| line.path.rsplit('/').find_map(container_of_segment))
}

/// Whether `path` is `ancestor` or lies below it.
pub(super) fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn container_of_segment(segment: &str) -> Option<&str> {
    let name = segment.strip_suffix(".scope").unwrap_or(segment);
    // containerd under a wrong driver setting: `kubepods-pod….slice:cri-containerd:ID`.
    let name = name.rsplit(':').next().unwrap_or(name);
    PREFIXES
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix))
        .find(|id| is_full_id(id))
}

fn is_full_id(text: &str) -> bool {
    text.len() == ID_DIGITS && is_lower_hex(text)
}

/// Whether all of `text` is hexadecimal digits as runtimes write them.
pub(super) fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests;
