//! Hashes that take no memory before something asks for them: their buckets alone are a megabyte.

use aya::{
    Pod,
    maps::{ArrayOfMaps, HashMap, MapData},
};

use super::{DataplaneError, write::on};

/// Flag of a hash whose entries take memory only while they are there, `linux/bpf.h`.
const BPF_F_NO_PREALLOC: u32 = 1;

type Hash<K, V> = HashMap<MapData, K, V>;

/// A place in the kernel for one hash.
pub(super) struct Room<K: Pod, V: Pod> {
    name: &'static str,
    most: usize,
    place: ArrayOfMaps<MapData, Hash<K, V>>,
    hash: Option<Hash<K, V>>,
}

impl<K: Pod, V: Pod> Room<K, V> {
    /// The place that a map of the object is, for a hash of at most so many entries.
    pub(super) fn of(
        name: &'static str,
        most: usize,
        place: ArrayOfMaps<MapData, Hash<K, V>>,
    ) -> Self {
        Self {
            name,
            most,
            place,
            hash: None,
        }
    }

    /// The hash, where there is one.
    pub(super) fn hash(&mut self) -> Option<&mut Hash<K, V>> {
        self.hash.as_mut()
    }

    /// The hash, made and put in its place where there is none yet.
    pub(super) fn made(&mut self) -> Result<&mut Hash<K, V>, DataplaneError> {
        let hash = match self.hash.take() {
            Some(hash) => hash,
            None => self.put(self.most)?,
        };
        Ok(self.hash.insert(hash))
    }

    /// Gives the hash back, with all that is in it. One of a single entry takes its place: aya cannot
    /// leave one empty again.
    pub(super) fn give_back(&mut self) -> Result<(), DataplaneError> {
        if self.hash.take().is_some() {
            self.put(1)?;
        }
        Ok(())
    }

    fn put(&mut self, most: usize) -> Result<Hash<K, V>, DataplaneError> {
        let most = u32::try_from(most).expect("it fits a u32");
        let hash = Hash::create(most, BPF_F_NO_PREALLOC).map_err(on(self.name))?;
        self.place.set(0, &hash, 0).map_err(on(self.name))?;
        Ok(hash)
    }
}
