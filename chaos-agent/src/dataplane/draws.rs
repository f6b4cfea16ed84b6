//! What the programs keep of connections for their draws.

use aya::maps::{Array, MapData};
use chaos_abi::{DrawKey, maps};

use super::{Dataplane, DataplaneError, write::on};

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
        self.forget_connections(slot)
    }

    fn forget_connections(&mut self, block: u16) -> Result<(), DataplaneError> {
        let Some(connections) = self.draws.hash() else {
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
