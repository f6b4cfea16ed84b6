//! Of ten thousand flows one is delayed: the others are as quick as without a fault.

use std::net::UdpSocket;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::{Pair, Unchanged};
use chaos_tests::promises;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};

use crate::line::{Line, Sample, be_on_time, constant, message, receive};

promises! { [] to_a_hair }

/// As many as one host has sockets for beside all else.
const FLOWS: u16 = 10_000;
/// The source port of the first.
const FIRST: u16 = 20_000;
/// The one that is delayed, and how many packets of others there are between two of it.
const DELAYED: u16 = FIRST + FLOWS / 2;
const EVERY: u16 = 20;
const LATENCY: Duration = Duration::from_millis(50);
const ROUNDS: usize = 3;

/// What the 99th percentile may differ by on a machine that does other work.
const NOISE: (f64, Duration) = (1.5, Duration::from_micros(100));

fn to_a_hair() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let line = Line::open(pair.client.name());
    let scene = Scene::set(&pair);
    let (mut plain, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(scene.round(Duration::ZERO));
        let traffic =
            format!("traffic: {{protocol: UDP, direction: Egress, localPorts: ['{DELAYED}']}}");
        line.inject("one", &traffic, &constant(LATENCY));
        beside.push(scene.round(LATENCY));
        let counted = total(&line.stop("one"));
        assert_eq!(
            counted.matched,
            u64::from(FLOWS / EVERY),
            "no other comes near the line"
        );
        assert_eq!(counted.delayed, counted.matched);
    }
    eprintln!("p99 {plain:?} without, {beside:?} beside it");
    let [plain, beside] = [plain, beside].map(|all| all.into_iter().min().expect("some rounds"));
    let most = plain.mul_f64(NOISE.0) + NOISE.1;
    assert!(
        beside <= most,
        "p99 {beside:?} beside one that is delayed, {plain:?} without"
    );
    drop((scene, line));
    unchanged.assert();
}

/// Ten thousand senders, one receiver for all but the one that may be delayed, one for that.
struct Scene {
    senders: Vec<UdpSocket>,
    others: UdpSocket,
    one: UdpSocket,
}

impl Scene {
    fn set(pair: &Pair) -> Self {
        let receiver = || {
            let socket = pair.server.enter(|| UdpSocket::bind((pair.server.v4(), 0)));
            let socket = socket.expect("a port is free");
            setsockopt(&socket, ReceiveTimestampns, &true).expect("the kernel stamps");
            setsockopt(&socket, RcvBufForce, &(64 << 20)).expect("root may");
            let wait = Some(Duration::from_secs(2));
            socket.set_read_timeout(wait).expect("it is not zero");
            socket
        };
        let (others, one) = (receiver(), receiver());
        let senders = pair.client.enter(|| {
            let bind = |port| {
                let socket = UdpSocket::bind((pair.client.v4(), port)).expect("it is free");
                let to = if port == DELAYED { &one } else { &others };
                let to = to.local_addr().expect("it is bound");
                socket.connect(to).expect("there is a way");
                socket
            };
            (FIRST..FIRST + FLOWS).map(bind).collect()
        });
        Self {
            senders,
            others,
            one,
        }
    }

    /// Sends a packet by each, and some more by the one; the 99th percentile of the others' delays.
    /// Those of the one are `latency` late, and none is lost.
    fn round(&self, latency: Duration) -> Duration {
        let (others, of_one) = (FLOWS - 1, FLOWS / EVERY);
        scope(|scope| {
            let take = |socket, count: u16| -> Vec<Sample> {
                (0..count).map_while(|_| receive(socket)).collect()
            };
            let one = scope.spawn(move || take(&self.one, of_one));
            let all = scope.spawn(move || take(&self.others, others));
            scope.spawn(|| self.send());
            let one = one.join().expect("it does not panic");
            assert_eq!(one.len(), usize::from(of_one), "none is lost");
            assert!(one.iter().all(|sample| sample.delay >= latency));
            let mut delays: Vec<_> = all
                .join()
                .expect("it does not panic")
                .iter()
                .map(|one| one.delay)
                .collect();
            assert_eq!(delays.len(), usize::from(others), "none is lost");
            delays.sort_unstable();
            delays[delays.len() * 99 / 100]
        })
    }

    /// Ten packets each half of a millisecond.
    fn send(&self) {
        be_on_time();
        let (begun, one) = (Instant::now(), &self.senders[usize::from(DELAYED - FIRST)]);
        for (number, sender) in (0..).zip(&self.senders) {
            if number % 10 == 0 {
                let due = begun + Duration::from_micros(50) * number;
                sleep(due.saturating_duration_since(Instant::now()));
            }
            if number % u32::from(EVERY) == 0 {
                one.send(&message(number)).expect("sendto never fails");
            }
            if !std::ptr::eq(sender, one) {
                sender.send(&message(number)).expect("sendto never fails");
            }
        }
    }
}
