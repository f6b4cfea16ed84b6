//! The rows of one kind, each found by its key.

use std::collections::HashMap;

/// Rows in no order, which planning takes as they lie.
#[derive(Debug)]
pub(crate) struct Rows<V> {
    values: Vec<V>,
    keys: Vec<String>,
    index: HashMap<String, usize>,
}

impl<V> Default for Rows<V> {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            keys: Vec::new(),
            index: HashMap::new(),
        }
    }
}

impl<V: PartialEq> Rows<V> {
    /// Puts a row in place of the one with this key, or takes that one away; whether this changed
    /// anything.
    pub(crate) fn put(&mut self, key: &str, row: Option<V>) -> bool {
        match (self.index.get(key).copied(), row) {
            (None, None) => false,
            (None, Some(row)) => {
                self.index.insert(key.to_owned(), self.values.len());
                self.keys.push(key.to_owned());
                self.values.push(row);
                true
            }
            (Some(at), Some(row)) => {
                let changed = self.values[at] != row;
                self.values[at] = row;
                changed
            }
            (Some(at), None) => {
                self.remove(key, at);
                true
            }
        }
    }

    fn remove(&mut self, key: &str, at: usize) {
        self.values.swap_remove(at);
        self.keys.swap_remove(at);
        self.index.remove(key);
        if let Some(moved) = self.keys.get(at) {
            self.index.insert(moved.clone(), at);
        }
    }

    /// The rows.
    pub(crate) fn all(&self) -> &[V] {
        &self.values
    }

    /// The row of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.index.get(key).map(|at| &self.values[*at])
    }

    /// The row of a key, to be changed.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.index.get(key).map(|at| &mut self.values[*at])
    }

    /// Takes the rows out, to be given back at once.
    pub(crate) fn lend(&mut self) -> Vec<V> {
        std::mem::take(&mut self.values)
    }

    /// Gives back what was lent.
    pub(crate) fn restore(&mut self, rows: Vec<V>) {
        self.values = rows;
    }
}
