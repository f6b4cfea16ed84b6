//! Chance: tables of faults, and frames that meet them at their edges.

mod frames;
mod tables;

pub(crate) use frames::frame;
pub(crate) use tables::{World, faults};

use crate::bench::random::Random;

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it was a usize")
    }

    /// One of several.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
