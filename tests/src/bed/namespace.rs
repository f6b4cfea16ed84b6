//! A network namespace, and the only way tests get into it.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{panic, thread};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::gate;
use super::process::Process;

/// Where iproute2 keeps named namespaces.
const DIRECTORY: &str = "/run/netns";
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A network namespace; dropping it deletes it if this run made it.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    path: PathBuf,
    is_ours: bool,
    inode: u64,
    handle: File,
}

impl Namespace {
    /// Makes a namespace called `nf-<pid>-<n>-<label>`, with nothing in it but a loopback that
    /// is up and IPv6 addresses that are usable at once.
    pub fn new(label: &str) -> Self {
        let _making = gate::pass();
        let count = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{count}-{label}", prefix(process::id()));
        succeed(Command::new("ip").args(["netns", "add", &name]));
        let path = Path::new(DIRECTORY).join(&name);
        let namespace = Self::open(&name, path, true).expect("ip just made it");
        namespace.set_sysctl("net/ipv6/conf/all/accept_dad", "0");
        namespace.set_sysctl("net/ipv6/conf/default/accept_dad", "0");
        namespace.set_sysctl("net/ipv6/conf/default/router_solicitations", "0");
        namespace.ip(&["link", "set", "lo", "up"]);
        namespace
    }

    /// A namespace that something else made, by a file that stands for it; the error is that of
    /// opening the file.
    pub fn existing(name: &str, path: impl Into<PathBuf>) -> io::Result<Self> {
        Self::open(name, path.into(), false)
    }

    fn open(name: &str, path: PathBuf, is_ours: bool) -> io::Result<Self> {
        let handle = File::open(&path)?;
        Ok(Self {
            name: name.to_owned(),
            path,
            is_ours,
            inode: handle.metadata()?.ino(),
            handle,
        })
    }

    /// The name; `ip netns list` shows it if this run made the namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file that stands for it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The inode that identifies the namespace in `/proc/PID/ns/net`.
    pub fn inode(&self) -> u64 {
        self.inode
    }

    /// Runs `body` on a fresh thread inside the namespace; a panic in it is passed on.
    pub fn enter<T: Send>(&self, body: impl FnOnce() -> T + Send) -> T {
        let inside = || {
            self.move_this_thread();
            body()
        };
        let outcome = thread::scope(|scope| scope.spawn(inside).join());
        outcome.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
    }

    /// Starts a named thread that lives in the namespace.
    pub fn thread<T: Send + 'static>(
        &self,
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let (handle, inode) = (self.duplicate(), self.inode);
        let inside = move || {
            move_this_thread(&handle, inode);
            body()
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(inside)
            .expect("a thread can start")
    }

    /// Starts a process in the namespace.
    pub fn spawn(&self, command: &mut Command) -> Process {
        self.enter(|| Process::spawn(command))
    }

    /// Runs a command in the namespace to its end, without judging how it ended.
    pub fn run(&self, command: &mut Command) -> Output {
        self.enter(|| output(command))
    }

    /// Runs a command in the namespace and returns what it printed; panics if it fails.
    pub fn succeed(&self, command: &mut Command) -> String {
        self.enter(|| succeed(command))
    }

    /// Runs `ip` in the namespace.
    pub fn ip(&self, arguments: &[&str]) -> String {
        self.succeed(Command::new("ip").args(arguments))
    }

    /// Writes a setting under /proc/sys of the namespace.
    pub fn set_sysctl(&self, key: &str, value: &str) {
        assert!(
            key.starts_with("net/"),
            "only net/ settings belong to a namespace, not {key}"
        );
        let path = Path::new("/proc/sys").join(key);
        self.enter(|| fs::write(&path, value))
            .unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    /// Turns an offload of `eth0` on or off, as `ethtool -K eth0 FEATURE on|off`.
    pub fn set_offload(&self, feature: &str, on: bool) {
        let state = if on { "on" } else { "off" };
        self.succeed(Command::new("ethtool").args(["-K", "eth0", feature, state]));
    }

    fn move_this_thread(&self) {
        move_this_thread(&self.handle, self.inode);
    }

    fn duplicate(&self) -> File {
        self.handle
            .try_clone()
            .expect("a descriptor can be duplicated")
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if self.is_ours {
            delete(&self.name);
        }
    }
}

/// What the names of a run's namespaces start with.
pub(crate) fn prefix(pid: u32) -> String {
    format!("nf-{pid}-")
}

/// The names of all namespaces that any run of the bed has made.
pub(crate) fn names() -> Vec<String> {
    let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with("nf-")).collect()
}

/// Deletes a namespace, quietly: it may be gone already.
pub(crate) fn delete(name: &str) {
    let mut command = Command::new("ip");
    command
        .args(["netns", "delete", name])
        .stderr(Stdio::null());
    drop(command.status());
}

fn move_this_thread(handle: &File, inode: u64) {
    move_into_link_name_space(handle.as_fd(), Some(LinkNameSpaceType::Network))
        .expect("root may enter a namespace");
    let now = fs::metadata("/proc/thread-self/ns/net")
        .expect("/proc is mounted")
        .ino();
    assert_eq!(
        now, inode,
        "this thread must be in the namespace that was asked for"
    );
}

fn output(command: &mut Command) -> Output {
    command.stdin(Stdio::null());
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

pub(crate) fn succeed(command: &mut Command) -> String {
    let output = output(command);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{error}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
