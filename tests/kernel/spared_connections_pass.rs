//! What a fault spares passes it untouched and counted, and meets every other fault.

use chaos_abi::ActorAnswer;
use chaos_plan::{Fault, Spare};
use chaos_tests::promises;

use crate::bench::expect::{passes, refused, reset, vanishes};
use crate::bench::fixture::{Step, arrives, leaves};
use crate::bench::idle::Idle;
use crate::bench::packet::{echo, flags, tcp, udp};
use crate::bench::{Bench, words};

promises! {
    []
    from_its_own_rules,
    but_not_from_other_faults,
    with_the_deadline_and_the_share_of_each_rule,
    as_long_as_the_fault_says_so,
    idle_ones_too
}

const SOURCES: [&str; 2] = ["::ffff:10.0.0.2", "fd00::2"];

/// A fault that spares connections from [`SOURCES`] to ports 8080 and 9000.
fn sparing(name: &str, words: &str) -> Fault {
    let sources = SOURCES
        .iter()
        .map(|source| source.parse().expect("an address"));
    let spare = Spare {
        ports: vec![8080, 9000],
        sources: sources.collect(),
    };
    Fault {
        spare,
        ..words::fault(name, words)
    }
}

fn check(faults: &[Fault], steps: Vec<Step>) {
    Bench::run(|bench| {
        bench.hold(faults);
        for step in steps {
            step.take(bench);
        }
    });
}

fn from_its_own_rules() {
    let probe = || tcp("10.0.0.1:8080", "10.0.0.2:40000");
    let probe6 = || tcp("[fd00::1]:9000", "[fd00::2]:40000");
    let syn = flags::SYN;
    let all = sparing("a", "faults: {reset: {}}");
    check(
        &[all],
        vec![
            arrives(probe().flags(syn).data(0), passes().spared(0)),
            leaves(probe().flags(syn | flags::ACK).data(0), passes().spared(0)),
            arrives(probe(), passes().spared(0)),
            leaves(probe(), passes().spared(0)),
            arrives(probe6().flags(syn).data(0), passes().spared(0)),
            leaves(probe6(), passes().spared(0)),
            arrives(tcp("10.0.0.1:8080", "10.0.0.3:40000"), reset(0)),
            arrives(tcp("10.0.0.1:8081", "10.0.0.2:40000"), reset(0)),
            arrives(
                tcp("10.0.0.1:8081", "10.0.0.2:8080").flags(syn).data(0),
                refused(0),
            ),
            leaves(tcp("[fd00::1]:9000", "[fd00::3]:40000"), reset(0)),
        ],
    );
    let mute = sparing("a", "faults: {blackhole: {}, reset: {}}");
    check(
        &[mute],
        vec![
            arrives(probe(), passes().spared(0).spared(1)),
            arrives(udp("10.0.0.1:8080", "10.0.0.2:40000"), vanishes(0)),
            leaves(echo("10.0.0.1", "10.0.0.2"), vanishes(0)),
            leaves(tcp("10.0.0.1:80", "10.0.0.2:1"), vanishes(0).outranked(1)),
        ],
    );
    let elsewhere = sparing(
        "a",
        "traffic: {peers: [{ports: [{port: 4222}]}]}, faults: {reset: {}}",
    );
    check(
        &[elsewhere],
        vec![
            arrives(probe(), passes()),
            leaves(tcp("10.0.0.1:8080", "10.0.0.2:4222"), passes().spared(0)),
        ],
    );
}

fn but_not_from_other_faults() {
    let probe = || tcp("10.0.0.1:8080", "10.0.0.2:40000");
    let mute = || sparing("a", "faults: {blackhole: {}}");
    let cut = |name| words::fault(name, "faults: {reset: {}}");
    check(
        &[mute(), cut("b")],
        vec![
            arrives(probe(), reset(2).spared(0)),
            leaves(probe(), reset(2).spared(0)),
            leaves(tcp("10.0.0.1:81", "10.0.0.2:1"), vanishes(0).outranked(2)),
        ],
    );
    let both = [mute(), sparing("b", "faults: {reset: {}}"), cut("c")];
    check(&both, vec![arrives(probe(), reset(4).spared(0).spared(2))]);
    check(
        &both[..2],
        vec![arrives(probe(), passes().spared(0).spared(2))],
    );
}

fn with_the_deadline_and_the_share_of_each_rule() {
    let probe = || tcp("10.0.0.1:8080", "10.0.0.2:40000");
    let over = Fault {
        deadline: 1,
        ..sparing("a", "faults: {blackhole: {}}")
    };
    let never = sparing("b", "faults: {blackhole: {probability: 0%}}");
    check(
        &[over, never],
        vec![
            arrives(probe(), passes().expired(0).spared(2)),
            arrives(
                tcp("10.0.0.1:1", "10.0.0.2:1"),
                passes().expired(0).undrawn(2),
            ),
        ],
    );
}

fn as_long_as_the_fault_says_so() {
    let probe = tcp("10.0.0.1:8080", "10.0.0.2:40000");
    let way = chaos_abi::Direction::Ingress;
    Bench::run(|bench| {
        let words = "faults: {blackhole: {}}";
        for _ in 0..3 {
            bench.hold(&[sparing("a", words)]);
            bench.step(way, &probe, &passes().spared(0));
            bench.hold(&[words::fault("a", words)]);
            bench.step(way, &probe, &vanishes(0));
        }
    });
}

fn idle_ones_too() {
    Bench::run(|bench| {
        for address in ["127.0.0.1", "::1"] {
            let mut idle = Idle::open(address);
            let spare = Spare {
                ports: vec![idle.local_port()],
                sources: vec![address.parse().expect("an address")],
            };
            let fault = |spare| Fault {
                spare,
                ..words::fault("a", "faults: {reset: {}}")
            };
            bench.hold(&[fault(spare)]);
            assert_eq!(idle.answer(bench), (ActorAnswer::Unmatched, 0), "{address}");
            bench.unmoved("a connection that is spared");
            idle.must_be_alive();
            bench.hold(&[fault(Spare::default())]);
            assert_eq!(idle.answer(bench), (ActorAnswer::Reset, 0), "{address}");
            bench.start_over();
        }
    });
}
