//! Random faults of the delay line, measured on real packets: each as often as was said.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use std::io::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use chaos_agent::line::Tally;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Host, Pair};
use chaos_tests::promises;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;

use crate::line::{Line, Probe, Sample, constant, critical, delays, distance, loss};

promises! { []
    normal_jitter,
    uniform_jitter,
    lost,
    sent_twice,
    altered_so_that_the_receiver_knows,
    reordered,
    paced,
    in_fragments_and_to_many
}

const COUNT: u32 = 2_000;
const GAP: Duration = Duration::from_millis(1);
/// Bytes of the Ethernet, IPv4 and UDP headers.
const HEADERS: usize = 42;
const TRAFFIC: &str = "traffic: {protocol: UDP, direction: Egress}";

/// What becomes of probes under a fault of these blocks, and what the line says of it.
#[track_caller]
fn run(wire: Wire, faults: &str) -> (Vec<Sample>, Tally) {
    let pair = Pair::new();
    let probe = Probe::open(&pair.client, &pair.server, wire);
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, faults);
    let samples = probe.run(COUNT, GAP, Duration::from_millis(300));
    let tally = line.tally();
    assert_eq!(line.report().line.refused, 0, "the kernel takes all back");
    (samples, tally)
}

/// Whether so many of all are a share, as 999 of 1,000 runs would show.
#[track_caller]
fn is_share(what: &str, found: u64, of: u64, asked: f64) {
    let deviation = (asked * (1.0 - asked) / of as f64).sqrt();
    let share = found as f64 / of as f64;
    eprintln!("{what}: {found} of {of}");
    assert!(
        (share - asked).abs() < 3.3 * deviation,
        "{what}: {found} of {of}"
    );
}

#[track_caller]
fn has_distribution(samples: &[Sample], tolerance: Duration, cdf: impl Fn(f64) -> f64) {
    assert_eq!(samples.len(), COUNT as usize, "none is lost");
    let off = distance(&delays(samples), tolerance, cdf);
    eprintln!("KS distance {off}");
    assert!(off < critical(samples.len()), "KS distance {off}");
}

fn normal_jitter() {
    let (samples, _) = run(
        Wire::V4,
        "delay: {latency: 100ms, jitter: 20ms, distribution: Normal}",
    );
    let cdf = |at: f64| gauss((at - 0.1) / 0.02);
    has_distribution(&samples, Duration::from_millis(2), cdf);
}

fn uniform_jitter() {
    let (samples, _) = run(
        Wire::V6,
        "delay: {latency: 90ms, jitter: 90ms, distribution: Uniform}",
    );
    let cdf = |at: f64| (at / 0.18).clamp(0.0, 1.0);
    has_distribution(&samples, Duration::from_millis(2), cdf);
}

/// The normal distribution, to a ten-millionth (Abramowitz and Stegun, 7.1.26).
fn gauss(z: f64) -> f64 {
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let powers = [
        0.254_829_592,
        -0.284_496_736,
        1.421_413_741,
        -1.453_152_027,
        1.061_405_429,
    ];
    let series = powers.iter().rev().fold(0.0, |sum, one| (sum + one) * t);
    let erf = 1.0 - series * (-x * x).exp();
    0.5 * (1.0 + erf.copysign(z))
}

fn lost() {
    let (samples, tally) = run(Wire::V4, &loss(100));
    assert_eq!(samples.len() as u64, u64::from(COUNT) - tally.lost);
    is_share("lost", tally.lost, COUNT.into(), 0.1);
}

fn sent_twice() {
    let pair = Pair::new();
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, "duplicate: {duplicate: 10%}");
    let numbers = numbers(&pair);
    let Tally { duplicated, .. } = line.tally();
    is_share("twice", duplicated, COUNT.into(), 0.1);
    assert_eq!(numbers.len() as u64, u64::from(COUNT) + duplicated);
    let mut once = numbers.clone();
    once.dedup();
    assert_eq!(once.len(), COUNT as usize, "both come together");
}

/// The numbers of datagrams as they arrive.
fn numbers(pair: &Pair) -> Vec<u32> {
    let (sender, receiver) = sockets(&pair.client, &pair.server);
    let target = receiver.local_addr().expect("it is bound");
    for number in 0..COUNT {
        let bytes = number.to_be_bytes();
        sender.send_to(&bytes, target).expect("sendto never fails");
        if number % 20 == 0 {
            std::thread::sleep(GAP);
        }
    }
    let mut bytes = [0; 4];
    let next = || {
        receiver
            .recv(&mut bytes)
            .is_ok()
            .then(|| u32::from_be_bytes(bytes))
    };
    std::iter::from_fn(next).collect()
}

fn sockets(from: &Host, to: &Host) -> (UdpSocket, UdpSocket) {
    let bind = |host: &Host| host.enter(|| UdpSocket::bind((host.v4(), 0)));
    let (sender, receiver) = (bind(from), bind(to).expect("a port is free"));
    setsockopt(&receiver, RcvBufForce, &(16 << 20)).expect("root may");
    let wait = Some(Duration::from_millis(500));
    receiver.set_read_timeout(wait).expect("it is not zero");
    (sender.expect("a port is free"), receiver)
}

fn altered_so_that_the_receiver_knows() {
    for wire in [Wire::V4, Wire::V6] {
        let (samples, tally) = run(wire, "corrupt: {corrupt: 10%}");
        is_share("altered", tally.corrupted, COUNT.into(), 0.1);
        let left = u64::from(COUNT) - tally.corrupted;
        assert_eq!(samples.len() as u64, left, "what was altered is not taken");
    }
}

fn reordered() {
    let faults = "delay: {latency: 20ms}, reorder: {reorder: 25%}";
    let (samples, tally) = run(Wire::V4, faults);
    let prompt = samples
        .iter()
        .filter(|one| one.delay < Duration::from_millis(10));
    assert_eq!(prompt.count() as u64, tally.reordered);
    is_share("ahead of others", tally.reordered, COUNT.into(), 0.25);
}

fn paced() {
    let rate = |bits: u64| format!("rate: {{rate: {bits}bit, burst: 20000b, limit: 200000b}}");
    let pair = Pair::new();
    let line = Line::open(pair.client.name());
    for (bits, size) in [(10_000_000, 1_400), (4_000_000, 100)] {
        line.inject("held", TRAFFIC, &rate(bits));
        let received = flood(&pair, bits * 2, size, HEADERS);
        line.stop("held");
        let share = received as f64 / bits as f64;
        eprintln!("{bits} bit/s in frames of {}: {share:.3}", size + HEADERS);
        assert!((0.95..1.05).contains(&share), "{share} of {bits} bit/s");
    }
    line.inject("held", "traffic: {direction: Egress}", &rate(20_000_000));
    let share = stream(&pair) * 1514.0 / 1448.0 / 20e6;
    eprintln!("TCP: {share:.3} of 20 Mbit/s");
    assert!((0.93..1.05).contains(&share), "{share} of 20 Mbit/s");
}

/// Sends datagrams at a rate of the wire for three seconds; gives bits a second of the wire that
/// arrive in the last two.
fn flood(pair: &Pair, bits: u64, size: usize, headers: usize) -> u64 {
    let (sender, receiver) = sockets(&pair.client, &pair.server);
    let target = receiver.local_addr().expect("it is bound");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (bytes, mut sent) = (vec![0; size], 0);
            while begun.elapsed() < Duration::from_secs(3) {
                let due = begun.elapsed().as_secs_f64() * bits as f64 / 8.0;
                while (sent as f64) < due {
                    sender.send_to(&bytes, target).expect("sendto never fails");
                    sent += size + headers;
                }
                std::thread::sleep(GAP);
            }
        });
        let (mut bytes, mut arrived) = (vec![0; 2_000], 0);
        while begun.elapsed() < Duration::from_secs(3) {
            if receiver.recv(&mut bytes).is_ok() && begun.elapsed() > Duration::from_secs(1) {
                arrived += (size + headers) as u64 * 8;
            }
        }
        arrived / 2
    })
}

/// Bits a second of data that TCP brings through in the last two of four seconds.
fn stream(pair: &Pair) -> f64 {
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let connection = listener.accept_from(&pair.client);
    let (begun, second) = (Instant::now(), Duration::from_secs(1));
    let wait = Some(2 * second);
    connection
        .server
        .set_read_timeout(wait)
        .expect("it is not zero");
    connection
        .client
        .set_write_timeout(wait)
        .expect("it is not zero");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut client, chunk) = (&connection.client, vec![0; 65_536]);
            while begun.elapsed() < 4 * second && client.write_all(&chunk).is_ok() {}
        });
        let (mut bytes, mut received) = (vec![0; 65_536], 0);
        while begun.elapsed() < 4 * second {
            let read = std::io::Read::read(&mut &connection.server, &mut bytes);
            let read = read.expect("the connection lives");
            received += if begun.elapsed() > 2 * second {
                read
            } else {
                0
            };
        }
        drop(connection.server.shutdown(std::net::Shutdown::Both));
        received as f64 * 8.0 / 2.0
    })
}

fn in_fragments_and_to_many() {
    let pair = Pair::new();
    for host in [&pair.client, &pair.server] {
        host.ip(&["route", "add", "224.0.0.0/4", "dev", "eth0"]);
    }
    let (sender, receiver) = sockets(&pair.client, &pair.server);
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let port = receiver.local_addr().expect("it is bound").port();
    let many = pair.server.enter(|| UdpSocket::bind((group, port)));
    let many = many.expect("it is free");
    many.join_multicast_v4(&group, &pair.server.v4())
        .expect("it may");
    let line = Line::open(pair.client.name());
    let latency = Duration::from_millis(30);
    line.inject("held", TRAFFIC, &constant(latency));
    let cases = [
        ("fragments", pair.server.v4(), &receiver, 7_000),
        ("to many", group, &many, 100),
    ];
    for (what, to, receiver, size) in cases {
        let sent: Vec<u8> = (0..=250).cycle().take(size).collect();
        receiver
            .set_read_timeout(Some(Duration::from_secs(2)))
            .expect("it is not zero");
        let begun = Instant::now();
        sender
            .send_to(&sent, (to, port))
            .expect("sendto never fails");
        let mut bytes = vec![0; 10_000];
        let read = receiver
            .recv(&mut bytes)
            .unwrap_or_else(|_| panic!("{what}: lost"));
        assert!(bytes[..read] == sent, "{what}: another content");
        assert!(begun.elapsed() >= latency, "{what}: not held");
    }
    assert_eq!(line.report().line.refused, 0, "the kernel takes all back");
}
