//! The slabs of both banks, each as long as its table needs.

use aya::maps::{Array, ArrayOfMaps, MapData};
use chaos_abi::{Bank, Block, maps};

use super::{DataplaneError, write::on};

/// Flag of an array that may be put in the place of one with another length, `linux/bpf.h`.
const BPF_F_INNER_MAP: u32 = 1 << 12;

/// Blocks by which slabs are sized; the first ones have as many, 12 KiB.
const STEP: usize = 96;

type Inner = Array<MapData, Block>;

/// The slabs, and what they hold.
pub(super) struct Slabs {
    outer: ArrayOfMaps<MapData, Inner>,
    /// Absent where the bank was never written: it matches nothing.
    banks: [Option<Slab>; 2],
}

struct Slab {
    blocks: Inner,
    /// What `blocks` holds, as far as it was written.
    held: Vec<Block>,
}

impl Slabs {
    /// Puts an empty slab into the bank that is written first, since the kernel waits for readers at
    /// each, ten milliseconds or so, and a load has other work meanwhile.
    pub(super) fn fill(mut outer: ArrayOfMaps<MapData, Inner>) -> Result<Self, DataplaneError> {
        let first = Slab::of(STEP)?;
        first.put(&mut outer, Bank::default().other())?;
        let banks = [None, Some(first)];
        Ok(Self { outer, banks })
    }

    /// Makes a bank that no hook reads hold these blocks.
    pub(super) fn write(&mut self, bank: Bank, blocks: &[Block]) -> Result<(), DataplaneError> {
        let slab = &mut self.banks[bank as usize];
        if let Some(slab) = slab.as_mut().filter(|slab| slab.fits(blocks.len())) {
            return slab.write(blocks);
        }
        let mut fresh = Slab::of(blocks.len() + blocks.len() / 4)?;
        fresh.write(blocks)?;
        fresh.put(&mut self.outer, bank)?;
        *slab = Some(fresh);
        Ok(())
    }
}

impl Slab {
    fn of(blocks: usize) -> Result<Self, DataplaneError> {
        let length = u32::try_from(blocks.next_multiple_of(STEP)).expect("a slab is short");
        let blocks = Inner::create(length, BPF_F_INNER_MAP).map_err(on(maps::SLABS))?;
        Ok(Self {
            blocks,
            held: Vec::new(),
        })
    }

    /// Becomes the slab of a bank; returns when no hook reads the one before.
    fn put(
        &self,
        outer: &mut ArrayOfMaps<MapData, Inner>,
        bank: Bank,
    ) -> Result<(), DataplaneError> {
        let put = outer.set(bank as u32, &self.blocks, 0);
        put.map_err(on(maps::SLABS))
    }

    /// Whether that many blocks have room in it and do not leave most of it empty.
    fn fits(&self, blocks: usize) -> bool {
        let length = self.blocks.len() as usize;
        blocks <= length && (length == STEP || blocks * 4 >= length)
    }

    /// Writes those that differ from what it holds.
    fn write(&mut self, blocks: &[Block]) -> Result<(), DataplaneError> {
        for (index, block) in (0..).zip(blocks) {
            let at = index as usize;
            if self.held.get(at) == Some(block) {
                continue;
            }
            self.blocks.set(index, block, 0).map_err(on(maps::SLABS))?;
            match self.held.get_mut(at) {
                Some(held) => *held = *block,
                None => self.held.push(*block),
            }
        }
        Ok(())
    }
}
