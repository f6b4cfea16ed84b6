//! Carrying out a plan's operations on the maps.

use aya::maps::{Array, LpmTrie, MapData, MapError, PerCpuArray, PerCpuValues, lpm_trie::Key};
use aya::util::nr_cpus;
use chaos_abi::{
    Bank, ClassSets, Config, Counters, PortClasses, Rule, RuleSet, Side, Traits, maps,
};
use chaos_plan::{Image, Op};

use super::{Dataplane, DataplaneError};

/// An entry of the peer tries: a v4-mapped address, and how many of its bits count.
pub(super) type Prefix = ([u8; 16], u32);

/// Both sides, in the order of an image's tables.
const SIDES: [Side; 2] = [Side::Local, Side::Peer];

impl Dataplane {
    /// The bank that the hooks read.
    pub fn bank(&self) -> Bank {
        Bank::from_word(self.config.bank)
    }

    /// Carries out `ops` in their order. After each the hooks see a whole table.
    pub fn apply(&mut self, ops: &[Op]) -> Result<(), DataplaneError> {
        for op in ops {
            match op {
                Op::WriteRule { slot, rule } => self.write_rule(*slot, *rule)?,
                Op::ClearRule { slot } => self.write_rule(*slot, Rule::default())?,
                Op::ClearCounters { slot } => self.clear_counters(*slot)?,
                Op::WriteBank { bank, image } => self.write_bank(*bank, image)?,
                Op::Switch(config) => self.switch(*config)?,
            }
        }
        Ok(())
    }

    /// Lets the rules act until boot-clock time `until`, in nanoseconds.
    pub fn lease(&mut self, until: u64) -> Result<(), DataplaneError> {
        self.array::<u64>(maps::LEASE)?
            .set(0, until, 0)
            .map_err(on(maps::LEASE))
    }

    /// Returns when no packet is still being judged by a table that is no longer in force.
    pub fn settle(&mut self) {
        if std::mem::take(&mut self.readers) {
            wait_for_readers();
        }
    }

    fn write_rule(&mut self, slot: u8, rule: Rule) -> Result<(), DataplaneError> {
        self.array::<Rule>(maps::RULES)?
            .set(u32::from(slot), rule, 0)
            .map_err(on(maps::RULES))
    }

    fn clear_counters(&mut self, slot: u8) -> Result<(), DataplaneError> {
        let slot = u32::from(slot);
        let cpus = nr_cpus().map_err(|(_, error)| on(maps::COUNTERS)(MapError::IoError(error)))?;
        let zeroes = PerCpuValues::try_from(vec![Counters::default(); cpus])
            .map_err(|error| on(maps::COUNTERS)(MapError::IoError(error)))?;
        let map = self.map_mut(maps::COUNTERS)?;
        PerCpuArray::<_, Counters>::try_from(map)
            .and_then(|mut counters| counters.set(slot, zeroes, 0))
            .map_err(on(maps::COUNTERS))?;
        self.array::<u32>(maps::TOLD)?
            .set(slot, 0, 0)
            .map_err(on(maps::TOLD))
    }

    fn switch(&mut self, config: Config) -> Result<(), DataplaneError> {
        self.array::<Config>(maps::CONFIG)?
            .set(0, config, 0)
            .map_err(on(maps::CONFIG))?;
        self.config = config;
        self.readers = true;
        Ok(())
    }

    fn write_bank(&mut self, bank: Bank, image: &Image) -> Result<(), DataplaneError> {
        self.settle();
        self.write_peers(bank, image)?;
        for side in SIDES {
            let index = side.index(bank);
            let (ports, sets) = (&image.ports[side as usize], &image.classes[side as usize]);
            self.array::<PortClasses>(maps::PORTS)?
                .set(index, ports.as_ref(), 0)
                .map_err(on(maps::PORTS))?;
            self.array::<ClassSets>(maps::CLASSES)?
                .set(index, sets.as_ref(), 0)
                .map_err(on(maps::CLASSES))?;
        }
        self.array::<Traits>(maps::TRAITS)?
            .set(bank as u32, image.traits, 0)
            .map_err(on(maps::TRAITS))?;
        let mut spares = self.array::<RuleSet>(maps::SPARES)?;
        for (slot, spared) in &image.spares {
            spares
                .set(bank.spares(u32::from(*slot)), spared, 0)
                .map_err(on(maps::SPARES))?;
        }
        Ok(())
    }

    /// Removes the prefixes that the bank holds and `image` does not name, and writes its own. What
    /// the bank holds is known after each write, so that one that fails leaves nothing behind.
    fn write_peers(&mut self, bank: Bank, image: &Image) -> Result<(), DataplaneError> {
        let name = maps::PEERS[bank as usize];
        let map = self
            .ebpf
            .map_mut(name)
            .ok_or(DataplaneError::Missing(name))?;
        let mut peers: LpmTrie<&mut MapData, [u8; 16], RuleSet> =
            map.try_into().map_err(on(name))?;
        let held = &mut self.prefixes[bank as usize];
        let stale: Vec<Prefix> = held
            .iter()
            .filter(|prefix| !image.peers.contains_key(*prefix))
            .copied()
            .collect();
        for prefix in stale {
            peers.remove(&key(prefix)).map_err(on(name))?;
            held.remove(&prefix);
        }
        for (prefix, rules) in &image.peers {
            peers.insert(&key(*prefix), rules, 0).map_err(on(name))?;
            held.insert(*prefix);
        }
        Ok(())
    }

    fn array<V: aya::Pod>(
        &mut self,
        name: &'static str,
    ) -> Result<Array<&mut MapData, V>, DataplaneError> {
        self.map_mut(name)?.try_into().map_err(on(name))
    }

    fn map_mut(&mut self, name: &'static str) -> Result<&mut aya::maps::Map, DataplaneError> {
        self.ebpf.map_mut(name).ok_or(DataplaneError::Missing(name))
    }
}

fn key((address, length): Prefix) -> Key<[u8; 16]> {
    Key::new(length, address)
}

/// Names the map in an error.
pub(super) fn on(name: &'static str) -> impl Fn(MapError) -> DataplaneError {
    move |source| DataplaneError::Map {
        name,
        source: Box::new(source),
    }
}

/// Returns when no hook reads what was current before: `membarrier` waits for an RCU grace period,
/// ten milliseconds or so, and programs run inside RCU readers. Where it is refused, sleeping that
/// long outlasts any hook.
fn wait_for_readers() {
    use rustix::thread::{MembarrierCommand, membarrier};
    if membarrier(MembarrierCommand::Global).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
