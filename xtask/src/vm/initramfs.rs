//! The whole system of a virtual machine: busybox, some modules, the test binaries and the programs that
//! they run, an init script.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{
    cpio::Archive,
    modules::{self, Module},
};
use crate::{image::libraries, setup::kernels::Kernel};

/// What Debian's cloud kernels have as modules and the tests use: pairs of interfaces and a bridge between
/// them, BPF and another kind of filters on the clsact qdisc (kernels before 6.6 have no tcx), listing
/// or ending sockets, the delay line's device, and what it is measured with.
const MODULES: [&str; 10] = [
    "veth",
    "bridge",
    "sch_ingress",
    "cls_bpf",
    "cls_u32",
    "tcp_diag",
    "udp_diag",
    "tun",
    "8021q",
    "sch_netem",
];

/// Directories that are mounted on, or that programs expect.
const DIRECTORIES: [&str; 11] = [
    "bin", "dev", "etc", "modules", "proc", "run", "sbin", "suites", "sys", "tmp", "var",
];

/// What begins the line that says how the tests ended; their exit status follows.
pub(crate) const END_MARKER: &str = "netfault-vm: the tests ended with status ";

/// What a machine is to run.
pub(crate) struct Job<'a> {
    /// A suite's name, and its static test binary.
    pub(crate) suite: (&'static str, PathBuf),
    /// The programs that the tests run.
    pub(crate) programs: &'a [PathBuf],
    /// The kernel object, for tests that load it from a file.
    pub(crate) object: &'a [u8],
    /// A part of the names of the tests to run; empty for all.
    pub(crate) filter: &'a str,
    /// The tests' environment.
    pub(crate) variables: &'a [(&'static str, &'static str)],
}

/// Packs the system for one kernel.
pub(crate) fn pack(busybox: &Path, kernel: &Kernel, job: &Job) -> Result<Vec<u8>> {
    let modules = modules::with_dependencies(&kernel.modules, &MODULES)?;
    let mut archive = Archive::default();
    for path in DIRECTORIES {
        archive.directory(path);
    }
    archive.executable("bin/busybox", &read(busybox)?);
    let (name, binary) = &job.suite;
    archive.executable(&format!("suites/{name}"), &read(binary)?);
    add_programs(&mut archive, job.programs)?;
    archive.file("netfault-bpf", job.object);
    for module in &modules {
        archive.file(&module_path(module), &module.content);
    }
    archive.executable("init", init_script(&modules, job).as_bytes());
    Ok(archive.finish())
}

/// Adds programs to the directory that comes first in the search path, and their libraries to where they
/// look for them.
fn add_programs(archive: &mut Archive, programs: &[PathBuf]) -> Result<()> {
    let mut found = BTreeSet::new();
    for program in programs {
        let name = program.file_name().context("a program has a name")?;
        archive.executable(&format!("sbin/{}", name.display()), &read(program)?);
        found.extend(libraries::paths(program)?);
    }
    let mut parents = BTreeSet::new();
    for library in &found {
        parents.extend(library.ancestors().skip(1).map(inside));
    }
    // Those above come first in their order.
    for parent in parents.iter().filter(|parent| !parent.is_empty()) {
        archive.directory(parent);
    }
    for library in &found {
        archive.executable(&inside(library), &read(library)?);
    }
    Ok(())
}

/// The path of a file as the archive has it.
fn inside(path: &Path) -> String {
    path.display()
        .to_string()
        .trim_start_matches('/')
        .to_owned()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("could not read {}", path.display()))
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
    let (name, filter) = (job.suite.0, quoted(job.filter));
    let _ = write!(
        script,
        "/suites/{name} --test-threads=1 --color=never {filter} >/dev/ttyS1 2>&1\n\
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
export PATH=/sbin:/bin HOME=/tmp RUST_BACKTRACE=1
export NETFAULT_VM=1 NETFAULT_BPF_OBJECT=/netfault-bpf NETFAULT=/sbin/netfault
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
            suite: ("kernel", PathBuf::new()),
            programs: &[],
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
