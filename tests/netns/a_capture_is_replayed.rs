//! `netfault replay` says of a capture what the kernel did to its packets.

use std::fs;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Capture, Netfault, Pair, Unchanged};
use chaos_tests::promises;
use serde_json::Value;

promises! { [Netfault]
    and_its_verdicts_are_the_kernels,
    and_each_says_why,
    and_what_is_no_capture_is_refused
}

const FLOWS: usize = 200;
const EACH: u64 = 3;
const PORT: u16 = 7000;

/// Half of the flows towards the target's port. The capture is made at their other end, so that it shows
/// each packet once: what the delay line lets on arrives twice.
const FAULT: &str = "apiVersion: netfault.dev/v1alpha1
kind: NetworkFault
metadata: { name: half }
spec:
  traffic: { direction: Ingress, protocol: UDP, localPorts: [\"7000\"] }
  faults: { blackhole: { probability: \"50%\" } }
  duration: 60s
  seed: 7
";

fn and_its_verdicts_are_the_kernels() {
    are_those_of("blackhole", FAULT);
    are_those_of("blackhole", &FAULT.replace("seed", "draw: Flow\n  seed"));
    let loss = FAULT.replace("blackhole: { probability", "loss: { loss");
    are_those_of("loss", &loss);
}

fn are_those_of(block: &str, fault: &str) {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let file = written(&netfault, fault);
    let capture = Capture::start(&pair.client);
    let unchanged = Unchanged::watch([&pair.server]);
    let fault = netfault.inject(&pair.server, &format!("-f {}", file.display()));
    for wire in [Wire::V4, Wire::V6] {
        let to = (wire.address_of(&pair.server), PORT);
        let socket = || {
            pair.client
                .enter(|| UdpSocket::bind((wire.any(), 0)).expect("a free port"))
        };
        let flows: Vec<UdpSocket> = (0..FLOWS).map(|_| socket()).collect();
        for _ in 0..EACH {
            for flow in &flows {
                flow.send_to(b"here", to).expect("the server has a route");
            }
        }
    }
    capture.fence(&pair.client, Wire::V4.address_of(&pair.server));
    let counted = total(&fault.stop());
    let all = 2 * FLOWS as u64 * EACH;
    assert_eq!(counted.matched, all);
    let replayed = replay(&netfault, &pair, &capture.file(), &file);
    let gone = counted.dropped + counted.lost;
    assert_eq!(replayed["verdicts"][block], gone);
    let rows = replayed["packets"].as_array().expect("a row a packet");
    let says = |row: &&Value| {
        row["why"]
            .as_str()
            .is_some_and(|why| why == format!("{block}: not drawn"))
    };
    assert_eq!(rows.iter().filter(says).count() as u64, counted.undrawn);
    assert!((all / 4..all * 3 / 4).contains(&gone), "{counted:?}");
    unchanged.assert();
}

fn and_each_says_why() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let capture = Capture::start(&pair.server);
    let socket = pair
        .client
        .enter(|| UdpSocket::bind("0.0.0.0:0").expect("a free port"));
    let server = Wire::V4.address_of(&pair.server);
    socket
        .send_to(b"elsewhere", (server, PORT + 1))
        .expect("the server has a route");
    socket
        .send_to(b"here", (server, PORT))
        .expect("the server has a route");
    capture.fence(&pair.server, Wire::V4.address_of(&pair.client));
    let file = written(&netfault, &FAULT.replace("50%", "100%"));
    let replayed = replay(&netfault, &pair, &capture.file(), &file);
    let why = |port: u16| {
        let rows = replayed["packets"].as_array().expect("a row a packet");
        let to = format!("> {server}:{port}");
        let row = rows
            .iter()
            .find(|row| row["packet"].as_str().is_some_and(|p| p.ends_with(&to)));
        let row = row.unwrap_or_else(|| panic!("{port}: {rows:#?}"));
        (row["verdict"].clone(), row["why"].clone())
    };
    assert_eq!(
        why(PORT + 1),
        ("pass".into(), "not meant: local port 7001".into())
    );
    let hit = "blackhole: UDP, ingress only, local port 7000";
    assert_eq!(why(PORT), ("blackhole".into(), hit.into()));
}

fn and_what_is_no_capture_is_refused() {
    let netfault = Netfault::new();
    let file = written(&netfault, FAULT);
    let fault = file.display();
    for (capture, says) in [
        (fault.to_string(), "neither pcap nor pcapng"),
        ("/nowhere".into(), "/nowhere"),
    ] {
        let outcome = netfault.call(&format!("replay {capture} -f {fault}"));
        outcome.expect_code(1);
        assert!(outcome.stderr.contains(says), "{}", outcome.stderr);
    }
}

/// A fault as a file in the run directory of the command.
fn written(netfault: &Netfault, fault: &str) -> PathBuf {
    let directory = netfault.run_directory();
    fs::create_dir_all(&directory).expect("it can be made");
    let file = directory.join("fault.yaml");
    fs::write(&file, fault).expect("it can be written");
    file
}

#[track_caller]
fn replay(netfault: &Netfault, pair: &Pair, capture: &Path, fault: &Path) -> Value {
    let [capture, fault] = [capture, fault].map(Path::display);
    let mut command = netfault.command(&format!("replay {capture} -f {fault} -o json"));
    for address in pair.server.addresses() {
        command.args(["--address", &address.to_string()]);
    }
    let outcome = netfault.finish(&mut command);
    outcome.expect_code(0);
    serde_json::from_str(&outcome.stdout).expect("it is JSON")
}
