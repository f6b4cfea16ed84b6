//! By its deadline, by Ctrl-C, by `stop`, or with the command it was run for.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use chaos_api::{EndReason, State};
use chaos_tests::bed::netfault::RECEIPT_WAIT;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    at_its_deadline,
    by_ctrl_c,
    by_stop_when_it_is_detached,
    with_the_command_whose_exit_code_it_passes_on,
    and_a_command_is_not_run_without_it
}

const AT_ONCE: Duration = Duration::from_secs(1);

/// A client whose datagrams a blackhole takes.
struct Scene {
    pair: Pair,
    path: UdpPath,
    netfault: Netfault,
}

impl Scene {
    fn set() -> Self {
        let pair = Pair::new();
        let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
        Self {
            pair,
            path,
            netfault: Netfault::new(),
        }
    }

    fn unchanged(&self) -> Unchanged<'_> {
        Unchanged::watch([&self.pair.client, &self.pair.server])
    }
}

fn at_its_deadline() {
    let scene = Scene::set();
    let unchanged = scene.unchanged();
    let start = Instant::now();
    let fault = scene
        .netfault
        .inject(&scene.pair.client, "blackhole --proto udp --for 2s");
    let armed = Instant::now();
    assert!(!scene.path.passes(), "it is in force");
    scene.path.await_open(Duration::from_secs(3));
    assert!(
        start.elapsed() >= Duration::from_secs(2),
        "not early: {:?}",
        start.elapsed()
    );
    assert!(
        armed.elapsed() < Duration::from_millis(2_500),
        "not late: {:?}",
        armed.elapsed()
    );
    let receipt = fault.await_end(RECEIPT_WAIT);
    assert_eq!(
        (receipt.state, receipt.reason),
        (State::Ended, Some(EndReason::Expired))
    );
    unchanged.assert();
}

fn by_ctrl_c() {
    let scene = Scene::set();
    let unchanged = scene.unchanged();
    let fault = scene
        .netfault
        .inject(&scene.pair.client, "blackhole --proto udp --for 60s");
    assert!(!scene.path.passes(), "it is in force");
    let receipt = fault.interrupt();
    assert!(
        scene.path.passes(),
        "it was rolled back before the command returned"
    );
    assert_eq!(
        (receipt.state, receipt.reason),
        (State::Ended, Some(EndReason::Stopped))
    );
    let dropped: u64 = receipt.rules.iter().map(|rule| rule.counters.dropped).sum();
    assert_eq!(dropped, 1, "the datagram that was lost");
    unchanged.assert();
}

fn by_stop_when_it_is_detached() {
    let scene = Scene::set();
    let unchanged = scene.unchanged();
    let target = scene.pair.client.path();
    let words = format!(
        "inject blackhole --proto udp --for 20s --detach --name kept --netns {}",
        target.display()
    );
    scene.netfault.call(&words).expect_code(0);
    assert!(
        !scene.path.passes(),
        "it outlives the command that started it"
    );
    let listed = scene.netfault.list();
    let listed: Vec<_> = listed
        .iter()
        .map(|fault| (fault.name.as_str(), fault.state))
        .collect();
    assert_eq!(listed, [("kept", State::Active)]);
    let stop = scene.netfault.call("stop kept -o json");
    stop.expect_code(0);
    assert!(scene.path.passes(), "stop returns after the rollback");
    assert_eq!(stop.receipt().reason, Some(EndReason::Stopped));
    assert!(scene.netfault.list().is_empty());
    unchanged.assert();
}

fn with_the_command_whose_exit_code_it_passes_on() {
    let scene = Scene::set();
    let unchanged = scene.unchanged();
    for code in [0, 7] {
        let outcome = scene
            .netfault
            .finish(&mut scene.run(&["sh", "-c", &format!("exit {code}")]));
        outcome.expect_code(code);
        assert!(scene.path.passes(), "it ends with its command");
    }
    let start = Instant::now();
    let list = scene.netfault.command("list -o json");
    let program = list.get_program().to_str().expect("its path is text");
    let outcome = scene
        .netfault
        .finish(&mut scene.run(&[program, "list", "-o", "json"]));
    outcome.expect_code(0);
    assert!(
        outcome.stdout.contains("\"Active\""),
        "in force for its command: {outcome:?}"
    );
    assert!(start.elapsed() < RECEIPT_WAIT, "and not until its deadline");
    scene.path.await_open(AT_ONCE);
    unchanged.assert();
}

fn and_a_command_is_not_run_without_it() {
    let scene = Scene::set();
    let marker = scene.netfault.run_directory().with_file_name("was-run");
    let mut run = scene
        .netfault
        .command("run blackhole --netns nf-none --for 30s --");
    scene
        .netfault
        .finish(run.arg("touch").arg(&marker))
        .expect_code(125);
    assert!(!Path::exists(&marker), "the command must not have run");
}

impl Scene {
    fn run(&self, command: &[&str]) -> Command {
        let target = self.pair.client.path();
        let words = format!(
            "run blackhole --proto udp --for 60s --netns {} --",
            target.display()
        );
        let mut run = self.netfault.command(&words);
        run.args(command);
        run
    }
}
