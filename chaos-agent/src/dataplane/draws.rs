//! What the programs keep of connections for their draws.

use aya::maps::{Array, ArrayOfMaps, HashMap, MapData};
use chaos_abi::{DrawKey, Drawn, MAX_NUMBERED, maps};

use super::{Dataplane, DataplaneError, write::on};

/// Flag of a hash whose entries take memory only while they are there, `linux/bpf.h`.
const BPF_F_NO_PREALLOC: u32 = 1;

type Connections = HashMap<MapData, DrawKey, Drawn>;

/// The connections, once a table has a rule that needs them: their hash alone takes a megabyte.
pub(super) struct Draws {
    outer: ArrayOfMaps<MapData, Connections>,
    connections: Option<Connections>,
}

impl Draws {
    pub(super) fn of(outer: ArrayOfMaps<MapData, Connections>) -> Self {
        Self {
            outer,
            connections: None,
        }
    }

    /// Makes room for connections, where there is none yet.
    pub(super) fn make_room(&mut self) -> Result<(), DataplaneError> {
        if self.connections.is_none() {
            let most = u32::try_from(MAX_NUMBERED).expect("it fits a u32");
            let room = Connections::create(most, BPF_F_NO_PREALLOC).map_err(on(maps::DRAWS))?;
            self.outer.set(0, &room, 0).map_err(on(maps::DRAWS))?;
            self.connections = Some(room);
        }
        Ok(())
    }

    /// Lets go of a block's connections.
    fn forget(&mut self, block: u16) -> Result<(), DataplaneError> {
        let Some(connections) = &mut self.connections else {
            return Ok(());
        };
        let of_block = |key: &DrawKey| key.block == u32::from(block);
        let keys: Result<Vec<DrawKey>, _> = connections
            .keys()
            .filter(|key| key.as_ref().map_or(true, of_block))
            .collect();
        for key in keys.map_err(on(maps::DRAWS))? {
            connections.remove(&key).map_err(on(maps::DRAWS))?;
        }
        Ok(())
    }
}

impl Dataplane {
    /// Lets go of the connections that the block of a slot has numbered, so that it begins anew.
    pub(super) fn forget_numbers(&mut self, slot: u16) -> Result<(), DataplaneError> {
        let map = self.ebpf.map_mut(maps::NUMBERS);
        let map = map.ok_or(DataplaneError::Missing(maps::NUMBERS))?;
        let mut numbers: Array<&mut MapData, u64> = map.try_into().map_err(on(maps::NUMBERS))?;
        let slot_word = u32::from(slot);
        if numbers.get(&slot_word, 0).map_err(on(maps::NUMBERS))? == 0 {
            return Ok(());
        }
        numbers.set(slot_word, 0, 0).map_err(on(maps::NUMBERS))?;
        self.draws.forget(slot)
    }
}
