//! `match_ns_*`: nanoseconds that the egress hook takes for one TCP packet, by `BPF_PROG_TEST_RUN`,
//! which runs it many times over and gives the mean.
//!
//! - `floor`: the table is empty; the packet is counted and passes. The baseline of the others.
//! - `none`: one rule, for another peer; all look-ups are made, and the packet passes.
//! - `1`, `16` … `1024`: as many rules with a port each, of which the last one drops the packet.
//! - `64_all`: 64 rules that all match the packet.
//!
//! `match_ratio_1024` is `match_ns_1024` to `match_ns_1`.

use chaos_plan::Fault;
use etherparse::PacketBuilder;
use serde_json::Value;

use super::{Effort, Figure, Group};
use crate::bed::Pair;
use crate::bench::arms::Arms;
use crate::bench::kernel::EgressHook;
use crate::bench::{stats, words};

pub(super) const GROUP: Group = Group {
    names: &[
        "match_ns_floor",
        "match_ns_none",
        "match_ns_1",
        "match_ns_16",
        "match_ns_64",
        "match_ns_256",
        "match_ns_1024",
        "match_ns_64_all",
        "match_ratio_1024",
    ],
    measure,
};

/// How many tables are measured.
const TABLES: usize = 8;

/// The packet's peer port.
const PORT: u16 = 4222;

fn measure(effort: Effort) -> Vec<Figure> {
    let repeat = u32::try_from(effort.times(200_000, 10_000)).expect("it is a small number");
    let tables = tables();
    let pair = Pair::new();
    let mut arms = Arms::on(&pair.client);
    let hook = EgressHook::find();
    let frame = frame(&pair);
    let mut samples = [const { Vec::new() }; TABLES];
    for _ in 0..effort.times(21, 3) {
        for (table, samples) in tables.iter().zip(&mut samples) {
            arms.attach(table);
            let interface = arms.interface();
            let mean = pair.client.enter(|| hook.time(&frame, interface, repeat));
            samples.push(mean.as_secs_f64() * 1e9);
        }
    }
    let floor = Figure::alone(GROUP.names[0], "ns", stats::median(&samples[0]))
        .note("one TCP packet at the egress hook, empty table; baseline of the others");
    let others = GROUP.names.iter().zip(&samples).skip(1);
    let others = others.map(|(name, own)| Figure::paired(*name, "ns", own, &samples[0]));
    let ratio = Figure::ratio("match_ratio_1024", &samples[6], &samples[2]);
    std::iter::once(floor)
        .chain(others)
        .chain([ratio])
        .collect()
}

/// What is in force for each figure.
fn tables() -> [Vec<Fault>; TABLES] {
    let port = |port| words::ports(port, port);
    [
        Vec::new(),
        blackholes([words::peer("198.19.9.9")]),
        last_of(1),
        last_of(16),
        last_of(64),
        last_of(256),
        last_of(1024),
        blackholes(vec![port(PORT); 64]),
    ]
}

/// That many rules with a port each, the last with the packet's.
fn last_of(rules: u16) -> Vec<Fault> {
    blackholes((PORT + 1 - rules..=PORT).map(|port| words::ports(port, port)))
}

fn blackholes(traffic: impl IntoIterator<Item = Value>) -> Vec<Fault> {
    let numbered = traffic.into_iter().enumerate();
    numbered
        .map(|(number, traffic)| words::blackhole(&format!("f{number}"), &traffic))
        .collect()
}

fn frame(pair: &Pair) -> Vec<u8> {
    let (from, to) = (pair.client.v4().octets(), pair.server.v4().octets());
    let packet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2])
        .ipv4(from, to, 64)
        .tcp(40_000, PORT, 1, 1_000)
        .ack(1);
    let mut frame = Vec::new();
    packet.write(&mut frame, &[0; 64]).expect("a Vec takes all");
    frame
}
