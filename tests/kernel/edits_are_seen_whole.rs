//! Tables change under traffic: a packet meets the old one or the new one, and never a mixture.

use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use chaos_abi::Direction::Egress;
use chaos_agent::dataplane::Program;
use chaos_plan::{Fault, Table, diff, lower};
use chaos_tests::promises;

use crate::bench::door::Door;
use crate::bench::expect::{passes, vanishes};
use crate::bench::frame::frame;
use crate::bench::namespace::{cpus, stay_on};
use crate::bench::packet::udp;
use crate::bench::{Bench, NEXT, REDIRECT, words};

promises! {
    []
    no_packet_passes_between_two_tables in 300,
    a_fault_that_goes_leaves_the_others_counts
}

/// Edits, and as many where time is short.
const EDITS: [usize; 2] = [1_000, 40];

/// What packets met while tables changed.
#[derive(Debug, Default)]
struct Met {
    kept: u64,
    edited: u64,
    others: u64,
}

fn no_packet_passes_between_two_tables() {
    let mut hurry = ["NETFAULT_QUICK", "NETFAULT_VM"].into_iter();
    let hurry = hurry.any(|variable| env::var_os(variable).is_some());
    let edits = EDITS[usize::from(hurry)];
    Bench::run(|bench| {
        let tables = [0, 1].map(faults);
        let mut table = change(bench, &Table::default(), &tables[0]);
        let over = AtomicBool::new(false);
        let door = &bench.door;
        let dataplane = &mut bench.dataplane;
        let met = thread::scope(|scope| {
            let traffic = scope.spawn(|| send(door, &over));
            for edit in 1..=edits {
                let new = lower(&table, &tables[edit % 2]).expect("the faults fit");
                let ops = diff(&table, &new, dataplane.bank());
                dataplane.apply(&ops).expect("the kernel takes a plan");
                table = new;
            }
            over.store(true, Ordering::Relaxed);
            traffic.join().expect("no packet passed")
        });
        assert!(met.kept > edits as u64, "there was traffic: {met:?}");
        let slots = |name: &str| {
            let own = table.rules().filter(|(_, rule)| rule.id.fault == name);
            own.map(|(slot, _)| slot).collect::<Vec<_>>()
        };
        let counted = |name: &str| {
            let counters = slots(name).into_iter().map(|slot| bench.counted(slot));
            counters.map(|counters| counters.dropped).sum::<u64>()
        };
        assert_eq!(counted("kept"), met.kept, "{met:?}");
        assert_eq!(counted("edited"), met.edited, "{met:?}");
    });
}

/// One fault that stays, and one that hits its packet in either form, by port or by address; beside
/// one of the forms so many others that its table is longer.
fn faults(form: usize) -> Vec<Fault> {
    let by_port = "peers: [{ports: [{port: 53}]}], localPorts: [\"1000-2000\"]";
    let by_address =
        "protocol: UDP, peers: [{ipBlock: {cidr: 10.0.0.0/24}}], localPorts: [\"1500\"]";
    let traffic = [by_port, by_address][form];
    let edited = format!("traffic: {{{traffic}}}, faults: {{blackhole: {{}}}}");
    let kept = "traffic: {peers: [{ipBlock: {cidr: 10.9.0.0/16}}]}, faults: {blackhole: {}}";
    let more = (0..form * 40).map(|n| {
        let words = format!(
            "traffic: {{peers: [{{ports: [{{port: {}}}]}}]}}",
            30_000 + n
        );
        words::fault(
            &format!("more{n}"),
            &format!("{words}, faults: {{blackhole: {{}}}}"),
        )
    });
    let named = [words::fault("kept", kept), words::fault("edited", &edited)];
    named.into_iter().chain(more).collect()
}

/// Sends until it is over. Panics where a packet fares as in neither table.
fn send(door: &Door, over: &AtomicBool) -> Met {
    stay_on(*cpus().last().expect("there is one"));
    let packet = |local: &str, peer: &str| frame(&udp(local, peer), Egress);
    let kept = packet("10.0.0.1:1500", "10.9.1.1:7");
    let edited = packet("10.0.0.1:1500", "10.0.0.2:53");
    let other = packet("10.0.0.1:1500", "10.8.0.2:54");
    let mut met = Met::default();
    let run = |frame: &[u8]| door.run_marked(Program::Egress, frame, 0).code;
    while !over.load(Ordering::Relaxed) {
        assert_eq!(run(&kept), REDIRECT, "a fault that stays, after {met:?}");
        met.kept += 1;
        assert_eq!(
            run(&edited),
            REDIRECT,
            "a fault that is edited, after {met:?}"
        );
        met.edited += 1;
        assert_eq!(run(&other), NEXT, "what no fault means, after {met:?}");
        met.others += 1;
    }
    met
}

fn change(bench: &mut Bench, old: &Table, faults: &[Fault]) -> Table {
    let new = lower(old, faults).expect("the faults fit");
    let ops = diff(old, &new, bench.dataplane.bank());
    bench
        .dataplane
        .apply(&ops)
        .expect("the kernel takes a plan");
    new
}

fn a_fault_that_goes_leaves_the_others_counts() {
    let words = |port: u16| {
        let traffic = format!("traffic: {{peers: [{{ports: [{{port: {port}}}]}}]}}");
        format!("{traffic}, faults: {{blackhole: {{}}}}")
    };
    let faults: Vec<Fault> = (0..200)
        .map(|n| words::fault(&format!("f{n}"), &words(1_000 + n)))
        .collect();
    let to = |n: u16| udp("10.0.0.1:9", &format!("10.0.0.2:{}", 1_000 + n));
    Bench::run(|bench| {
        bench.hold(&faults);
        for n in [0, 63, 64, 199] {
            bench.step(Egress, &to(n), &vanishes(n));
        }
        let but_one: Vec<Fault> = faults.iter().filter(|f| f.name != "f64").cloned().collect();
        // Each change compares all counters with what they were.
        bench.hold(&but_one);
        bench.step(Egress, &to(64), &passes());
        for n in [0, 63, 65, 199] {
            bench.step(Egress, &to(n), &vanishes(n));
        }
    });
}
