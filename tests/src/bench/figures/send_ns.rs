//! `send_ns_N_*`: what N rules that do not match add to one UDP send of 64 bytes, in nanoseconds:
//! netfault's beside those of `nft_set` (one nftables set of N ports), `iptables_nft` and
//! `iptables_legacy` (N rules with a port each).
//!
//! Each has a pair of hosts of its own, and one pair has nothing; they are sampled in turns, and what
//! a send takes where there is nothing is taken off. A rival that is not installed is left out.

use std::fmt::Write as _;
use std::fs;
use std::net::UdpSocket;
use std::time::Instant;

use super::{Effort, Figure, Group};
use crate::bed::{Pair, tools::Tool};
use crate::bench::arms::Arms;
use crate::bench::{stats, words};

pub(super) const GROUP: Group = Group {
    names: &[
        "send_ns_1_nft_set",
        "send_ns_1_iptables_nft",
        "send_ns_1_iptables_legacy",
        "send_ns_64_nft_set",
        "send_ns_64_iptables_nft",
        "send_ns_64_iptables_legacy",
        "send_ns_1024_nft_set",
        "send_ns_1024_iptables_nft",
        "send_ns_1024_iptables_legacy",
    ],
    measure,
};

const COUNTS: [u16; 3] = [1, 64, 1024];

/// The first port that a rule names; no packet has one of them.
const PORT: u16 = 20_000;

/// What filters packets by their port beside netfault.
struct Rival {
    name: &'static str,
    program: &'static str,
    rules: fn(u16) -> String,
}

const RIVALS: [Rival; 3] = [
    Rival {
        name: "nft_set",
        program: "nft",
        rules: nft_set,
    },
    Rival {
        name: "iptables_nft",
        program: "iptables-nft-restore",
        rules: iptables,
    },
    Rival {
        name: "iptables_legacy",
        program: "iptables-legacy-restore",
        rules: iptables,
    },
];

/// A pair of hosts, and a socket of its client that sends to a port nobody reads.
struct Road {
    pair: Pair,
    socket: UdpSocket,
    _sink: UdpSocket,
}

impl Road {
    fn new() -> Self {
        let pair = Pair::new();
        let server = pair.server.v4();
        let sink = pair.server.enter(|| UdpSocket::bind((server, 9)));
        let client = pair.client.v4();
        let socket = pair.client.enter(|| UdpSocket::bind((client, 0)));
        let socket = socket.expect("a port is free");
        socket.connect((server, 9)).expect("it has a route");
        Self {
            socket,
            _sink: sink.expect("port 9 is free"),
            pair,
        }
    }

    /// The mean time of a send, in nanoseconds.
    fn sample(&self, sends: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..sends {
            self.socket.send(&[0; 64]).expect("nothing refuses it");
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(sends)
    }
}

fn measure(effort: Effort) -> Vec<Figure> {
    let sends = u32::try_from(effort.times(4_000, 500)).expect("it is a small number");
    let rounds = effort.times(31, 3);
    let (bare, ours) = (Road::new(), Road::new());
    let mut arms = Arms::on(&ours.pair.client);
    let rivals: Vec<_> = RIVALS
        .iter()
        .filter_map(|rival| Some((rival, Tool::find(rival.program)?, Road::new())))
        .collect();
    let mut figures = Vec::new();
    for count in COUNTS {
        let port = |n| words::ports(PORT + n, PORT + n);
        let faults = (0..count).map(|n| words::blackhole(&format!("f{n}"), &port(n)));
        arms.attach(&faults.collect::<Vec<_>>());
        let rivals: Vec<_> = rivals
            .iter()
            .filter(|(rival, tool, road)| filters(rival, tool, road, count))
            .collect();
        let roads = [&bare, &ours].into_iter();
        let roads: Vec<&Road> = roads
            .chain(rivals.iter().map(|(_, _, road)| road))
            .collect();
        let added = added(&roads, rounds, sends);
        for ((rival, _, _), theirs) in rivals.iter().zip(&added[1..]) {
            let name = format!("send_ns_{count}_{}", rival.name);
            let figure = Figure::alone(name, "ns", stats::median(&added[0]));
            figures.push(figure.against(stats::median(theirs)));
        }
    }
    let note = "what rules that do not match add to a UDP send; baseline: the rival's";
    figures
        .into_iter()
        .map(|figure| figure.note(note))
        .collect()
}

/// What each road but the first adds to a send on the first, sampled in turns.
fn added(roads: &[&Road], rounds: usize, sends: u32) -> Vec<Vec<f64>> {
    let mut added = vec![Vec::new(); roads.len() - 1];
    for _ in 0..rounds {
        let bare = roads[0].sample(sends);
        for (road, samples) in roads[1..].iter().zip(&mut added) {
            samples.push(road.sample(sends) - bare);
        }
    }
    added
}

/// Puts a rival's rules in place; `false` where this kernel does not take them.
fn filters(rival: &Rival, tool: &Tool, road: &Road, count: u16) -> bool {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), (rival.rules)(count)).expect("it can be written");
    let mut command = tool.command();
    if rival.program == "nft" {
        command.arg("-f");
    }
    command.arg(file.path());
    let outcome = road.pair.client.enter(|| command.output());
    let taken = outcome.is_ok_and(|output| output.status.success());
    if !taken {
        eprintln!("  {} does not work here", rival.program);
    }
    taken
}

fn nft_set(count: u16) -> String {
    let ports: Vec<String> = (0..count).map(|n| (PORT + n).to_string()).collect();
    format!(
        "add table ip rival\ndelete table ip rival\ntable ip rival {{\n\
         set ports {{ type inet_service; elements = {{ {} }}; }}\n\
         chain output {{ type filter hook output priority 0; udp dport @ports drop; }}\n}}\n",
        ports.join(", ")
    )
}

fn iptables(count: u16) -> String {
    let mut rules = String::from("*filter\n");
    for port in (0..count).map(|n| PORT + n) {
        writeln!(rules, "-A OUTPUT -p udp --dport {port} -j DROP").expect("a String takes all");
    }
    rules + "COMMIT\n"
}
