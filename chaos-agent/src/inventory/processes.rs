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

/// When a process was started, in ticks since the machine was; `None` where there is no such process, or
/// only its remains. With its number this names it for as long as the machine runs.
pub(crate) fn started(pid: u32) -> Option<u64> {
    parse_started(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The 22nd field of `/proc/PID/stat`, where the third, the state, is that of a process (`proc_pid_stat(5)`).
fn parse_started(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace();
    let state = fields.next()?;
    let started = fields.nth(18)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(started)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_start_and_its_remains_are_none() {
        let stat = |state: &str| {
            format!("7 (a) b) {state} 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 4711 99 1")
        };
        assert_eq!(parse_started(&stat("S")), Some(4711));
        assert_eq!(parse_started(&stat("Z")), None);
        assert_eq!(parse_started("7 (a"), None);
        assert!(started(std::process::id()).is_some());
    }
}
