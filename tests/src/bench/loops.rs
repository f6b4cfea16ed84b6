//! Work that is done again and again on a thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, spawn};

/// The thread; it ends when this is dropped.
pub(crate) struct Loop {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Loop {
    /// Takes turns, each of which ends by itself.
    pub(crate) fn start(mut turn: impl FnMut() + Send + 'static) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let thread = spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                turn();
            }
        });
        Self {
            over,
            thread: Some(thread),
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic there has been told already.
            drop(thread.join());
        }
    }
}
