//! The text of `/proc/PID/cgroup` (cgroups(7)): which container, pod and cgroups a process is in.
//!
//! Cgroup v1 writes one line per hierarchy, v2 the single line `0::PATH`, a hybrid system both.

/// Hexadecimal digits of a container id, in every runtime that Kubernetes or Docker uses.
const ID_DIGITS: usize = 64;

/// Hexadecimal digits of a pod's UID, and of the hash of a static pod's configuration.
const POD_DIGITS: usize = 32;

/// Characters of a UID, with its dashes.
const UID_LENGTH: usize = 36;

/// What runtimes put before the id. Monitors (`crio-conmon-ID`, `libpod-conmon-ID`) are left out
/// on purpose: they live in the machine's own namespace.
const PREFIXES: [&str; 7] = [
    "",
    "cri-containerd-",
    "docker-",
    "crio-",
    "nerdctl-",
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
    innermost(text, container_of_segment)
}

/// The UID of the pod that the process with these cgroups runs in, or what names a static pod in its
/// place: the innermost one, as for containers.
pub(super) fn pod(text: &str) -> Option<String> {
    innermost(text, pod_of_segment)
}

/// Whether `text` can stand for a pod in a cgroup's name: a UID (RFC 9562 §4), or the hash of a
/// static pod's configuration.
pub(super) fn names_pod(text: &str) -> bool {
    let digits = text.bytes().filter(|byte| *byte != b'-').count();
    let hex = text.split('-').all(is_lower_hex);
    hex && digits == POD_DIGITS && matches!(text.len(), POD_DIGITS | UID_LENGTH)
}

/// Whether `path` is `ancestor` or lies below it.
pub(super) fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the deepest segment of all lines gives. A runtime inside a container leaves its containers at
/// its own place in hierarchies that it does not know, so that the first line may be too short.
fn innermost<'a, T>(text: &'a str, of_segment: impl Fn(&'a str) -> Option<T>) -> Option<T> {
    let deepest = |line: Line<'a>| {
        let segments = line.path.split('/').enumerate();
        let found = segments.filter_map(|(depth, segment)| Some((depth, of_segment(segment)?)));
        found.last()
    };
    let found = lines(text).filter_map(deepest).reduce(
        |best, next| {
            if next.0 > best.0 { next } else { best }
        },
    );
    found.map(|(_, found)| found)
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

fn pod_of_segment(segment: &str) -> Option<String> {
    // containerd under a wrong driver setting: `kubepods-pod….slice:cri-containerd:ID`.
    let name = segment.split(':').next().unwrap_or(segment);
    let uid = match name.strip_suffix(".slice") {
        // systemd nests slices at each dash, so the kubelet writes those of the UID as underscores.
        Some(slice) => slice
            .rsplit('-')
            .next()?
            .strip_prefix("pod")?
            .replace('_', "-"),
        None => name.strip_prefix("pod")?.to_owned(),
    };
    names_pod(&uid).then_some(uid)
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
