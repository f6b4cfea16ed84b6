//! What was written and has not been seen yet.

use std::time::{Duration, Instant};

/// How long the watch may lag behind what was written; after that, what it shows is believed.
pub(super) const LAG: Duration = Duration::from_secs(5);

/// A value that this leader wrote, until the watch shows it.
#[derive(Debug)]
pub(super) struct Echo<T> {
    written: Option<(T, Instant)>,
}

impl<T> Default for Echo<T> {
    fn default() -> Self {
        Self { written: None }
    }
}

impl<T: PartialEq> Echo<T> {
    /// Notes what was written.
    pub(super) fn wrote(&mut self, value: T, at: Instant) {
        self.written = Some((value, at));
    }

    /// Takes note of what the watch shows.
    pub(super) fn settle(&mut self, shown: Option<&T>, at: Instant) {
        let done = |(value, since): &(T, Instant)| Some(value) == shown || at >= *since + LAG;
        if self.written.as_ref().is_some_and(done) {
            self.written = None;
        }
    }

    /// What the API server holds, as far as that can be told.
    pub(super) fn believed<'a>(&'a self, shown: Option<&'a T>) -> Option<&'a T> {
        self.written.as_ref().map(|(value, _)| value).or(shown)
    }

    /// When to look again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.written.as_ref().map(|(_, since)| *since + LAG)
    }
}
