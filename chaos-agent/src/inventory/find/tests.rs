//! Targets that are refused before anything is opened, and the lines that say so.

use super::*;

fn refusal(target: &Target) -> String {
    Namespace::find(target).unwrap_err().to_string()
}

#[test]
fn names_are_not_paths() {
    for name in ["", "../net", "a/b", ".."] {
        let line = refusal(&Target::Name(name.into()));
        assert!(
            line.starts_with(&format!("namespace {name}: a name as `ip netns`")),
            "{line}"
        );
    }
}

#[test]
fn a_missing_name_points_to_the_list() {
    assert_eq!(
        refusal(&Target::Name("nobody-has-this".into())),
        "namespace nobody-has-this: cannot open /run/netns/nobody-has-this: \
         there is none; `ip netns` lists those with a name"
    );
}

#[test]
fn an_ordinary_file_is_no_namespace() {
    assert_eq!(
        refusal(&Target::Path("/proc/self/status".into())),
        "namespace file /proc/self/status: /proc/self/status is not a namespace file: \
         name /run/netns/NAME or /proc/PID/ns/net"
    );
}

#[test]
fn container_ids_are_at_least_as_long_as_lists_show_them() {
    for id in ["", "4f1c2a9be0d", "4F1C2A9BE0D37C", "web-7c9f6d5b4-x2x9z"] {
        assert_eq!(
            refusal(&Target::Container(id.into())),
            format!("container {id}: a container id is 12 to 64 lower-case hexadecimal digits")
        );
    }
}

#[test]
fn a_container_that_does_not_run_has_no_process() {
    let id = format!("containerd://{}", "0123456789abcdef".repeat(4));
    assert_eq!(
        refusal(&Target::Container(id.clone())),
        format!("container {id}: no process of it runs on this machine")
    );
}

fn pod(uid: &str, hash: Option<&str>) -> Target {
    Target::Pod {
        uid: uid.into(),
        hash: hash.map(str::to_owned),
        ips: vec![[198, 18, 0, 1].into()],
    }
}

#[test]
fn a_pod_that_is_not_here_has_no_process() {
    let uid = "00000000-0000-4000-8000-000000000000";
    for hash in [None, Some("00000000000000000000000000000000")] {
        assert_eq!(
            refusal(&pod(uid, hash)),
            format!("pod {uid}: no process of it runs on this machine")
        );
    }
}

#[test]
fn a_pod_goes_by_nothing_but_its_uid_or_hash() {
    for uid in [
        "",
        "/",
        "web-0",
        "00000000-0000-4000-8000-00000000000",
        "00000000_0000_4000_8000_000000000000",
    ] {
        let line = refusal(&pod(uid, None));
        assert!(
            line.starts_with(&format!("pod {uid}: a pod is named by its UID")),
            "{line}"
        );
    }
}

#[test]
fn the_root_cgroup_is_refused() {
    assert_eq!(
        refusal(&Target::Cgroup("/".into())),
        "cgroup /: every process is in the root cgroup: name one below it"
    );
}

#[test]
fn a_process_that_is_not_there_is_said_to_be_missing() {
    // Above the largest number that pid_max allows (proc_sys_kernel(5)).
    assert_eq!(
        refusal(&Target::Pid(4_194_305)),
        "process 4194305: no process of it runs on this machine"
    );
}

#[test]
fn process_1_is_refused_unopened() {
    let line = refusal(&Target::Pid(1));
    assert!(
        line.starts_with("process 1: it uses the machine's own network"),
        "{line}"
    );
}

#[test]
fn rights_that_are_missing_are_named() {
    let line = |path: &str| {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        unopened(path.into(), denied).to_string()
    };
    assert_eq!(
        line("/proc/7/ns/net"),
        "cannot open /proc/7/ns/net: this needs CAP_SYS_PTRACE"
    );
    assert_eq!(
        line("/run/netns/blue"),
        "cannot open /run/netns/blue: run as root"
    );
}
