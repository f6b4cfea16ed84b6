//! A TAP device (tuntap(7), `linux/if_tun.h`) that lives as long as its file descriptor.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, readv, writev};
use rustix::ioctl::{IntegerSetter, Opcode, Updater, ioctl, opcode};
use thiserror::Error;

const PATH: &str = "/dev/net/tun";

const TUNSETIFF: Opcode = opcode::write::<i32>(b'T', 202);
const TUNSETOFFLOAD: Opcode = opcode::write::<u32>(b'T', 208);

const IFF_TAP: u16 = 0x0002;
const IFF_NO_PI: u16 = 0x1000;
const IFF_VNET_HDR: u16 = 0x4000;

/// `TUN_F_CSUM`, `TUN_F_TSO4`, `TUN_F_TSO6` and `TUN_F_TSO_ECN`: packets come and go as the stack
/// has them, unsegmented and with checksums still to be made.
const OFFLOADS: usize = 0x01 | 0x02 | 0x04 | 0x08;
/// `TUN_F_USO4` and `TUN_F_USO6`: the same for UDP, since Linux 6.2.
const UDP_OFFLOADS: usize = 0x20 | 0x40;

/// Size of an interface's name with its final zero.
const NAME: usize = 16;

/// Why there is no device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TunError {
    /// The device node cannot be opened.
    #[error("cannot open {PATH}, which holding packets back needs: {0}")]
    Open(Errno),
    /// The kernel makes no device.
    #[error("the kernel makes no TAP device: {0}")]
    Create(Errno),
    /// It does not take packets as the stack has them.
    #[error("the TAP device takes no unsegmented packets: {0}")]
    Offload(Errno),
}

/// A TAP device. Dropping it takes it out of its namespace.
#[derive(Debug)]
pub struct Tun(OwnedFd);

impl Tun {
    /// Whether a device could be made, as far as opening its node tells.
    pub(crate) fn check() -> Result<(), TunError> {
        node().map(drop)
    }

    /// Makes a device of that name in the calling thread's namespace.
    pub fn create(name: &str) -> Result<Self, TunError> {
        let file = node()?;
        let mut request = request(name, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
        // SAFETY: TUNSETIFF reads and writes an ifreq, which has 40 bytes.
        unsafe { ioctl(&file, Updater::<TUNSETIFF, _>::new(&mut request)) }
            .map_err(TunError::Create)?;
        let offload = |flags| {
            // SAFETY: TUNSETOFFLOAD takes its flags by value.
            unsafe { ioctl(&file, IntegerSetter::<TUNSETOFFLOAD>::new_usize(flags)) }
        };
        offload(OFFLOADS | UDP_OFFLOADS)
            .or_else(|_| offload(OFFLOADS))
            .map_err(TunError::Offload)?;
        Ok(Self(file))
    }

    /// Reads one frame behind its virtio header; `None` where none waits.
    pub fn read(&self, parts: &mut [IoSliceMut<'_>]) -> Result<Option<usize>, Errno> {
        match readv(&self.0, parts) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Writes one frame behind its virtio header.
    pub fn write(&self, parts: &[IoSlice<'_>]) -> Result<(), Errno> {
        writev(&self.0, parts).map(drop)
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn node() -> Result<OwnedFd, TunError> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    open(PATH, flags, Mode::empty()).map_err(TunError::Open)
}

/// An `ifreq` with flags.
fn request(name: &str, flags: u16) -> [u8; 40] {
    let mut request = [0; 40];
    let length = name.len().min(NAME - 1);
    request[..length].copy_from_slice(&name.as_bytes()[..length]);
    request[NAME..NAME + 2].copy_from_slice(&flags.to_ne_bytes());
    request
}
