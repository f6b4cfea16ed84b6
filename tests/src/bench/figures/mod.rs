//! The figures, a file for those that are measured together.

mod agent_cost;
mod armed;
mod idle_latency;
mod idle_throughput;
mod inject_cluster;
mod inject_cold;
mod inject_local;
mod inject_socket;
mod kernel_kib;
mod line;
mod load;
mod match_ns;
mod reset;
mod send_ns;

use std::time::Instant;

use super::Effort;
use super::report::Figure;
use crate::cluster::Cluster;

/// Figures that are measured together.
struct Group {
    names: &'static [&'static str],
    measure: fn(Effort) -> Vec<Figure>,
}

/// Those that this machine is enough for, in the order of the table.
const HERE: [Group; 19] = [
    reset::ONE,
    reset::THOUSAND,
    reset::TEN_THOUSAND,
    inject_local::GROUP,
    inject_socket::GROUP,
    inject_cold::GROUP,
    idle_throughput::GROUP,
    idle_latency::GROUP,
    match_ns::GROUP,
    send_ns::GROUP,
    kernel_kib::GROUP,
    load::GROUP,
    armed::GROUP,
    line::ERROR,
    line::SPEED,
    line::IDLE,
    line::LOSSY,
    line::TOXIPROXY,
    line::COST,
];

/// Those that take a cluster, after them.
const ON_CLUSTER: [Group; 2] = [inject_cluster::GROUP, agent_cost::GROUP];

/// Measures the figures that have `filter` in their name.
pub(super) fn measure(filter: &str, effort: Effort) -> Vec<Figure> {
    let wanted = |name: &str| name.contains(filter);
    let missing = Cluster::missing();
    let on_cluster = ON_CLUSTER.iter().filter(|group| match &missing {
        None => true,
        Some(reason) => {
            eprintln!("skipped: {}: {reason}", group.names.join(", "));
            false
        }
    });
    let groups = HERE.iter().chain(on_cluster);
    let groups = groups.filter(|group| group.names.iter().any(|name| wanted(name)));
    let figures = groups.flat_map(|group| timed(group, effort));
    figures.filter(|figure| wanted(figure.name())).collect()
}

fn timed(group: &Group, effort: Effort) -> Vec<Figure> {
    eprintln!("measuring {}", group.names.join(", "));
    let start = Instant::now();
    let figures = (group.measure)(effort);
    eprintln!("  took {:.1} s", start.elapsed().as_secs_f64());
    figures
}
