//! `kernel_kib_8`: the kernel memory of one namespace with eight rules, each with ports of both sides
//! and a prefix of each family, on a node of 256 CPUs; `kernel_kib_1024` with as many as there can be.
//!
//! Computed: what the maps are charged for here (`memlock` of proc(5)), and for each CPU that this
//! machine does not have another copy of every value in a per-CPU map.

use aya::maps::{MapInfo, MapType, loaded_maps};
use aya::util::nr_cpus;
use chaos_agent::dataplane::Dataplane;
use chaos_plan::{Fault, Table, diff, lower};
use serde_json::json;

use super::{Effort, Figure, Group};
use crate::bench::{kernel, words};

pub(super) const GROUP: Group = Group {
    names: &["kernel_kib_8", "kernel_kib_1024"],
    measure,
};

/// CPUs of the node that is asked about.
const CPUS: u64 = 256;

/// Interfaces whose packets are counted: eth0, in two directions.
const SEEN: u64 = 2;

fn measure(_: Effort) -> Vec<Figure> {
    let figure = |(name, rules)| {
        let note = "computed for 256 CPUs; baseline: the promise";
        #[expect(
            clippy::cast_precision_loss,
            reason = "kernel memory is less than 2^53 bytes"
        )]
        let kib = bytes(rules) as f64 / 1024.0;
        Figure::alone(name, "KiB", kib).against(1024.0).note(note)
    };
    [("kernel_kib_8", 8), ("kernel_kib_1024", 1024)]
        .map(figure)
        .to_vec()
}

/// Bytes that the maps of a namespace with that many rules would take.
fn bytes(rules: u16) -> u64 {
    let before = kernel::maps();
    let mut dataplane = Dataplane::load(false).expect("the kernel takes the programs");
    let faults: Vec<Fault> = (0..rules).map(fault).collect();
    // Twice, so that both banks are as long as they get.
    hold(&mut dataplane, &faults);
    hold(&mut dataplane, &faults);
    let here = nr_cpus().expect("the kernel numbers its CPUs") as u64;
    let own = kernel::maps().into_iter();
    let own = own.filter(|(id, _)| !before.contains_key(id));
    let charged = own.map(|(id, charged)| charged + (CPUS - here) * a_cpu(id, u64::from(rules)));
    charged.sum()
}

fn hold(dataplane: &mut Dataplane, faults: &[Fault]) {
    let new = lower(&Table::default(), faults).expect("the faults fit into a table");
    let ops = diff(&Table::default(), &new, dataplane.bank());
    dataplane.apply(&ops).expect("the kernel takes a plan");
}

fn fault(number: u16) -> Fault {
    let port = 1_000 + number * 50;
    let block = |cidr: String| json!({"ipBlock": {"cidr": cidr}, "ports": [{"port": port}]});
    let [high, low] = number.to_be_bytes();
    let peers = [
        block(format!("10.{high}.{low}.0/24")),
        block(format!("fd00:{number:x}::/64")),
    ];
    let traffic = json!({"localPorts": [format!("{port}-{}", port + 9)], "peers": peers});
    words::blackhole(&format!("f{number}"), &traffic)
}

/// Bytes of one CPU's values in a map, which the kernel rounds up to words.
fn a_cpu(id: u32, rules: u64) -> u64 {
    let info = loaded_maps()
        .filter_map(Result::ok)
        .find(|map| map.id() == id);
    let info: MapInfo = info.expect("it was there a moment ago");
    let value = u64::from(info.value_size()).next_multiple_of(8);
    match info.map_type() {
        Ok(MapType::PerCpuArray) => value * u64::from(info.max_entries()),
        Ok(MapType::PerCpuHash) if info.key_size() == 4 => value * rules,
        Ok(MapType::PerCpuHash) => value * SEEN,
        _ => 0,
    }
}
