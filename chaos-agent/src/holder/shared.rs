//! The engine as a holder's threads share it, and the receipts of the faults it has ended.

use std::{
    collections::HashMap,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chaos_api::{Change, EndReason, Receipt};

use super::{HolderError, RunDir, receipts};
use crate::{
    engine::{Engine, EngineError, Order, TICK},
    inventory::boot_clock,
};

/// How long the reader of a last answer may take.
const ANSWER: Duration = Duration::from_secs(2);

/// An answer that is being made.
pub(super) struct Answering<'a>(&'a Shared);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        *lock(&self.0.waiting) -= 1;
        self.0.answered.notify_all();
    }
}

/// What a holder's threads share.
pub(super) struct Shared {
    dir: RunDir,
    engine: Mutex<Engine>,
    ended: Mutex<HashMap<String, Receipt>>,
    changed: Condvar,
    /// Connections that wait for an answer.
    waiting: Mutex<usize>,
    answered: Condvar,
    /// No fault is in force any more, and none is taken; changed under the engine's lock.
    closing: AtomicBool,
}

impl Shared {
    pub(super) fn new(dir: RunDir, engine: Engine) -> Self {
        Self {
            dir,
            engine: Mutex::new(engine),
            ended: Mutex::default(),
            changed: Condvar::new(),
            waiting: Mutex::default(),
            answered: Condvar::new(),
            closing: AtomicBool::new(false),
        }
    }

    /// Brings a fault into force; `None` where the holder is about to end.
    pub(super) fn inject(&self, order: Order) -> Result<Option<Receipt>, EngineError> {
        let mut engine = lock(&self.engine);
        if self.closing.load(Ordering::Relaxed) {
            return Ok(None);
        }
        lock(&self.ended).remove(&order.name);
        engine.inject(order).map(Some)
    }

    /// The faults in force.
    pub(super) fn list(&self) -> Result<Vec<Receipt>, EngineError> {
        lock(&self.engine).receipts()
    }

    /// Changes a fault; `None` where none of that name is in force.
    pub(super) fn edit(&self, name: &str, change: &Change) -> Result<Option<Receipt>, EngineError> {
        match lock(&self.engine).change(name, change) {
            Err(EngineError::Unknown(_)) => Ok(None),
            outcome => outcome.map(Some),
        }
    }

    /// Ends a fault; `None` where none of that name is in force.
    pub(super) fn stop(&self, name: &str) -> Result<Option<Receipt>, EngineError> {
        let mut engine = lock(&self.engine);
        match engine.stop(name, EndReason::Stopped) {
            Ok(receipt) => {
                self.publish(&receipt);
                Ok(Some(receipt))
            }
            Err(EngineError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until a fault has ended.
    pub(super) fn wait(&self, name: &str) -> Receipt {
        let mut ended = lock(&self.ended);
        loop {
            if let Some(receipt) = ended.get(name) {
                return receipt.clone();
            }
            ended = self
                .changed
                .wait(ended)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes the holder stay until the answer that is being made has been said.
    pub(super) fn answering(&self) -> Answering<'_> {
        *lock(&self.waiting) += 1;
        Answering(self)
    }

    /// Keeps the engine going: `patience` for the first fault to come, then until none is in force.
    pub(super) fn keep(&self, patience: Duration) -> Result<(), HolderError> {
        let first_by = boot_clock() + as_nanos(patience);
        let mut had_one = false;
        loop {
            let mut engine = lock(&self.engine);
            if self.closing.load(Ordering::Relaxed) {
                return Ok(());
            }
            let ended = engine.tick()?;
            had_one |= !engine.is_idle() || !ended.is_empty() || !lock(&self.ended).is_empty();
            let over = engine.is_idle() && (had_one || boot_clock() >= first_by);
            self.closing.store(over, Ordering::Relaxed);
            let pause = pause(&engine);
            for receipt in &ended {
                self.publish(receipt);
            }
            drop(engine);
            if over {
                self.hear_out();
                return Ok(());
            }
            let ended = lock(&self.ended);
            drop(self.changed.wait_timeout(ended, pause));
        }
    }

    /// Takes no fault any more, and lets all packets pass.
    pub(super) fn let_go(&self) {
        let mut engine = lock(&self.engine);
        self.closing.store(true, Ordering::Relaxed);
        engine.let_go();
    }

    /// Waits until every answer has been said, or its reader does not take it.
    fn hear_out(&self) {
        let waiting = lock(&self.waiting);
        let answered = &self.answered;
        drop(answered.wait_timeout_while(waiting, ANSWER, |waiting| *waiting > 0));
    }

    /// Tells those who wait, and keeps the receipt for those who ask later. Under the engine's lock:
    /// whoever finds the fault no longer in force finds its receipt.
    fn publish(&self, receipt: &Receipt) {
        if let Err(error) = receipts::keep(&self.dir, receipt) {
            log::warn!("the receipt of {} could not be kept: {error}", receipt.name);
        }
        lock(&self.ended).insert(receipt.name.clone(), receipt.clone());
        self.changed.notify_all();
    }
}

/// How long the engine can be left alone.
fn pause(engine: &Engine) -> Duration {
    let deadline = engine.next_deadline().unwrap_or(u64::MAX);
    let left = Duration::from_nanos(deadline.saturating_sub(boot_clock()));
    left.clamp(Duration::from_millis(1), TICK)
}

fn as_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A poisoned lock is only met while the process dies of the panic that poisoned it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
