//! A dataplane that is loaded before a pod needs it: the verifier takes tens of milliseconds.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use crate::{
    dataplane::{Dataplane, DataplaneError},
    inventory::boot_clock,
};

/// How long after one was taken the next one is loaded, in nanoseconds: not while pods that come
/// into force together need the processor.
const REST: u64 = 300_000_000;

/// The one that is loaded, if there is one.
#[derive(Clone)]
pub(super) struct Stock(Arc<Mutex<State>>);

struct State {
    ready: Option<Dataplane>,
    /// When to load the next one, on the boot clock.
    due: Option<u64>,
}

impl Stock {
    /// Nothing yet; the first one is due.
    pub(super) fn new() -> Self {
        let due = Some(boot_clock());
        Self(Arc::new(Mutex::new(State { ready: None, due })))
    }

    /// The one that is loaded, or a new one.
    pub(super) fn take(&self) -> Result<Dataplane, DataplaneError> {
        let ready = {
            let mut state = self.state();
            state.due = Some(boot_clock() + REST);
            state.ready.take()
        };
        ready.map_or_else(|| Dataplane::load(false), Ok)
    }

    /// When the next one is to be loaded, on the boot clock.
    pub(super) fn due(&self) -> Option<u64> {
        self.state().due
    }

    /// Loads the next one in the background, if it is due. Where that fails it is tried again when a
    /// pod needs one, which then tells why.
    pub(super) fn refill(&self) {
        if self.due().is_none_or(|due| boot_clock() < due) {
            return;
        }
        self.state().due = None;
        let stock = self.clone();
        let load = move || match Dataplane::load(false) {
            Ok(dataplane) => stock.state().ready = Some(dataplane),
            Err(error) => tracing::debug!("no dataplane is kept ready: {error}"),
        };
        if let Err(error) = thread::Builder::new().name("stock".into()).spawn(load) {
            tracing::debug!("no dataplane is kept ready: {error}");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
