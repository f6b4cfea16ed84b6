//! When the agent was last at work, for its successor: what a process held ends with it, at a time
//! that nobody else knows.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
};

/// Digits of a time; a shorter text was not written whole.
const DIGITS: usize = 20;

/// A file with one time of the boot clock.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    /// Opens it, or makes it.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        options.mode(0o600).open(path).map(Self)
    }

    /// The time; nothing where there is none, or one of another boot that is later than `now`.
    pub(super) fn last(&self, now: u64) -> Option<u64> {
        let mut text = [0; DIGITS];
        self.0.read_exact_at(&mut text, 0).ok()?;
        let time: u64 = std::str::from_utf8(&text).ok()?.parse().ok()?;
        (time <= now).then_some(time)
    }

    /// Writes it.
    pub(super) fn set(&self, now: u64) -> io::Result<()> {
        self.0.write_all_at(format!("{now:0DIGITS$}").as_bytes(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_reads_when_its_predecessor_was_last_at_work() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("agent.mark");
        let mark = Mark::open(&path).unwrap();
        assert_eq!(mark.last(u64::MAX), None);
        mark.set(12_345).unwrap();
        mark.set(7).unwrap();
        let successor = Mark::open(&path).unwrap();
        assert_eq!(successor.last(7), Some(7));
        assert_eq!(successor.last(6), None, "of another boot");
    }
}
