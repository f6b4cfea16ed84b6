//! The whole system of a virtual machine: busybox, some modules, the test binary, an init script.

use std::fmt::Write;

use anyhow::Result;

use super::{
    cpio::Archive,
    modules::{self, Module},
};
use crate::setup::kernels::Kernel;

/// What Debian's cloud kernels have as modules and the tests use: pairs of interfaces, BPF on the
/// clsact qdisc (kernels before 6.6 have no tcx), and listing or ending sockets.
const MODULES: [&str; 6] = [
    "veth",
    "sch_ingress",
    "cls_bpf",
    "tcp_diag",
    "udp_diag",
    "tun",
];

/// Directories that are mounted on, or that programs expect.
const DIRECTORIES: [&str; 9] = [
    "bin", "dev", "etc", "modules", "proc", "run", "sys", "tmp", "var",
];

/// What begins the line that says how the tests ended; their exit status follows.
pub(crate) const END_MARKER: &str = "netfault-vm: the tests ended with status ";

/// What a machine is to run.
pub(crate) struct Job<'a> {
    /// The static test binary.
    pub(crate) tests: &'a [u8],
    /// The kernel object, for tests that load it from a file.
    pub(crate) object: &'a [u8],
    /// A part of the names of the tests to run; empty for all.
    pub(crate) filter: &'a str,
    /// The tests' environment.
    pub(crate) variables: &'a [(&'static str, &'static str)],
}

/// Packs the system for one kernel.
pub(crate) fn pack(busybox: &[u8], kernel: &Kernel, job: &Job) -> Result<Vec<u8>> {
    let modules = modules::with_dependencies(&kernel.modules, &MODULES)?;
    let mut archive = Archive::default();
    for path in DIRECTORIES {
        archive.directory(path);
    }
    archive.executable("bin/busybox", busybox);
    archive.executable("tests", job.tests);
    archive.file("netfault-bpf", job.object);
    for module in &modules {
        archive.file(&module_path(module), &module.content);
    }
    archive.executable("init", init_script(&modules, job).as_bytes());
    Ok(archive.finish())
}

fn module_path(module: &Module) -> String {
    format!("modules/{}.ko", module.name)
}

/// The kernel keeps the first serial port for its messages; the tests print on the second, so
/// that neither breaks the other's lines.
fn init_script(modules: &[Module], job: &Job) -> String {
    let mut script = SYSTEM.to_owned();
    for module in modules {
        let _ = writeln!(script, "insmod /{}", module_path(module));
    }
    for (name, value) in job.variables {
        let _ = writeln!(script, "export {name}={}", quoted(value));
    }
    let filter = quoted(job.filter);
    let _ = write!(
        script,
        "/tests --test-threads=1 --color=never {filter} >/dev/ttyS1 2>&1\n\
         echo \"{END_MARKER}$?\" >/dev/ttyS1\n\
         poweroff -f\n"
    );
    script
}

/// What comes before the tests.
const SYSTEM: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t bpf bpf /sys/fs/bpf
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
export PATH=/bin HOME=/tmp RUST_BACKTRACE=1
export NETFAULT_VM=1 NETFAULT_BPF_OBJECT=/netfault-bpf
";

/// A word that the shell takes literally.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_word_to_the_shell() {
        let job = Job {
            tests: &[],
            object: &[],
            filter: "it's $x",
            variables: &[],
        };
        let script = init_script(&[], &job);
        assert!(
            script.contains(r"--color=never 'it'\''s $x' >/dev/ttyS1"),
            "{script}"
        );
    }
}
