//! The bench: the loaded programs in a namespace of their own, and packets that meet them one by
//! one, with everything compared after each.

pub(crate) mod door;
pub(crate) mod expect;
pub(crate) mod fixture;
pub(crate) mod frame;
pub(crate) mod idle;
pub(crate) mod ledger;
pub(crate) mod namespace;
pub(crate) mod odds;
pub(crate) mod packet;
pub(crate) mod random;
pub(crate) mod rst;
pub(crate) mod told;
pub(crate) mod unreachable;
pub(crate) mod wire;
pub(crate) mod words;

use chaos_abi::{Counters, Direction, MARK_OUT, MARK_PASS, Pending};
use chaos_agent::dataplane::{Dataplane, Program, Verdict};
use chaos_agent::inventory::{Namespace, Target, boot_clock};
use chaos_plan::{Fault, Op, Table, diff, lower, total};
use chaos_tests::bed::Unreachable;

use self::door::Door;
use self::expect::{Expect, Fate};
use self::ledger::Ledger;
use self::namespace::LOOPBACK;
use self::packet::Packet;
use self::rst::Rst;
use self::told::Told;
use self::wire::Wire;

/// TC actions, `linux/pkt_cls.h`.
pub(crate) const NEXT: i32 = -1;
pub(crate) const SHOT: i32 = 2;
pub(crate) const REDIRECT: i32 = 7;

/// A loaded dataplane, what it must have counted, and an observer of what it sends.
pub(crate) struct Bench {
    pub(crate) dataplane: Dataplane,
    pub(crate) door: Door,
    pub(crate) table: Table,
    pub(crate) ledger: Ledger,
    /// What is shown; a failure says it.
    pub(crate) scene: String,
    wire: Wire,
    told: Told,
}

impl Bench {
    /// Runs a test on a fresh bench, whose lease does not end.
    pub(crate) fn run(test: impl FnOnce(&mut Self) + Send) {
        namespace::inside(|| test(&mut Self::new(false)));
    }

    /// As [`run`](Self::run), with verdicts traced.
    pub(crate) fn run_traced(test: impl FnOnce(&mut Self) + Send) {
        namespace::inside(|| test(&mut Self::new(true)));
    }

    fn new(trace: bool) -> Self {
        let (mut dataplane, door) = Door::load(trace);
        dataplane.lease(u64::MAX).expect("a lease can be written");
        door.count_seen(LOOPBACK);
        Self {
            ledger: Ledger::read(&dataplane, []),
            dataplane,
            door,
            table: Table::default(),
            scene: String::new(),
            wire: Wire::tap(),
            told: Told::default(),
        }
    }

    /// Takes what the kernel has counted and sent so far as given, and empties its table.
    pub(crate) fn start_over(&mut self) {
        self.dataplane.drain();
        self.door.pending();
        self.wire.frames();
        let forgotten = self.dataplane.forget_births();
        forgotten.expect("the kernel forgets");
        self.ledger = self.ledger.again(&self.dataplane);
        self.hold(&[]);
    }

    /// Brings the kernel from the faults it has to these.
    pub(crate) fn hold(&mut self, faults: &[Fault]) {
        let new = lower(&self.table, faults).expect("the faults fit into a table");
        let ops = diff(&self.table, &new, self.dataplane.bank());
        for op in &ops {
            if let Op::ClearCounters { slot } = op {
                self.ledger.slots.insert(*slot, Counters::default());
                self.told.forget(*slot);
            }
        }
        self.dataplane.apply(&ops).expect("the kernel takes a plan");
        self.table = new;
        self.unmoved("a change of the table");
    }

    /// Runs a hook on one packet and compares everything with what is expected.
    pub(crate) fn step(&mut self, way: Direction, packet: &Packet, expect: &Expect) {
        let verdict = self.count(way, packet, expect);
        let what = self.what(way, packet);
        match expect.fate {
            Fate::Reset | Fate::Refused => {
                let (back, found) = (Rst::back(packet, way), Rst::read(&verdict.frame));
                assert_eq!(found, back, "the answer to: {what}");
            }
            Fate::Answered(answer) => {
                let found = Unreachable::read(&verdict.frame);
                let due = unreachable::due(packet, way, answer);
                assert_eq!(found, due, "the answer to: {what}");
            }
            Fate::Awaited(_) => {}
            Fate::Passes | Fate::Vanishes => {
                let frame = frame::frame(packet, way);
                assert_eq!(verdict.frame, frame, "the frame after: {what}");
            }
        }
        let left = self.door.pending();
        let left: Vec<_> = left.iter().map(|pending| awaited(pending, way)).collect();
        let due = match expect.fate {
            Fate::Awaited(answer) => Some(unreachable::short(packet, way, answer)),
            _ => None,
        };
        assert_eq!(left, Vec::from_iter(due), "left by: {what}");
        let onward = (expect.fate == Fate::Reset).then(|| Rst::onward(packet, way));
        let sent: Vec<Rst> = self.wire.frames().iter().map(|f| Rst::read(f)).collect();
        assert_eq!(sent, Vec::from_iter(onward), "sent onward after: {what}");
    }

    /// Runs a hook on one packet and compares its verdict, the counters and the events; whatever
    /// became of the frame.
    pub(crate) fn count(&mut self, way: Direction, packet: &Packet, expect: &Expect) -> Verdict {
        let what = self.what(way, packet);
        let verdict = self.meet(way, &frame::frame(packet, way), expect, &what);
        let events = self.dataplane.drain();
        self.told.compare(&events, packet, expect, &what);
        verdict
    }

    /// Runs a hook on a frame that must pass untouched, met by no rule.
    pub(crate) fn ignore(&mut self, way: Direction, frame: &[u8], what: &str) {
        let verdict = self.meet(way, frame, &expect::passes(), what);
        assert_eq!(verdict.frame, frame, "the frame after: {what}");
        assert_eq!(self.wire.frames(), Vec::<Vec<u8>>::new(), "sent: {what}");
        assert_eq!(self.dataplane.drain(), [], "events after: {what}");
    }

    /// Runs a hook; compares its verdict and the counters.
    fn meet(&mut self, way: Direction, frame: &[u8], expect: &Expect, what: &str) -> Verdict {
        let begun = boot_clock();
        let verdict = self.hook(way, frame);
        let times = begun..=boot_clock();
        assert_eq!(
            verdict.code,
            code(expect.fate, way),
            "the verdict on: {what}"
        );
        let found = self.ledger.again(&self.dataplane);
        self.ledger.book(way, frame.len(), expect, &times, &found);
        self.ledger.compare(&found, what);
        verdict
    }

    /// Makes a cut between the connections that exist and later ones.
    pub(crate) fn cut(&mut self) -> u32 {
        let own = Target::Path("/proc/thread-self/ns/net".into());
        let namespace = Namespace::find(&own).expect("a namespace of our own");
        self.dataplane.cut(&namespace).expect("a cut can be made")
    }

    /// One slot's counters now.
    pub(crate) fn counted(&self, slot: u16) -> Counters {
        total(&self.dataplane.counters(slot).expect("the kernel counts"))
    }

    /// Compares all counters with what they were.
    pub(crate) fn unmoved(&self, what: &str) {
        self.ledger
            .compare(&self.ledger.again(&self.dataplane), what);
    }

    /// Runs a hook, and compares nothing.
    pub(crate) fn hook(&mut self, way: Direction, frame: &[u8]) -> Verdict {
        let program = match way {
            Direction::Ingress => Program::Ingress,
            Direction::Egress => Program::Egress,
        };
        let verdict = self.dataplane.run(program, frame, LOOPBACK);
        verdict.expect("the kernel runs a hook")
    }

    fn what(&self, way: Direction, packet: &Packet) -> String {
        format!("{}: {way:?} {packet:?}", self.scene)
    }
}

/// What an answer that waits says; it goes back where the packet came from.
fn awaited(pending: &Pending, way: Direction) -> Unreachable {
    let mark = match way {
        Direction::Egress => MARK_PASS,
        Direction::Ingress => MARK_OUT,
    };
    assert_eq!((pending.ifindex, pending.mark), (LOOPBACK, mark));
    let length = usize::try_from(pending.length).expect("it is short");
    Unreachable::read(&pending.frame[..length])
}

/// The TC action of a fate.
pub(crate) fn code(fate: Fate, way: Direction) -> i32 {
    match (fate, way) {
        (Fate::Passes, _) => NEXT,
        (Fate::Vanishes | Fate::Awaited(_), Direction::Ingress) => SHOT,
        (Fate::Vanishes | Fate::Awaited(_), Direction::Egress)
        | (Fate::Reset | Fate::Refused | Fate::Answered(_), _) => REDIRECT,
    }
}
