//! What an agent costs its node, with thirty pods on it: `agent_rss_mib` and `agent_cpu_percent`
//! while no fault is there, and `agent_busy_*` while ten pods are under fault; beside them the
//! kernel's memory for the tables of those ten.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Effort, Figure, Group};
use crate::bench::memory;
use crate::cluster::{Node, Pod, Town, Workload, agent_of};

pub(super) const GROUP: Group = Group {
    names: &[
        "agent_rss_mib",
        "agent_cpu_percent",
        "agent_busy_rss_mib",
        "agent_busy_cpu_percent",
        "agent_busy_kernel_mib",
    ],
    measure,
};

/// Ticks of the clock that the kernel counts processor time by, a second (`USER_HZ`).
const TICKS: f64 = 100.0;

const MIB: f64 = 1024.0 * 1024.0;

fn measure(effort: Effort) -> Vec<Figure> {
    let watched = effort.lasting(Duration::from_mins(1), Duration::from_secs(3));
    let node = Node::named("n1");
    let town = Town::open("crowd");
    let (few, most) = (effort.times(10, 2), effort.times(20, 2));
    let idle = |name, count| {
        Workload::witness(name, "http-serve")
            .on("n1")
            .replicas(count)
    };
    town.start([idle("hit", few), idle("spared", most)]);
    let agent = agent_of(&node);
    sleep(watched / 6);
    let (rss, cpu) = (resident(&agent), busy(&agent, watched));
    let fault = town.inject("blackhole deploy/hit --mode all --to 198.18.255.1 --for 10m");
    let busy_cpu = busy(&agent, watched);
    let (busy_rss, kernel) = (
        resident(&agent),
        agent.metric(9464, "netfault_agent_map_memory_bytes") / MIB,
    );
    fault.stop();
    vec![
        Figure::alone("agent_rss_mib", "MiB", rss),
        Figure::alone("agent_cpu_percent", "% of a core", cpu),
        Figure::alone("agent_busy_rss_mib", "MiB", busy_rss).against(rss),
        Figure::alone("agent_busy_cpu_percent", "% of a core", busy_cpu),
        Figure::alone("agent_busy_kernel_mib", "MiB", kernel),
    ]
}

/// The memory of an agent's process that is in RAM.
fn resident(agent: &Pod) -> f64 {
    let own = |pid: &u32| memory::resident(*pid).unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
    let bytes = agent.programs().iter().map(own).sum::<u64>() as f64;
    bytes / MIB
}

/// The share of a core that it uses.
fn busy(agent: &Pod, watched: Duration) -> f64 {
    let (start, before) = (Instant::now(), ticks(agent));
    sleep(watched);
    (ticks(agent) - before) / TICKS / start.elapsed().as_secs_f64() * 100.0
}

/// The processor time that it has used so far, in ticks.
fn ticks(agent: &Pod) -> f64 {
    let used = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
        // The fields after the name, which may hold anything: utime and stime are 14 and 15.
        let rest = text.rsplit(") ").next().unwrap_or_default().to_owned();
        let fields = rest.split_whitespace().skip(11).take(2);
        fields
            .filter_map(|field| field.parse::<f64>().ok())
            .sum::<f64>()
    };
    agent.programs().iter().map(used).sum()
}
