//! A rate: as many bits of the wire as were said, however small the packets are and whoever sends
//! them, and at no time much less.
#![allow(
    clippy::cast_precision_loss,
    reason = "some million bits, which a float has"
)]

use std::fs;
use std::net::UdpSocket;
use std::thread::scope;
use std::time::{Duration, Instant};

use chaos_tests::bed::tcp::{Bulk, Listener, Wire};
use chaos_tests::bed::{Host, Pair, once_in_three};
use chaos_tests::promises;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;

use crate::line::{Line, be_on_time, on_a_line_of_its_own};

promises! { [] to_twice_as_much_to_small_packets_and_to_tcp }

/// Bytes of the Ethernet, IPv4 and UDP headers.
const UDP: usize = 42;
const SECOND: Duration = Duration::from_secs(1);
/// What comes before is not looked at: the burst, and a sender that feels its way.
const SETTLED: Duration = SECOND.saturating_mul(2);
const LOOKED_AT: Duration = SECOND.saturating_mul(2);
const END: Duration = SETTLED.saturating_add(LOOKED_AT);
/// No stretch of that length may have much less than its part.
const WINDOW: Duration = Duration::from_millis(250);

/// What arrived: when, counted from the beginning, and how many bits of the wire it was.
type Arrivals = Vec<(Duration, f64)>;

fn to_twice_as_much_to_small_packets_and_to_tcp() {
    scope(|scope| {
        scope.spawn(|| on_a_line_of_its_own(|pair, line| stream(pair, line, 20_000_000)));
        on_a_line_of_its_own(floods);
    });
}

/// Paces what goes to that port.
fn pace(line: &Line, bits: u32, port: u16) {
    let rate = format!("rate: {{rate: {bits}bit, burst: 20000b, limit: 200000b}}");
    let peer = format!("{{ipBlock: {{cidr: 0.0.0.0/0}}, ports: [{{port: {port}}}]}}");
    let traffic = format!("traffic: {{direction: Egress, peers: [{peer}]}}");
    line.inject(&format!("to-{port}"), &traffic, &rate);
}

fn floods(pair: &Pair, line: &Line) {
    scope(|scope| {
        for (bits, size) in [(4_000_000, 1_400), (1_000_000, 100)] {
            let receiver = receiver(pair);
            pace(
                line,
                bits,
                receiver.local_addr().expect("it is bound").port(),
            );
            scope.spawn(move || {
                be_on_time();
                once_in_three(|| {
                    let arrivals = flood(pair, &receiver, 2 * bits, size);
                    is_paced(&format!("{size} bytes"), bits, &arrivals)
                });
            });
        }
    });
}

/// Whether so many bits a second arrived once it had settled, and 60 % of it in each window.
fn is_paced(name: &str, bits: u32, arrivals: &Arrivals) -> Result<(), String> {
    let within = |from: Duration, long: Duration| {
        let there = arrivals
            .iter()
            .filter(|(at, _)| (from..from + long).contains(at));
        let sum: f64 = there.map(|(_, bits)| bits).sum();
        sum / long.as_secs_f64() / f64::from(bits)
    };
    let share = within(SETTLED, LOOKED_AT);
    let windows = (0..8).map(|number| SETTLED + WINDOW * number);
    let slowest = windows
        .map(|from| within(from, WINDOW))
        .fold(f64::MAX, f64::min);
    let told = format!("{name}: {share:.3} of {bits} bit/s, {slowest:.3} in the slowest window");
    eprintln!("{told}");
    let is_paced = (0.95..1.05).contains(&share) && slowest >= 0.6;
    is_paced.then_some(()).ok_or(told)
}

fn receiver(pair: &Pair) -> UdpSocket {
    let receiver = pair.server.enter(|| UdpSocket::bind((pair.server.v4(), 0)));
    let receiver = receiver.expect("a port is free");
    setsockopt(&receiver, RcvBufForce, &(16 << 20)).expect("root may");
    receiver
        .set_read_timeout(Some(SECOND))
        .expect("it is not zero");
    receiver
}

/// Sends datagrams of that size at a rate of the wire, and gives what arrives.
fn flood(pair: &Pair, receiver: &UdpSocket, bits: u32, size: usize) -> Arrivals {
    let sender = pair.client.enter(|| UdpSocket::bind((pair.client.v4(), 0)));
    let sender = sender.expect("a port is free");
    let target = receiver.local_addr().expect("it is bound");
    let frame = ((size + UDP) * 8) as f64;
    let begun = Instant::now();
    scope(|scope| {
        scope.spawn(|| {
            let (bytes, mut sent) = (vec![0; size], 0.0);
            while begun.elapsed() < END {
                while sent < begun.elapsed().as_secs_f64() * f64::from(bits) {
                    sender.send_to(&bytes, target).expect("sendto never fails");
                    sent += frame;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        arrivals(begun, || receiver.recv(&mut [0; 2_000]).map(|_| frame))
    })
}

/// Sends as much as TCP lets through; what arrives is what the receiver's device counts, since a
/// reader waits where a segment was lost.
fn stream(pair: &Pair, line: &Line, bits: u32) {
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    pace(line, bits, listener.port());
    let _bulk = Bulk::start(listener.accept_from(&pair.client));
    be_on_time();
    once_in_three(|| {
        let begun = Instant::now();
        let mut before = received(&pair.server);
        let arrivals = arrivals(begun, || {
            std::thread::sleep(Duration::from_millis(10));
            let now = received(&pair.server);
            let bytes = now - std::mem::replace(&mut before, now);
            Ok((bytes * 8) as f64)
        });
        is_paced("TCP", bits, &arrivals)
    });
}

/// Bytes of all frames that came in by `eth0` (`/proc/net/dev`, proc(5)).
fn received(host: &Host) -> u64 {
    let table = host.enter(|| fs::read_to_string("/proc/thread-self/net/dev"));
    let table = table.expect("/proc is mounted");
    let own = table
        .lines()
        .find_map(|line| line.trim().strip_prefix("eth0:"));
    let first = own.and_then(|counts| counts.split_whitespace().next());
    first
        .and_then(|bytes| bytes.parse().ok())
        .expect("eth0 has counters")
}

/// What comes until the end.
fn arrivals(begun: Instant, mut next: impl FnMut() -> std::io::Result<f64>) -> Arrivals {
    let mut arrivals = Vec::new();
    while begun.elapsed() < END {
        if let Ok(bits) = next() {
            arrivals.push((begun.elapsed(), bits));
        }
    }
    arrivals
}
