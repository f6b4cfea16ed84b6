//! An independent observer: tcpdump on an interface, read back with a parser of our own.

mod pcap;
mod unreachable;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use chaos_api::RuleCounters;
use tempfile::TempDir;

use crate::bed::namespace::Namespace;
use crate::bed::process::Process;
use crate::bed::tools::Tool;
use crate::bed::wait::eventually;

pub use unreachable::Unreachable;

/// The port fences are sent to: discard (RFC 863).
const FENCE_PORT: u16 = 9;

/// A running capture of `eth0`.
#[derive(Debug)]
pub struct Capture {
    _tcpdump: Process,
    directory: TempDir,
}

/// One captured packet. With offloads on it may be a super-packet of many segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it came from; port 0 when the protocol has none.
    pub from: SocketAddr,
    /// Where it was going.
    pub to: SocketAddr,
    /// Whether it is TCP and has RST set.
    pub reset: bool,
    /// Whether it is TCP, has SYN set and ACK not.
    pub opening: bool,
    /// Bytes on the wire, from the link header on.
    pub bytes: u32,
}

/// What a rule has counted that matched these segments and dropped each.
pub fn all_dropped<'a>(segments: impl Iterator<Item = &'a Segment>) -> RuleCounters {
    segments.fold(RuleCounters::default(), |counters, one| RuleCounters {
        matched: counters.matched + 1,
        matched_bytes: counters.matched_bytes + u64::from(one.bytes),
        dropped: counters.dropped + 1,
        ..counters
    })
}

impl Segment {
    /// Whether either end has this port.
    pub fn has_port(&self, port: u16) -> bool {
        self.from.port() == port || self.to.port() == port
    }
}

impl Capture {
    /// Starts capturing `eth0`, both ways, and waits until tcpdump listens.
    pub fn start(host: &Namespace) -> Self {
        Self::start_within(host, "192")
    }

    /// The same with every byte of each frame.
    pub fn start_whole(host: &Namespace) -> Self {
        Self::start_within(host, "0")
    }

    /// With at most so many bytes of a frame; 0 is all of them.
    fn start_within(host: &Namespace, bytes: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let mut command = Tool::expect("tcpdump").command();
        command.args([
            "-i",
            "eth0",
            "-p",
            "-n",
            "-U",
            "--immediate-mode",
            "-s",
            bytes,
            "-Z",
            "root",
        ]);
        command.arg("-w").arg(directory.path().join("pcap"));
        let mut tcpdump = host.spawn(command.stdout(Stdio::null()).stderr(Stdio::piped()));
        let stderr = tcpdump.child_mut().stderr.take().expect("it is piped");
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines
            .find(|line| line.contains("listening on"))
            .expect("tcpdump can capture eth0");
        Self {
            _tcpdump: tcpdump,
            directory,
        }
    }

    /// Everything captured so far that the parser knows, without the fences.
    pub fn segments(&self) -> Vec<Segment> {
        let mut all = self.all();
        all.retain(|segment| segment.to.port() != FENCE_PORT);
        all
    }

    /// How many captured packets meet a condition.
    pub fn count(&self, condition: impl Fn(&Segment) -> bool) -> usize {
        self.segments()
            .iter()
            .filter(|segment| condition(segment))
            .count()
    }

    /// Waits until everything that `host`'s interface carried before this call is in the file, by
    /// sending a datagram to `peer` and waiting until it is there. Capture `host` itself.
    #[track_caller]
    pub fn fence(&self, host: &Namespace, peer: IpAddr) {
        let socket = host.enter(|| UdpSocket::bind(("::", 0)).expect("a port is free"));
        let port = socket.local_addr().expect("it is bound").port();
        let to = match peer {
            IpAddr::V4(v4) => SocketAddr::new(v4.to_ipv6_mapped().into(), FENCE_PORT),
            IpAddr::V6(_) => SocketAddr::new(peer, FENCE_PORT),
        };
        socket.send_to(b"fence", to).expect("the peer has a route");
        let is_fence =
            |segment: &Segment| (segment.from.port(), segment.to.port()) == (port, FENCE_PORT);
        let seen = || self.all().iter().any(is_fence).then_some(());
        eventually("the capture shows the fence", Duration::from_secs(5), seen);
    }

    /// The ICMP errors captured so far that say that a destination is out of reach; of frames that
    /// are kept whole.
    pub fn unreachable(&self) -> Vec<Unreachable> {
        Unreachable::among(&pcap::frames(&self.written()))
    }

    /// All frames captured so far, from the first byte on, tags in their place.
    pub fn frames(&self) -> Vec<Vec<u8>> {
        let file = self.written();
        let frames = pcap::frames(&file).into_iter();
        frames.map(<[u8]>::to_vec).collect()
    }

    /// The file that tcpdump writes.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("pcap")
    }

    fn all(&self) -> Vec<Segment> {
        pcap::parse(&self.written())
    }

    fn written(&self) -> Vec<u8> {
        fs::read(self.file()).unwrap_or_default()
    }
}
