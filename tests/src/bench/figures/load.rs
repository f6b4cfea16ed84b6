//! `load_ms`: reading the object, creating its maps, and the kernel's verification of the three
//! programs.
//!
//! `map_kib`: the kernel memory that the maps of one namespace are charged for, as their
//! descriptors tell (`memlock` of proc(5)); per-CPU maps count for this machine's CPUs.

use std::time::Instant;

use chaos_agent::dataplane::Dataplane;

use super::{Effort, Figure, Group};
use crate::bench::kernel;
use crate::bench::stats::{median, ms};

pub(super) const GROUP: Group = Group {
    names: &["load_ms", "map_kib"],
    measure,
};

fn measure(effort: Effort) -> Vec<Figure> {
    let before = kernel::maps();
    let mut samples = Vec::new();
    let mut bytes = 0_u64;
    for _ in 0..effort.times(15, 2) {
        let start = Instant::now();
        let dataplane = Dataplane::load(false).expect("the kernel takes the programs");
        samples.push(ms(start.elapsed()));
        let maps = kernel::maps().into_iter();
        bytes = maps
            .filter(|(id, _)| !before.contains_key(id))
            .map(|(_, bytes)| bytes)
            .sum();
        drop(dataplane);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "kernel memory is less than 2^53 bytes"
    )]
    let kib = bytes as f64 / 1024.0;
    vec![
        Figure::alone("load_ms", "ms", median(&samples)),
        Figure::alone("map_kib", "KiB", kib),
    ]
}
