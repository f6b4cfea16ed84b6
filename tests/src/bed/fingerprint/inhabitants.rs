//! Processes in a namespace, and mounts that keep it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process;

use super::super::namespace::Namespace;

pub(super) fn add(namespace: &Namespace, lines: &mut BTreeMap<String, String>) {
    for pid in processes_in(namespace) {
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        lines.insert(format!("process {pid}"), name.trim_end().to_owned());
    }
    for line in fs::read_to_string("/proc/self/mountinfo")
        .unwrap_or_default()
        .lines()
    {
        let identity = format!("net:[{}]", namespace.inode());
        if line.contains(&identity) || line.contains("/netfault") {
            lines.insert(format!("mount {line}"), "mounted".to_owned());
        }
    }
}

/// The processes with a thread in the namespace, other than the test's own.
fn processes_in(namespace: &Namespace) -> Vec<u32> {
    let numbers = |directory: &Path| -> Vec<u32> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    };
    let identity = format!("net:[{}]", namespace.inode());
    let lives_there = |pid: &u32| {
        let tasks = Path::new("/proc").join(pid.to_string()).join("task");
        let link = |task: &u32| fs::read_link(tasks.join(task.to_string()).join("ns/net"));
        let is_inside =
            |task: &u32| link(task).is_ok_and(|net| net.as_os_str() == identity.as_str());
        numbers(&tasks).iter().any(is_inside)
    };
    let mut all = numbers(Path::new("/proc"));
    all.retain(|pid| *pid != process::id() && lives_there(pid));
    all
}
