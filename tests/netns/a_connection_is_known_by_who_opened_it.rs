//! `initiator: Target | Peer` tells who opened a connection, also of those that were there before.

use std::io::{ErrorKind, Write};

use chaos_api::FlowInfo;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair};
use chaos_tests::promises;

use crate::held::{Held, Kept, order};
use crate::throng::{Dialled, Line, reached};

promises! { [Netfault]
    by_a_blackhole_of_those_that_the_target_opened in 60,
    by_a_reset_of_those_that_the_peer_opened in 60,
    and_plan_and_flows_say_so
}

/// Connections of each family that each end opens before the fault.
const BEFORE: usize = 700;
/// And after it.
const AFTER: usize = 50;

/// Those that the target opened, and those that its peer did.
struct Opened {
    ours: Vec<Dialled>,
    theirs: Vec<Dialled>,
}

impl Opened {
    fn dial(pair: &Pair, count: usize) -> Self {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for wire in [Wire::V4, Wire::V6] {
            ours.extend(Line::to(&pair.server, wire).dial_many(&pair.client, count));
            theirs.extend(Line::to(&pair.client, wire).dial_many(&pair.server, count));
        }
        Self { ours, theirs }
    }

    /// Bytes that are on their way or not even sent, and ends that are closed one way.
    fn use_some(&self) {
        for (number, one) in self.ours.iter().chain(&self.theirs).enumerate() {
            let open = one.open.as_ref().expect("nothing hits it yet");
            match number % 10 {
                0 => open.ends().into_iter().for_each(|mut end| {
                    end.write_all(b"unread").expect("it is open");
                }),
                1 if number < 300 => fill(open.ends()[number / 10 % 2]),
                _ => {}
            }
        }
    }
}

/// Sends until neither the peer nor the queue takes more.
fn fill(mut end: &std::net::TcpStream) {
    end.set_nonblocking(true).expect("it is a socket");
    let full = loop {
        match end.write(&[7; 1 << 12]) {
            Ok(sent) => assert!(sent > 0, "it is open"),
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(full, ErrorKind::WouldBlock);
}

fn by_a_blackhole_of_those_that_the_target_opened() {
    let pair = Pair::new();
    let before = Opened::dial(&pair, BEFORE);
    let mut held = Held::open(&pair.client);
    held.inject(order(
        "a",
        "traffic: {initiator: Target}, faults: {blackhole: {}}",
    ));
    let kept = Kept::new(held);
    let later = Opened::dial(&pair, 2);
    assert!(
        later.ours.iter().all(|one| one.open.is_none()),
        "its SYNs vanish"
    );
    let check = |all: &[Dialled], reach: bool| {
        let count = if reach { all.len() } else { 0 };
        let reached = reached(all, count);
        let wrong = reached.iter().filter(|reached| **reached != reach).count();
        assert_eq!(wrong, 0, "of {}", all.len());
    };
    check(&before.theirs, true);
    check(&later.theirs, true);
    check(&before.ours, false);
    kept.give_back().stop("a");
}

fn by_a_reset_of_those_that_the_peer_opened() {
    let pair = Pair::new();
    let before = Opened::dial(&pair, BEFORE);
    before.use_some();
    let mut held = Held::open(&pair.client);
    let receipt = held.inject(order(
        "a",
        "traffic: {initiator: Peer}, faults: {reset: {}}",
    ));
    let kept = Kept::new(held);
    let later = Opened::dial(&pair, AFTER);
    assert!(
        later.theirs.iter().all(|one| one.open.is_none()),
        "they are refused"
    );
    assert!(later.ours.iter().all(|one| one.open.is_some()));
    for one in &before.theirs {
        let open = one.open.as_ref().expect("it was open");
        let errors = open
            .ends()
            .map(|end| end.take_error().expect("a socket tells"));
        let read = |(end, error): (&std::net::TcpStream, Option<std::io::Error>)| {
            error.map_or_else(
                || chaos_tests::bed::tcp::read_error(end, PATIENCE),
                |e| e.kind(),
            )
        };
        let seen = open.ends().into_iter().zip(errors).map(read);
        assert!(
            seen.into_iter()
                .all(|kind| kind == ErrorKind::ConnectionReset)
        );
    }
    let reset = u64::try_from(before.theirs.len()).expect("a few");
    assert!(receipt.connections_reset >= reset);
    for one in &before.ours {
        let open = one.open.as_ref().expect("it was open");
        let gone = open
            .ends()
            .map(|end| end.take_error().expect("a socket tells"));
        assert!(gone.iter().all(Option::is_none), "{gone:?}");
    }
    let counted = kept.give_back().stop("a").connections_reset;
    assert_eq!(counted, reset + 2 * AFTER as u64, "those, and the attempts");
}

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);

fn and_plan_and_flows_say_so() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let opened = Opened::dial(&pair, 5);
    let at = pair.client.path().display().to_string();
    let outcome = netfault.call(&format!("flows --netns {at} -o json"));
    let flows: Vec<FlowInfo> = serde_json::from_str(&outcome.stdout).expect("flows in JSON");
    let by = |who| flows.iter().filter(|flow| flow.initiator == who).count();
    assert_eq!(by(chaos_api::Initiator::Target), opened.ours.len());
    assert_eq!(by(chaos_api::Initiator::Peer), opened.theirs.len());
    for (words, count) in [
        ("--initiator target", 10),
        ("--initiator peer", 10),
        ("--connections existing", 20),
        ("--connections new", 0),
        ("--connections existing --initiator peer", 10),
        ("--interfaces loopback", 0),
    ] {
        let plan = format!("plan blackhole {words} --for 1s --netns {at}");
        let said = netfault.call(&plan).expect_code(0).stderr.clone();
        let due = format!("{count} of 20 live connections match");
        assert!(said.contains(&due), "{words}: {said}");
    }
}
