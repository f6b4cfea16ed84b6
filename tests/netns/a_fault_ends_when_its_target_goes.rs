//! When the last process of a target is gone, its fault ends and its namespace is let go.

use std::process::Command;
use std::time::Duration;

use chaos_api::{EndReason, Receipt, State};
use chaos_tests::bed::{Namespace, Netfault, eventually};
use chaos_tests::promises;

use crate::lodger::Lodger;

promises! { [Netfault] and_its_namespace_is_let_go }

const SOON: Duration = Duration::from_secs(5);

fn and_its_namespace_is_let_go() {
    let host = Namespace::new("host");
    let mut target = Lodger::of(&host, 0);
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
            let shown = host.run(show.args(["link", "show", "port0"]));
            (!shown.status.success()).then_some(())
        },
    );
}

fn status(netfault: &Netfault) -> Receipt {
    netfault.call("status orphan -o json").receipt()
}
