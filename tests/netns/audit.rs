//! A fault whose counters are compared after each step: the step moved these, and no others.

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::{Injection, moved};
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Host, Netfault, Star, UdpPath};

/// The port that faults name.
pub(crate) const PORT: u16 = 7000;
/// How many datagrams a step sends.
const DATAGRAMS: u32 = 10;
/// Ethernet, IPv4, UDP, four bytes.
const FRAME: u64 = 14 + 20 + 8 + 4;

/// A target, the peer that faults name, and another host.
pub(crate) struct Scene {
    pub(crate) star: Star,
    pub(crate) netfault: Netfault,
}

impl Scene {
    pub(crate) fn set() -> Self {
        Self {
            star: Star::new(&["target", "peer", "other"]),
            netfault: Netfault::new(),
        }
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        self.star.host(name)
    }

    /// Datagrams from one host to a port of another; both are proven to be open.
    pub(crate) fn path(&self, from: &str, to: &str, wire: Wire, port: u16) -> UdpPath {
        UdpPath::open_on(self.host(from), self.host(to), wire, port)
    }
}

/// A fault, and its counters after the latest step.
pub(crate) struct Audit<'scene> {
    fault: Injection<'scene>,
    counters: RuleCounters,
}

impl<'scene> Audit<'scene> {
    pub(crate) fn start(scene: &'scene Scene, words: &str) -> Self {
        let fault = scene.netfault.inject(scene.host("target"), words);
        let counters = fault.counters();
        assert_eq!(
            counters,
            RuleCounters::default(),
            "nothing has happened yet"
        );
        Self { fault, counters }
    }

    #[track_caller]
    fn step(&mut self, what: &str, expected: RuleCounters) {
        let now = self.fault.counters();
        assert_eq!(moved(self.counters, now), expected, "{what}");
        self.counters = now;
    }

    /// Datagrams pass, and no counter moves.
    #[track_caller]
    pub(crate) fn passes(&mut self, what: &str, path: &UdpPath) {
        path.send(DATAGRAMS).expect("nothing is in the way");
        assert_eq!(path.arrivals(), DATAGRAMS as usize, "{what}");
        self.step(what, RuleCounters::default());
    }

    /// Datagrams are lost, each of them counted.
    #[track_caller]
    pub(crate) fn is_lost(&mut self, what: &str, path: &UdpPath) {
        path.send(DATAGRAMS).expect("sendto never fails");
        assert_eq!(path.arrivals(), 0, "{what}");
        let count = u64::from(DATAGRAMS);
        let exactly = RuleCounters {
            matched: count,
            matched_bytes: count * FRAME,
            dropped: count,
            ..RuleCounters::default()
        };
        self.step(what, exactly);
    }

    /// Rolls the fault back.
    #[track_caller]
    pub(crate) fn stop(self) {
        self.fault.stop();
    }
}
