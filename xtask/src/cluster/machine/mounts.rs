//! The file systems that a node has to itself, in a mount namespace that ends with it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_change, mount_move,
    unmount,
};

use super::spec::Disk;

/// What kubelet sets for the whole computer unless it is so already; it sees these instead.
const SHADOWED: [(&str, &str); 6] = [
    ("/proc/sys/vm/overcommit_memory", "1"),
    ("/proc/sys/vm/panic_on_oom", "0"),
    ("/proc/sys/kernel/panic", "10"),
    ("/proc/sys/kernel/panic_on_oops", "1"),
    ("/proc/sys/kernel/keys/root_maxkeys", "1000000"),
    ("/proc/sys/kernel/keys/root_maxbytes", "25000000"),
];

/// The computer's configuration that a node's programs read.
const BORROWED: [&str; 7] = [
    "alternatives",
    "group",
    "ld.so.cache",
    "nsswitch.conf",
    "passwd",
    "protocols",
    "services",
];

/// Lets go of what this namespace only copied: others' network namespaces, which it would keep alive.
pub(super) fn release_foreign() -> Result<()> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").context("no /proc/self/mountinfo")?;
    for path in network_namespaces(&mounts) {
        // One that ended in the meantime is one less.
        let _ = unmount(path, UnmountFlags::DETACH);
    }
    Ok(())
}

fn network_namespaces(mounts: &str) -> Vec<&str> {
    let of_namespace = mounts.lines().filter(|line| line.contains(" - nsfs "));
    of_namespace
        .filter_map(|line| line.split(' ').nth(4))
        .collect()
}

/// Makes the node's own file systems.
pub(super) fn prepare(disk: &Disk, name: &str) -> Result<()> {
    own_etc(&disk.dir.join("etc"), name)?;
    for name in ["var", "opt", "etc"] {
        bind(&disk.dir.join(name), &Path::new("/").join(name))?;
    }
    volatile("tmpfs", "/run")?;
    for dir in [
        "/run/lock",
        "/var/lib",
        "/var/log",
        "/var/tmp",
        "/opt/cni/bin",
    ] {
        fs::create_dir_all(dir)?;
    }
    if !Path::new("/var/run").exists() {
        symlink("/run", "/var/run")?;
    }
    bind(&disk.cni, Path::new("/opt/cni/bin"))?;
    own_cgroups(&disk.cgroups)?;
    if Path::new("/sys/fs/bpf").is_dir() {
        volatile("bpf", "/sys/fs/bpf")?;
    }
    shadow_sysctls()?;
    own_network_sysctls();
    // Pods may ask that mounts spread from the node to them and back.
    mount_change(
        "/",
        MountPropagationFlags::SHARED | MountPropagationFlags::REC,
    )
    .context("could not share the mounts with pods")
}

/// A node's /etc: its own names, and copies of what programs need to start.
fn own_etc(dir: &Path, name: &str) -> Result<()> {
    fs::create_dir_all(dir)?;
    for entry in BORROWED {
        copy(&Path::new("/etc").join(entry), &dir.join(entry))?;
    }
    fs::write(dir.join("hostname"), format!("{name}\n"))?;
    fs::write(
        dir.join("hosts"),
        format!("127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {name}\n"),
    )?;
    // No search domain and no server: pods ask CoreDNS, and the node asks no one.
    fs::write(dir.join("resolv.conf"), "")?;
    fs::write(
        dir.join("os-release"),
        "ID=netfault-test\nPRETTY_NAME=\"netfault test node\"\n",
    )?;
    let number = name
        .bytes()
        .fold(0, |sum, byte| sum * 256 + u32::from(byte));
    fs::write(dir.join("machine-id"), format!("{number:032x}\n"))?;
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let Ok(kind) = fs::symlink_metadata(from).map(|data| data.file_type()) else {
        return Ok(());
    };
    if kind.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if kind.is_symlink() {
        let _ = fs::remove_file(to);
        symlink(fs::read_link(from)?, to)?;
    } else {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// Puts the node's own cgroups where the computer's were, so that a node sees no other.
fn own_cgroups(cgroups: &[(PathBuf, PathBuf)]) -> Result<()> {
    let top = Path::new("/sys/fs/cgroup");
    let mut staged = Vec::new();
    for (index, (own, mount)) in cgroups.iter().enumerate() {
        let stage = PathBuf::from(format!("/run/cgroup-{index}"));
        bind(own, &stage)?;
        staged.push((stage, mount));
    }
    unmount(top, UnmountFlags::DETACH).context("could not let go of the computer's cgroups")?;
    if !cgroups.iter().any(|(_, mount)| mount == top) {
        volatile("tmpfs", "/sys/fs/cgroup")?;
    }
    for (stage, mount) in staged {
        fs::create_dir_all(mount)?;
        mount_move(&stage, mount)
            .with_context(|| format!("could not mount {}", mount.display()))?;
        fs::remove_dir(stage)?;
    }
    Ok(())
}

fn shadow_sysctls() -> Result<()> {
    for (sysctl, value) in SHADOWED {
        let file = format!("/run/sysctl{}", sysctl.replace('/', "-"));
        fs::write(&file, format!("{value}\n"))?;
        if Path::new(sysctl).exists() {
            mount_bind(&file, sysctl).with_context(|| format!("could not shadow {sysctl}"))?;
        }
    }
    Ok(())
}

/// Settings of the node's own network namespace.
fn own_network_sysctls() {
    for (sysctl, value) in [
        ("ipv4/ip_forward", "1"),
        ("ipv6/conf/all/forwarding", "1"),
        // A pod's packet to a Service of its own node must pass the rules that undo the translation.
        ("bridge/bridge-nf-call-iptables", "1"),
        ("bridge/bridge-nf-call-ip6tables", "1"),
    ] {
        if let Err(error) = fs::write(Path::new("/proc/sys/net").join(sysctl), value) {
            eprintln!("net/{sysctl}: {error}");
        }
    }
}

fn bind(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(from)?;
    fs::create_dir_all(to)?;
    mount_bind(from, to)
        .with_context(|| format!("could not put {} at {}", from.display(), to.display()))
}

fn volatile(kind: &str, at: &str) -> Result<()> {
    mount(kind, at, kind, MountFlags::empty(), None)
        .with_context(|| format!("could not mount {kind} at {at}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_namespaces_are_told_from_other_mounts() {
        let mounts = "\
24 1 0:21 / /proc rw - proc proc rw
90 25 0:4 net:[4026532205] /run/netns/a rw shared:3 - nsfs nsfs rw
";
        assert_eq!(network_namespaces(mounts), ["/run/netns/a"]);
    }
}
