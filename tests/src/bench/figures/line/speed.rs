//! `line_gbps_ratio_0ms`: the bytes per second of a TCP stream over a wire of 25 Gbit/s that goes through the
//! delay line and is not held there, to those with nothing attached. `line_gbps_unbound`: the same where
//! only memory and the processors bound the stream. `line_gbps_copied`: that beside a stream whose wire is
//! a loop in user space that takes frames from one TAP device, gives them to another and does nothing else:
//! as much as a line can do that takes packets out of the kernel and puts them back.

use std::io::{IoSlice, IoSliceMut};
use std::net::TcpStream;

use chaos_agent::dataplane::Tun;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Effort, Figure, Group, gbit, inject, sample, stream, turns};
use crate::bed::tcp::{Bulk, Connection, Listener, Wire};
use crate::bed::{Host, Netfault, Pair};
use crate::bench::loops::Loop;
use crate::bench::ways::{unbound, wired};

pub(in super::super) const GROUP: Group = Group {
    names: &[
        "line_gbps_ratio_0ms",
        "line_gbps_unbound",
        "line_gbps_copied",
    ],
    measure,
};

/// The connection stands, so that none of its packets is held.
const THROUGH: &str = "delay 1ms stage syn --direction egress --for 10m";

/// Frames that the loop carries one way before it looks the other.
const BATCH: usize = 64;

/// Bytes of the longest frame, with its virtio header.
const FRAME: usize = 1 << 17;

fn measure(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(pair) = wired() {
        let (through, plain) = through(&pair, effort);
        let figure = Figure::paired("line_gbps_ratio_0ms", "Gbit/s", &through, &plain);
        figures.push(figure.note(
            "one TCP stream over a wire of 25 Gbit/s through the line, held for no time; baseline: nothing attached",
        ));
    }
    let pair = unbound();
    let (through, plain) = through(&pair, effort);
    let _wire = wire(&pair);
    let bare = over(&pair);
    let of_bare = |_| gbit(&bare, sample(effort));
    let copied: Vec<f64> = through.iter().map(of_bare).collect();
    figures.extend([
        Figure::paired("line_gbps_unbound", "Gbit/s", &through, &plain)
            .note("the same where only memory and the processors bound it"),
        Figure::paired("line_gbps_copied", "Gbit/s", &through, &copied)
            .note("the same; baseline: a loop that copies frames from one TAP device to another"),
    ]);
    figures
}

/// Rates of a stream through the line, and with nothing attached.
fn through(pair: &Pair, effort: Effort) -> (Vec<f64>, Vec<f64>) {
    let (stream, netfault) = (stream(pair), Netfault::new());
    turns(&stream, effort, || inject(&netfault, pair, THROUGH))
}

/// A second wire of a pair.
fn wire(pair: &Pair) -> Loop {
    let ends = [(&pair.client, 1), (&pair.server, 2)].map(|(host, number)| tap(host, number));
    let mut frame = vec![0; FRAME];
    let a_while = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    Loop::start(move || {
        let [here, there] = &ends;
        let moved = [(here, there), (there, here)].map(|(from, to)| carry(from, to, &mut frame));
        if moved == [false; 2] {
            let mut files = [here, there].map(|end| PollFd::new(end, PollFlags::IN));
            poll(&mut files, Some(&a_while)).expect("they are open");
        }
    })
}

/// A TAP device of a host, with an address.
fn tap(host: &Host, number: u8) -> Tun {
    let tun = host.enter(|| Tun::create("tap0"));
    let address = format!("198.18.1.{number}/24");
    host.ip(&["address", "add", &address, "dev", "tap0"]);
    host.ip(&["link", "set", "tap0", "up"]);
    tun.expect("the line has one too")
}

/// Carries some frames; whether there were any.
fn carry(from: &Tun, to: &Tun, frame: &mut [u8]) -> bool {
    for number in 0..BATCH {
        let read = from.read(&mut [IoSliceMut::new(frame)]);
        let Some(bytes) = read.expect("it is open") else {
            return number > 0;
        };
        // What the other end does not take is lost, as on any wire.
        let _ = to.write(&[IoSlice::new(&frame[..bytes])]);
    }
    true
}

/// A stream over the second wire.
fn over(pair: &Pair) -> Bulk {
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let target = ("198.18.1.2", listener.port());
    let client = pair.client.enter(|| TcpStream::connect(target));
    let connection = Connection {
        client: client.expect("the loop carries it"),
        server: listener.take_any(),
    };
    Bulk::start(connection)
}
