//! How long to wait before trying again.

use std::time::Duration;

use kube::runtime::utils::Backoff;

const FIRST: Duration = Duration::from_millis(100);

/// An API server that comes back is found within this time.
const MOST: Duration = Duration::from_secs(2);

/// Pauses that double up to two seconds; without end.
#[derive(Debug)]
pub(super) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.0;
        self.0 = (pause * 2).min(MOST);
        Some(pause)
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        self.0 = FIRST;
    }
}

impl Pauses {
    /// Waits for the next pause.
    pub(super) async fn pause(&mut self) {
        let pause = self.next().unwrap_or(MOST);
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_two_seconds_and_no_further() {
        let mut pauses = Pauses::default();
        let first: Vec<u128> = pauses.by_ref().take(7).map(|p| p.as_millis()).collect();
        assert_eq!(first, [100, 200, 400, 800, 1600, 2000, 2000]);
        pauses.reset();
        assert_eq!(pauses.next(), Some(FIRST));
    }
}
