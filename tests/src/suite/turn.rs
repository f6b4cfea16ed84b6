//! Which promises are shown beside each other, where several are shown at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Promise;

static STAGE: Mutex<Stage> = Mutex::new(Stage {
    beside: 0,
    alone: false,
    drawn: 0,
    next: 0,
});
static CHANGED: Condvar = Condvar::new();

/// Who is on.
struct Stage {
    /// How many are shown that take others beside them.
    beside: u32,
    /// Whether one is shown that does not.
    alone: bool,
    /// How many numbers such have drawn.
    drawn: u32,
    /// The number whose turn it is.
    next: u32,
}

/// The time in which a promise is shown; dropping it ends it.
pub(super) struct Turn {
    is_alone: bool,
}

impl Turn {
    /// Waits for it: those that are shown alone come one by one in the order in which they ask, and
    /// no other begins while one waits.
    pub(super) fn of(promise: &Promise) -> Self {
        let is_alone = promise.is_alone();
        let mut stage = stage();
        let number = stage.drawn;
        stage.drawn += u32::from(is_alone);
        let waits = |stage: &mut Stage| {
            stage.next != number || stage.alone || (is_alone && stage.beside > 0)
        };
        let mut stage = CHANGED
            .wait_while(stage, waits)
            .unwrap_or_else(PoisonError::into_inner);
        if is_alone {
            stage.alone = true;
        } else {
            stage.beside += 1;
        }
        Self { is_alone }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut stage = stage();
        if self.is_alone {
            stage.alone = false;
            stage.next += 1;
        } else {
            stage.beside -= 1;
        }
        CHANGED.notify_all();
    }
}

fn stage() -> MutexGuard<'static, Stage> {
    STAGE.lock().unwrap_or_else(PoisonError::into_inner)
}
