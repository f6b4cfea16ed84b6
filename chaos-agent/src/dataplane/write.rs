//! Carrying out a plan's operations on the maps.

use std::{io::ErrorKind, thread::sleep, time::Duration};

use aya::maps::{Array, LpmTrie, MapData, MapError, PerCpuHashMap, PerCpuValues, lpm_trie::Key};
use aya::{Pod, util::nr_cpus};
use chaos_abi::{Bank, Config, Counters, maps};
use chaos_plan::{Image, Op};

use super::{Dataplane, DataplaneError};

/// An entry of the peer tries: a v4-mapped address, and how many of its bits count.
pub(super) type Prefix = ([u8; 16], u32);

impl Dataplane {
    /// The bank that the hooks read.
    pub fn bank(&self) -> Bank {
        Bank::from_word(self.config.bank)
    }

    /// Carries out `ops` in their order. Up to the last the hooks see all of the old table, after it
    /// all of the new one; an error leaves the old one.
    pub fn apply(&mut self, ops: &[Op]) -> Result<(), DataplaneError> {
        for op in ops {
            match op {
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

    /// Returns when the packets that hooks have counted are where they were sent.
    pub fn wait_for_hooks(&self) {
        wait_for_readers();
    }

    /// Gives back the memory of a slot's counters and of the connections that its block numbered. No
    /// rule may be in the slot.
    pub fn forget(&mut self, slot: u16) -> Result<(), DataplaneError> {
        self.forget_numbers(slot)?;
        unless_absent(self.counters_mut()?.remove(&u32::from(slot))).map_err(on(maps::COUNTERS))
    }

    fn clear_counters(&mut self, slot: u16) -> Result<(), DataplaneError> {
        self.forget_numbers(slot)?;
        let slot = u32::from(slot);
        put_zeroes(&mut self.counters_mut()?, slot).map_err(on(maps::COUNTERS))?;
        self.array::<u32>(maps::TOLD)?
            .set(slot, 0, 0)
            .map_err(on(maps::TOLD))
    }

    /// Lets the hooks read another bank, or none.
    fn switch(&mut self, config: Config) -> Result<(), DataplaneError> {
        self.configure(Config {
            bank: config.bank,
            armed: config.armed,
            ..self.config
        })?;
        self.readers = true;
        Ok(())
    }

    pub(super) fn configure(&mut self, config: Config) -> Result<(), DataplaneError> {
        self.array::<Config>(maps::CONFIG)?
            .set(0, config, 0)
            .map_err(on(maps::CONFIG))?;
        self.config = config;
        Ok(())
    }

    fn write_bank(&mut self, bank: Bank, image: &Image) -> Result<(), DataplaneError> {
        self.settle();
        if image.numbers {
            self.draws.made()?;
        }
        self.write_peers(bank, image)?;
        self.slabs.write(bank, &image.blocks)
    }

    /// Removes the prefixes that the bank holds and `image` does not name, and writes its own. What
    /// the bank holds is known after each write, so that one that fails leaves nothing behind.
    fn write_peers(&mut self, bank: Bank, image: &Image) -> Result<(), DataplaneError> {
        let name = maps::PEERS[bank as usize];
        let map = self
            .ebpf
            .map_mut(name)
            .ok_or(DataplaneError::Missing(name))?;
        let mut peers: LpmTrie<&mut MapData, [u8; 16], u32> = map.try_into().map_err(on(name))?;
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
        for (prefix, row) in &image.peers {
            patiently(|| peers.insert(&key(*prefix), row, 0)).map_err(on(name))?;
            held.insert(*prefix);
        }
        Ok(())
    }

    fn counters_mut(
        &mut self,
    ) -> Result<PerCpuHashMap<&mut MapData, u32, Counters>, DataplaneError> {
        let map = self.map_mut(maps::COUNTERS)?;
        map.try_into().map_err(on(maps::COUNTERS))
    }

    fn array<V: aya::Pod>(
        &mut self,
        name: &'static str,
    ) -> Result<Array<&mut MapData, V>, DataplaneError> {
        self.map_mut(name)?.try_into().map_err(on(name))
    }

    pub(super) fn map_mut(
        &mut self,
        name: &'static str,
    ) -> Result<&mut aya::maps::Map, DataplaneError> {
        self.ebpf.map_mut(name).ok_or(DataplaneError::Missing(name))
    }
}

/// Puts a value for each CPU into a map, all of them empty.
pub(super) fn put_zeroes<K: Pod, V: Pod + Default>(
    map: &mut PerCpuHashMap<&mut MapData, K, V>,
    key: K,
) -> Result<(), MapError> {
    let cpus = nr_cpus().map_err(|(_, error)| MapError::IoError(error))?;
    patiently(|| {
        let zeroes = PerCpuValues::try_from(vec![V::default(); cpus])?;
        map.insert(key, zeroes, 0)
    })
}

/// How often the kernel is given time to find memory.
const REFILLS: u32 = 20;

/// How long each time.
const REFILL: Duration = Duration::from_millis(1);

/// Puts something into a map that sets no memory aside. The kernel does so from a few free pieces, which it
/// replaces a moment later (`kernel/bpf/memalloc.c`): one that is filled fast can say that there is no
/// memory where there is.
pub(super) fn patiently(mut insert: impl FnMut() -> Result<(), MapError>) -> Result<(), MapError> {
    let is_short = |error: &MapError| match error {
        MapError::SyscallError(error) => error.io_error.kind() == ErrorKind::OutOfMemory,
        _ => false,
    };
    for _ in 0..REFILLS {
        match insert() {
            Err(error) if is_short(&error) => sleep(REFILL),
            outcome => return outcome,
        }
    }
    insert()
}

fn key((address, length): Prefix) -> Key<[u8; 16]> {
    Key::new(length, address)
}

/// The outcome of a removal, to which it is no error that nothing was there.
pub(super) fn unless_absent(outcome: Result<(), MapError>) -> Result<(), MapError> {
    match outcome {
        Err(MapError::SyscallError(error)) if error.io_error.kind() == ErrorKind::NotFound => {
            Ok(())
        }
        outcome => outcome,
    }
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
        sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests;
