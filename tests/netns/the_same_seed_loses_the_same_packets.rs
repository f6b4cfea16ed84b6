//! `loss` with a seed loses the same packets again, whatever CPU they are sent on and whatever ports
//! their connection has, and as many as it says.

use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;
use rustix::rand::{GetRandomFlags, getrandom};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

promises! { [Netfault]
    by_the_number_of_the_connection,
    by_its_flow,
    on_its_way_to_the_target,
    and_each_fragment_for_itself
}

const PACKETS: u32 = 20_000;
/// 20,000 draws at 5 % are outside of this with probability 0.001 (exact binomial).
const BAND: std::ops::RangeInclusive<usize> = 899..=1_103;
/// The last datagram of a run may be lost, so its end is told by silence. A machine that stands still
/// is silent, too, but not three times in a row.
const SILENCE: Duration = Duration::from_millis(100);
const SILENCES: u32 = 3;

/// Two sockets, and the numbers of the datagrams that arrive.
struct Path {
    sender: UdpSocket,
    receiver: UdpSocket,
}

impl Path {
    fn open(from: &Host, to: &Host, wire: Wire) -> Self {
        let bind = |host: &Host, address| host.enter(|| UdpSocket::bind(address));
        let sender = bind(from, (wire.any(), 0)).expect("a port is free");
        let receiver = bind(to, (wire.address_of(to), 0)).expect("a port is free");
        // Room for all of them, so that none is lost here.
        setsockopt(&receiver, RcvBufForce, &(64 << 20)).expect("root may have any buffer");
        let silence = receiver.set_read_timeout(Some(SILENCE));
        silence.expect("a socket takes a timeout");
        Self { sender, receiver }
    }

    fn target(&self) -> SocketAddr {
        self.receiver.local_addr().expect("it is bound")
    }

    /// Sends datagrams of `bytes` bytes, each from whatever CPU chance names; the lost ones.
    fn lost(&self, count: u32, bytes: usize) -> Vec<u32> {
        let all = sched_getaffinity(None).expect("a thread knows its CPUs");
        let cpus: Vec<usize> = (0..CpuSet::MAX_CPU)
            .filter(|cpu| all.is_set(*cpu))
            .collect();
        let arrived = thread::scope(|scope| {
            let sending = scope.spawn(|| self.send(count, bytes, &cpus));
            let arrived = scope.spawn(move || self.arrivals(|| sending.is_finished()));
            arrived.join().expect("the receiver does not panic")
        });
        let mut is_lost = vec![true; count as usize];
        for number in arrived {
            is_lost[number as usize] = false;
        }
        (0..count).filter(|n| is_lost[*n as usize]).collect()
    }

    fn send(&self, count: u32, bytes: usize, cpus: &[usize]) {
        let mut random = vec![0; count as usize];
        getrandom(&mut random[..], GetRandomFlags::empty()).expect("the kernel has random bytes");
        let mut datagram = vec![0; bytes];
        for (number, chance) in (0..count).zip(random) {
            let mut one = CpuSet::new();
            one.set(cpus[usize::from(chance) % cpus.len()]);
            sched_setaffinity(None, &one).expect("a thread may choose among its CPUs");
            datagram[..4].copy_from_slice(&number.to_be_bytes());
            let sent = self.sender.send_to(&datagram, self.target());
            sent.expect("sendto never fails");
        }
    }

    /// What arrives until all is sent and nothing comes any more.
    fn arrivals(&self, all_sent: impl Fn() -> bool) -> Vec<u32> {
        let mut arrived = Vec::new();
        let mut buffer = [0; 16_384];
        let mut silences = 0;
        while silences < SILENCES || !all_sent() {
            if self.receiver.recv(&mut buffer).is_err() {
                silences += 1;
                continue;
            }
            silences = 0;
            let number = buffer.first_chunk().expect("it is longer");
            arrived.push(u32::from_be_bytes(*number));
        }
        arrived
    }
}

fn by_the_number_of_the_connection() {
    for wire in [Wire::V4, Wire::V6] {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let runs = [(); 2].map(|()| {
            let path = Path::open(&pair.client, &pair.server, wire);
            run(&pair.client, &path, "--port", "--seed 7")
        });
        assert_eq!(runs[0], runs[1], "{wire:?}");
        unchanged.assert();
    }
}

fn by_its_flow() {
    let pair = Pair::new();
    let path = Path::open(&pair.client, &pair.server, Wire::V4);
    let of = |words: &str| run(&pair.client, &path, "--port", words);
    let [first, again, other] =
        ["--seed 7", "--seed 7", "--seed 8"].map(|seed| of(&format!("{seed} --draw flow")));
    assert_eq!(first, again);
    assert_ne!(first, other, "another seed loses others");
}

fn on_its_way_to_the_target() {
    let pair = Pair::new();
    let runs = [(); 2].map(|()| {
        let path = Path::open(&pair.client, &pair.server, Wire::V6);
        run(
            &pair.server,
            &path,
            "--local-port",
            "--seed 7 --direction ingress",
        )
    });
    assert_eq!(runs[0], runs[1]);
}

/// Loses 5 % of the datagrams; the receipt says which draws, and counts what was lost.
fn run(target: &Host, path: &Path, port: &str, words: &str) -> Vec<u32> {
    let netfault = Netfault::new();
    let port = format!("{port} {}", path.target().port());
    let fault = netfault.inject(
        target,
        &format!("loss 5% --proto udp {port} {words} --for 60s"),
    );
    let lost = path.lost(PACKETS, 4);
    let receipt = fault.stop();
    assert!(BAND.contains(&lost.len()), "{} of {PACKETS}", lost.len());
    let by_flow = words.contains("--draw flow");
    assert_eq!(receipt.draw == chaos_api::Draw::Flow, by_flow);
    let counters = total(&receipt);
    assert_eq!(
        (counters.matched, counters.lost, counters.diverted),
        (u64::from(PACKETS), lost.len() as u64, u64::from(PACKETS))
    );
    lost
}

/// Five fragments each, which are packets of the wire: one datagram in thirty-two arrives.
fn and_each_fragment_for_itself() {
    for wire in [Wire::V4, Wire::V6] {
        let pair = Pair::new();
        let path = Path::open(&pair.client, &pair.server, wire);
        let netfault = Netfault::new();
        let words = "loss 50% --proto udp --seed 7 --for 60s";
        let fault = netfault.inject(&pair.client, words);
        let lost = path.lost(300, 7_000);
        let counters = total(&fault.stop());
        // Outside with probability 0.001 (exact binomial).
        assert!(
            (279..=299).contains(&lost.len()),
            "{wire:?}: {} of 300",
            lost.len()
        );
        assert_eq!(counters.matched, 1_500, "{wire:?}");
        assert!(
            (687..=813).contains(&counters.lost),
            "{wire:?}: {}",
            counters.lost
        );
    }
}
