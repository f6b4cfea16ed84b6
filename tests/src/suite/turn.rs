//! Which promises are shown beside each other, where several are shown at a time.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Promise;

static STAGE: RwLock<()> = RwLock::new(());

/// The time in which a promise is shown.
#[expect(dead_code, reason = "the guards are there to be dropped")]
pub(super) enum Turn {
    /// Beside others.
    Beside(RwLockReadGuard<'static, ()>),
    /// With no other.
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Turn {
    /// Waits for it.
    pub(super) fn of(promise: &Promise) -> Self {
        if promise.is_alone() {
            Self::Alone(STAGE.write().unwrap_or_else(PoisonError::into_inner))
        } else {
            Self::Beside(STAGE.read().unwrap_or_else(PoisonError::into_inner))
        }
    }
}
