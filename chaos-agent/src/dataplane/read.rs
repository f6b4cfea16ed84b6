//! Reading what the programs counted.

use aya::maps::{MapError, PerCpuArray, PerCpuHashMap};
use chaos_abi::{Counters, Direction, Seen, SeenKey, maps};

use super::{Dataplane, DataplaneError, write::on};

impl Dataplane {
    /// The counters of a slot on each CPU; none where no rule had the slot, or it was
    /// [forgotten](Self::forget).
    pub fn counters(&self, slot: u16) -> Result<Vec<Counters>, DataplaneError> {
        let map = self.map(maps::COUNTERS)?;
        let counters: PerCpuHashMap<_, u32, Counters> =
            map.try_into().map_err(on(maps::COUNTERS))?;
        match counters.get(&u32::from(slot), 0) {
            Ok(values) => Ok(values.to_vec()),
            Err(MapError::KeyNotFound) => Ok(Vec::new()),
            Err(error) => Err(on(maps::COUNTERS)(error)),
        }
    }

    /// What the hooks saw on an interface in one direction, summed over CPUs.
    pub fn seen(&self, ifindex: u32, direction: Direction) -> Result<Seen, DataplaneError> {
        let map = self.map(maps::SEEN)?;
        let seen: PerCpuHashMap<_, SeenKey, Seen> = map.try_into().map_err(on(maps::SEEN))?;
        let key = SeenKey {
            ifindex,
            direction: direction as u32,
        };
        let values = seen.get(&key, 0).map_err(on(maps::SEEN))?;
        Ok(values.iter().fold(Seen::default(), |sum, cpu| Seen {
            packets: sum.packets + cpu.packets,
            bytes: sum.bytes + cpu.bytes,
        }))
    }

    /// Events that found the ring full, since the load.
    pub fn untold(&self) -> Result<u64, DataplaneError> {
        self.count_of(maps::UNTOLD)
    }

    /// Connections that began while there was no room to write that down, since the load.
    pub fn unborn(&self) -> Result<u64, DataplaneError> {
        self.count_of(maps::UNBORN)
    }

    fn count_of(&self, name: &'static str) -> Result<u64, DataplaneError> {
        let counts: PerCpuArray<_, u64> = self.map(name)?.try_into().map_err(on(name))?;
        let values = counts.get(&0, 0).map_err(on(name))?;
        Ok(values.iter().sum())
    }

    fn map(&self, name: &'static str) -> Result<&aya::maps::Map, DataplaneError> {
        self.ebpf.map(name).ok_or(DataplaneError::Missing(name))
    }
}
