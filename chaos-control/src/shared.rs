//! What the parts of the process share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::{metrics::Metrics, mirror::Mirror};

/// What the parts of the process share.
#[derive(Debug)]
pub(crate) struct Shared {
    mirror: Mutex<Mirror>,
    /// Told when the mirror changes.
    pub(crate) changed: Notify,
    pub(crate) metrics: Metrics,
    /// The watches that have not listed yet.
    listing: Mutex<Vec<&'static str>>,
    beat: Mutex<Instant>,
}

/// How long the loop may be silent.
const SILENCE: Duration = Duration::from_secs(30);

impl Shared {
    /// Nothing told yet; these watches are to list.
    pub(crate) fn new(namespace: &str, watches: &[&'static str]) -> Self {
        Self {
            mirror: Mutex::new(Mirror::new(namespace)),
            changed: Notify::new(),
            metrics: Metrics::default(),
            listing: Mutex::new(watches.to_vec()),
            beat: Mutex::new(Instant::now()),
        }
    }

    /// What the watches have told.
    pub(crate) fn mirror(&self) -> MutexGuard<'_, Mirror> {
        lock(&self.mirror)
    }

    /// Changes the mirror, and tells it if that is of consequence.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Mirror)) {
        let mut mirror = self.mirror();
        change(&mut mirror);
        if mirror.changed().any() {
            self.changed.notify_one();
        }
    }

    /// A watch has listed.
    pub(crate) fn listed(&self, watch: &str) {
        lock(&self.listing).retain(|one| *one != watch);
        self.changed.notify_one();
    }

    /// The watches that have not listed yet.
    pub(crate) fn listing(&self) -> Vec<&'static str> {
        lock(&self.listing).clone()
    }

    /// The loop is alive.
    pub(crate) fn beat(&self) {
        *lock(&self.beat) = Instant::now();
    }

    /// Whether it was, a while ago.
    pub(crate) fn is_alive(&self) -> bool {
        lock(&self.beat).elapsed() < SILENCE
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
