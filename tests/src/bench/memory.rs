//! What a process takes.

use std::fs;

/// Bytes of a process that are in memory (`VmRSS` of proc(5)); `None` for one that has none.
///
/// # Panics
/// Where there is no such process.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}
