//! Whether a namespace is the machine's own, that of process 1.

use std::fs;
use std::io;
use std::os::fd::AsFd;

use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_ROUTE;
use rustix::fs::fstat;

use super::{EnterError, Namespace, NamespaceId};

const FILE: &str = "/proc/1/ns/net";
const SOCKETS: &str = "/proc/1/net/netlink";

/// Why it cannot be told whether a namespace is that of process 1.
#[derive(Debug)]
pub(super) enum Untold {
    /// The namespace cannot be entered.
    Enter(EnterError),
    /// Something in /proc/1 cannot be read.
    Read(io::Error),
}

/// Whether `namespace` is the one process 1 lives in.
///
/// Where `/proc/1/ns/net` may not be looked at, a socket opened inside `namespace` answers: the
/// kernel lists it in `/proc/1/net/netlink`, which is open to all, only if process 1 lives there.
pub(super) fn is_in(namespace: &Namespace) -> Result<bool, Untold> {
    // Entering also proves that the file is a network namespace and that we may enter it.
    let probe = namespace
        .enter(Probe::open)
        .map_err(Untold::Enter)?
        .map_err(Untold::Read)?;
    match NamespaceId::of_file(FILE) {
        Ok(id) => Ok(id == namespace.id()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            probe.is_seen_by_first_process().map_err(Untold::Read)
        }
        Err(error) => Err(Untold::Read(error)),
    }
}

/// A socket that is known by its inode.
struct Probe {
    inode: u64,
    _open: Socket,
}

impl Probe {
    fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        // Only bound sockets are listed.
        socket.bind_auto()?;
        Ok(Self {
            inode: fstat(socket.as_fd())?.st_ino,
            _open: socket,
        })
    }

    fn is_seen_by_first_process(&self) -> io::Result<bool> {
        Ok(lists(&fs::read_to_string(SOCKETS)?, self.inode))
    }
}

/// Whether the text of `/proc/PID/net/netlink` has a socket of this inode: its last column.
fn lists(text: &str, inode: u64) -> bool {
    text.lines()
        .filter_map(|line| line.split_ascii_whitespace().last()?.parse::<u64>().ok())
        .any(|found| found == inode)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
000000003299d83a 0   0          00000000 0        0        0     2        0        4
00000000ff941873 4   7001       00000000 0        0        0     2        0        56207
";

    #[test]
    fn a_socket_is_known_by_the_last_column() {
        assert!(lists(TEXT, 56207));
        assert!(lists(TEXT, 4));
        assert!(!lists(TEXT, 7001));
        assert!(!lists(TEXT, 5620));
    }
}
