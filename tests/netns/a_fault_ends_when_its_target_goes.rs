//! When the last process of a target is gone, its fault ends and its namespace is let go.

use std::fs;
use std::os::linux::fs::MetadataExt;
use std::process::Command;
use std::time::Duration;

use chaos_api::{EndReason, Receipt, State};
use chaos_tests::bed::{Namespace, Netfault, Process, eventually};
use chaos_tests::promises;

promises! { [Netfault] and_its_namespace_is_let_go }

const SOON: Duration = Duration::from_secs(5);

fn and_its_namespace_is_let_go() {
    let host = Namespace::new("host");
    let mut target = container(&host);
    let netfault = Netfault::new();
    let words = format!(
        "inject blackhole --pid {} --for 60s --detach --name orphan",
        target.pid()
    );
    netfault.call(&words).expect_code(0);
    assert_eq!(netfault.list().len(), 1, "it is in force");

    target.kill();
    let receipt = eventually("the fault ends", SOON, || {
        let receipt = status(&netfault);
        (receipt.state == State::Ended).then_some(receipt)
    });
    assert_eq!(receipt.reason, Some(EndReason::TargetGone));
    eventually(
        "the namespace goes, and its interface with it",
        SOON,
        || {
            let mut show = Command::new("ip");
            let shown = host.run(show.args(["link", "show", "port"]));
            (!shown.status.success()).then_some(())
        },
    );
}

fn status(netfault: &Netfault) -> Receipt {
    netfault.call("status orphan -o json").receipt()
}

/// A process in a namespace that nothing else keeps, with an interface to `host`.
fn container(host: &Namespace) -> Process {
    let process = host.spawn(Command::new("unshare").args(["--net", "sleep", "60"]));
    let pid = process.pid().to_string();
    eventually("it has a namespace of its own", SOON, || {
        let file = fs::metadata(format!("/proc/{pid}/ns/net")).expect("it lives");
        (file.st_ino() != host.inode()).then_some(())
    });
    let (near, far) = (
        ["link", "add", "port"],
        ["type", "veth", "peer", "name", "eth0"],
    );
    host.ip(&[&near[..], &far, &["netns", &pid]].concat());
    process
}
