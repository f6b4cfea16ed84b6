//! `netfault replay`: a capture before a fault, judged by the code that the kernel runs.

mod capture;
mod court;
mod draws;
mod link;
mod side;
mod words;

use std::collections::BTreeMap;

use anyhow::Result;
use chaos_abi as abi;
use chaos_api::{Block, Direction, Draw, Interfaces, NetworkFault, Span};
use chaos_plan::{Fault, Spare, Table, lower};
use serde::Serialize;

use self::{
    court::{ANCHOR, Court, Judgement},
    link::Captured,
    side::Side,
};
use crate::{
    args::Replay,
    exit::Exit,
    output,
    table::table,
    words::{from_file, random, seed as seed_in_words},
};

/// What a fault would do to a capture.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Replayed {
    /// The faults in words.
    faults: Vec<String>,
    /// The seed of their draws.
    seed: u64,
    /// What they go by.
    draw: Draw,
    /// How many packets met which fate.
    verdicts: BTreeMap<&'static str, usize>,
    packets: Vec<Row>,
}

/// One packet.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    number: usize,
    /// Since the first packet.
    at: Span,
    /// Seen from the target; absent where it is neither end.
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<Direction>,
    packet: String,
    /// `pass`, or the fault that acts.
    verdict: &'static str,
    why: String,
}

/// The verdict on what no rule acts on.
const PASS: &str = "pass";

pub(super) fn replay(args: &Replay) -> Result<Exit> {
    let spec = from_file(&args.file, NetworkFault::from_yaml)?.spec;
    let seed = args.seed.or(spec.seed).map_or_else(random, Ok)?;
    let packets = capture::read(&args.capture)?;
    let side = Side::of(&args.address, &packets)?;
    let fault = Fault {
        name: "replay".into(),
        deadline: spec.duration.as_nanos(),
        spec,
        seed,
        anchor: ANCHOR,
        spare: Spare::default(),
    };
    let (faults, draw) = (fault.spec.faults.words(), fault.spec.draw);
    let loopback = fault.spec.traffic.interfaces == Interfaces::Loopback;
    let mut table = lower(&Table::default(), &[fault])?;
    table.hand_losses();
    let packets = rows(Court::of(&table, loopback), &side, &packets);
    let mut verdicts = BTreeMap::new();
    for row in &packets {
        *verdicts.entry(row.verdict).or_default() += 1;
    }
    let replayed = Replayed {
        faults,
        seed,
        draw,
        verdicts,
        packets,
    };
    print(args, &replayed)?;
    Ok(Exit::Done)
}

/// Judges packet after packet.
fn rows(mut court: Court, side: &Side, packets: &[Captured]) -> Vec<Row> {
    let began = packets.first().map_or(0, |packet| packet.at);
    let row = |(number, packet): (usize, &Captured)| {
        let now = packet.at.saturating_sub(began);
        let way = side.way(packet);
        let judged = way.map(|way| court.judge(packet, way, now));
        let judged = judged.unwrap_or_else(Judgement::elsewhere);
        Row {
            number,
            at: Span::from_nanos(now),
            direction: way.map(|way| match way {
                abi::Direction::Egress => Direction::Egress,
                abi::Direction::Ingress => Direction::Ingress,
            }),
            packet: judged
                .packet
                .as_ref()
                .map_or_else(|| "-".into(), words::packet),
            verdict: judged.block.map_or(PASS, Block::as_str),
            why: judged.why,
        }
    };
    (1..).zip(packets).map(row).collect()
}

fn print(args: &Replay, replayed: &Replayed) -> Result<()> {
    output::print(args.output.format, replayed, |_| {
        let rows = replayed.packets.iter().map(|row| {
            [
                row.number.to_string(),
                seconds(row.at),
                row.direction
                    .map_or_else(|| "-".into(), |way| way.to_string()),
                row.packet.clone(),
                row.verdict.to_owned(),
                row.why.clone(),
            ]
        });
        table(
            ["NO", "TIME", "DIRECTION", "PACKET", "VERDICT", "WHY"],
            rows,
        )
    })?;
    if !args.output.quiet {
        let counts = replayed.verdicts.iter();
        let counts: Vec<_> = counts
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        let (faults, seed) = (
            replayed.faults.join(" "),
            seed_in_words(replayed.seed, replayed.draw),
        );
        eprintln!("{faults}, {seed}: {}", counts.join(", "));
    }
    Ok(())
}

/// Seconds and microseconds, as tcpdump prints them.
fn seconds(at: Span) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
