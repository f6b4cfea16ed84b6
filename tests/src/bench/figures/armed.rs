//! `armed_s_110`: as many namespaces as a kubelet runs pods by default, each with one interface and
//! its first fault, from the first to the last in force: as a node's agent does it, a thread each.
//! The baseline is the same one after the other.
//!
//! `armed_kernel_mib_110`: the memory that their maps are charged for, beside 110 times one.
//!
//! `armed_rss_mib_110`: what this process grew by.

use std::thread;
use std::time::Instant;

use chaos_agent::engine::Engine;
use chaos_agent::inventory::{Namespace, Target};
use serde_json::json;

use super::{Effort, Figure, Group};
use crate::bed::{Host, Pair};
use crate::bench::{kernel, memory, words};

pub(super) const GROUP: Group = Group {
    names: &["armed_s_110", "armed_kernel_mib_110", "armed_rss_mib_110"],
    measure,
};

/// Two pods a pair.
const PAIRS: usize = 55;

#[expect(clippy::cast_precision_loss, reason = "memory is less than 2^53 bytes")]
fn measure(effort: Effort) -> Vec<Figure> {
    let pairs: Vec<Pair> = (0..effort.times(PAIRS, 2)).map(|_| Pair::new()).collect();
    let hosts = || pairs.iter().flat_map(|pair| [&pair.client, &pair.server]);
    let pods = hosts().count() as f64;
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    let before = charged();
    let one = arm(&pairs[0].client);
    let each = charged() - before;
    drop(one);
    let start = Instant::now();
    let engines: Vec<Engine> = hosts().map(arm).collect();
    let in_turn = start.elapsed();
    drop(engines);
    let (rss, start) = (resident(), Instant::now());
    let engines: Vec<Engine> = thread::scope(|scope| {
        let threads: Vec<_> = hosts().map(|host| scope.spawn(move || arm(host))).collect();
        let join =
            |thread: thread::ScopedJoinHandle<_>| thread.join().expect("it comes into force");
        threads.into_iter().map(join).collect()
    });
    let took = start.elapsed().as_secs_f64();
    let (kernel, own) = (charged() - before, resident().saturating_sub(rss));
    drop(engines);
    let [all, memory, grown] = GROUP.names else {
        unreachable!("three figures")
    };
    vec![
        Figure::alone(*all, "s", took)
            .against(in_turn.as_secs_f64())
            .note("baseline: one after the other"),
        Figure::alone(*memory, "MiB", mib(kernel)).against(mib(each) * pods),
        Figure::alone(*grown, "MiB", mib(own)),
    ]
}

/// Brings a fault into force that resets what it meets.
fn arm(host: &Host) -> Engine {
    let target = Target::Name(host.name().to_owned());
    let namespace = Namespace::find(&target).expect("the host is a namespace");
    let mut engine =
        Engine::open(namespace, &target, false).expect("the kernel takes the programs");
    let order = words::order("cut", &json!({"reset": {}}), &words::ports(4222, 4222));
    engine.inject(order).expect("it comes into force");
    engine
}

/// Bytes that the maps of this process are charged for.
fn charged() -> u64 {
    kernel::maps().values().sum()
}

/// Bytes of this process's memory.
fn resident() -> u64 {
    memory::resident(std::process::id()).expect("it has memory")
}
