//! Messages that tell when they were sent, and whose arrival the kernel stamps.

use std::io::IoSliceMut;
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
use nix::sys::time::TimeSpec;

/// Bytes of a message: its number, and when it was sent.
pub(crate) const SIZE: usize = 12;

/// One message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Which one it is.
    pub(crate) number: u32,
    /// How long it was on its way.
    pub(crate) delay: Duration,
}

/// A message that is sent now.
pub(crate) fn message(number: u32) -> [u8; SIZE] {
    let now = u64::try_from(since_epoch().as_nanos()).expect("it is before 2554");
    let mut bytes = [0; SIZE];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes[4..].copy_from_slice(&now.to_be_bytes());
    bytes
}

/// The next message of a socket; `None` where none comes within its time.
pub(crate) fn receive(socket: impl AsFd) -> Option<Sample> {
    let mut bytes = [0; SIZE];
    let mut space = cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    // A stream may have less of it.
    let (fd, flags) = (socket.as_fd().as_raw_fd(), MsgFlags::MSG_WAITALL);
    let received = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), flags).ok()?;
    if received.bytes < SIZE {
        return None;
    }
    let stamp = received
        .cmsgs()
        .expect("it has room")
        .find_map(|one| match one {
            ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
            _ => None,
        });
    let arrived = stamp.expect("the kernel stamps");
    let (number, sent) = bytes.split_first_chunk().expect("four bytes");
    let sent = u64::from_be_bytes(sent.try_into().expect("eight bytes"));
    Some(Sample {
        number: u32::from_be_bytes(*number),
        delay: arrived.saturating_sub(Duration::from_nanos(sent)),
    })
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

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is after 1970")
}
