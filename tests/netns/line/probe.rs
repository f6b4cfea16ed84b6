//! Datagrams that tell when they were sent, and whose arrival the kernel stamps.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use std::io::IoSliceMut;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chaos_tests::bed::Host;
use chaos_tests::bed::tcp::Wire;
use nix::cmsg_space;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;

/// How long after the last one nothing more is waited for, beyond what the caller says.
const GRACE: Duration = Duration::from_millis(500);

/// Bytes that may wait for the receiver: some thousand datagrams.
const BUFFER: usize = 16 << 20;

/// One datagram that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Which one it is.
    pub(crate) number: u32,
    /// How long it was on its way.
    pub(crate) delay: Duration,
}

/// A way for datagrams.
pub(crate) struct Probe {
    sender: UdpSocket,
    receiver: UdpSocket,
    target: SocketAddr,
}

impl Probe {
    pub(crate) fn open(from: &Host, to: &Host, wire: Wire) -> Self {
        let bind = |host: &Host, address| host.enter(|| UdpSocket::bind((address, 0)));
        let sender = bind(from, wire.any()).expect("a port is free");
        let receiver = bind(to, wire.address_of(to)).expect("a port is free");
        setsockopt(&receiver, ReceiveTimestampns, &true).expect("the kernel stamps");
        // What was held comes at once when it is let go.
        setsockopt(&receiver, RcvBufForce, &BUFFER).expect("root may");
        let target = receiver.local_addr().expect("it is bound");
        let probe = Self {
            sender,
            receiver,
            target,
        };
        // Neighbours are known from here on.
        probe.run(3, Duration::from_millis(5), Duration::ZERO);
        probe
    }

    pub(crate) fn port(&self) -> u16 {
        self.target.port()
    }

    /// Sends `count` datagrams at random times (Poisson, `gap` apart on average), and gives those
    /// that arrive, in the order in which they do. None may take longer than `longest`.
    pub(crate) fn run(&self, count: u32, gap: Duration, longest: Duration) -> Vec<Sample> {
        let receiver = self
            .receiver
            .try_clone()
            .expect("a socket can be duplicated");
        receiver
            .set_read_timeout(Some(longest + GRACE))
            .expect("it is not zero");
        let receiving = spawn(move || {
            let mut samples = Vec::new();
            while samples.len() < count as usize
                && let Some(sample) = receive(&receiver)
            {
                samples.push(sample);
            }
            samples
        });
        self.send(count, gap);
        receiving.join().expect("it does not panic")
    }

    fn send(&self, count: u32, gap: Duration) {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = Instant::now();
        for number in 0..count {
            sleep(next.saturating_duration_since(Instant::now()));
            let mut bytes = [0; 12];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let now = since_epoch();
            bytes[4..].copy_from_slice(&u64::try_from(now.as_nanos()).unwrap().to_be_bytes());
            self.sender
                .send_to(&bytes, self.target)
                .expect("sendto never fails");
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let unit = ((random >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
            next += gap.mul_f64(-unit.ln());
        }
    }
}

/// How long those that arrived were on their way, shortest first.
pub(crate) fn delays(samples: &[Sample]) -> Vec<Duration> {
    let mut delays: Vec<_> = samples.iter().map(|sample| sample.delay).collect();
    delays.sort_unstable();
    delays
}

pub(crate) fn is_in_order(samples: &[Sample]) -> bool {
    samples.is_sorted_by_key(|sample| sample.number)
}

fn receive(receiver: &UdpSocket) -> Option<Sample> {
    let mut bytes = [0; 64];
    let mut space = cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let (fd, flags) = (receiver.as_raw_fd(), MsgFlags::empty());
    let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), flags).ok()?;
    let stamp = message
        .cmsgs()
        .expect("it has room")
        .find_map(|one| match one {
            ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
            _ => None,
        });
    let arrived = stamp.expect("the kernel stamps");
    let number = u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let sent = u64::from_be_bytes(bytes[4..12].try_into().unwrap());
    Some(Sample {
        number,
        delay: arrived.saturating_sub(Duration::from_nanos(sent)),
    })
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
}
