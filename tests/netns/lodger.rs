//! A process in a network namespace that nothing else keeps, as those of a container are.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use chaos_tests::bed::{Namespace, Process, eventually};

const SOON: Duration = Duration::from_secs(5);

/// The process; dropping it ends it.
pub(crate) struct Lodger(Process);

impl Lodger {
    /// Starts it, with an `eth0` whose other end is `portN` of `host`.
    pub(crate) fn of(host: &Namespace, number: usize) -> Self {
        let process = host.spawn(Command::new("unshare").args(["--net", "sleep", "60"]));
        let pid = process.pid().to_string();
        eventually("it has a namespace of its own", SOON, || {
            let file = fs::metadata(format!("/proc/{pid}/ns/net")).expect("it lives");
            (file.st_ino() != host.inode()).then_some(())
        });
        let port = format!("port{number}");
        let near = ["link", "add", &port, "type", "veth"];
        let far = ["peer", "name", "eth0", "netns", &pid];
        host.ip(&[&near[..], &far].concat());
        Self(process)
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// Ends it now.
    pub(crate) fn kill(&mut self) {
        self.0.kill();
    }
}
