//! The processes of this machine, as far as `/proc` shows them.

use std::fs;
use std::io;
use std::path::PathBuf;

/// The ids of all processes, kernel threads included.
pub(super) fn all() -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(found)
}

/// The text of `/proc/PID/cgroup`; `None` when the process has ended.
pub(super) fn cgroups(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cgroup")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The processes whose `/proc/PID/cgroup` is `wanted`, each with that text, by number.
pub(super) fn with_cgroups(wanted: impl Fn(&str) -> bool) -> io::Result<Vec<(u32, String)>> {
    let with_text = |pid| Some((pid, cgroups(pid)?));
    let mut found: Vec<_> = all()?.into_iter().filter_map(with_text).collect();
    found.retain(|(_, text)| wanted(text));
    found.sort_unstable();
    Ok(found)
}

/// The file of a process's network namespace.
pub(super) fn namespace_file(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/ns/net"))
}

/// Whether an error in `/proc/PID` says that the process has ended.
pub(super) fn has_ended(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}
