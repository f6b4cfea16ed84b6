//! The ways that a stream is measured on.

use std::process::Command;

use crate::bed::{Host, Pair};

/// What a fast network card of a node carries.
const CARD: &str = "qdisc add dev eth0 root tbf rate 25gbit burst 1mb limit 30mb";

/// Two hosts between which nothing but memory and the processors bounds a stream: the congestion
/// control is one that every kernel has and that does not pace.
pub(crate) fn unbound() -> Pair {
    let pair = Pair::new();
    [&pair.client, &pair.server].into_iter().for_each(calm);
    pair
}

/// The same with a wire from the client to the server that carries 25 Gbit/s. `None` where the kernel has
/// no such wire, which is told.
pub(crate) fn wired() -> Option<Pair> {
    let pair = unbound();
    let made = pair.client.run(Command::new("tc").args(CARD.split(' ')));
    if made.status.success() {
        return Some(pair);
    }
    eprintln!("  no wire of 25 Gbit/s: the kernel has no sch_tbf, or there is no tc");
    None
}

fn calm(host: &Host) {
    host.set_sysctl("net/ipv4/tcp_congestion_control", "reno");
}
