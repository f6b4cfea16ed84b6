//! What is done in one pod at a time, on a thread of its own.

use std::{net::IpAddr, sync::Arc, thread};

use chaos_api::{EndReason, Enforcement, Receipt, Span};
use chaos_plan::{FaultId, PodOrder, PodPlan};

use super::{
    preview::preview,
    reach,
    refusal::{plain, refusal},
    stock::Stock,
};
use crate::{
    engine::Engine,
    holder::RunDir,
    inventory::boot_clock,
    node::api::Clock,
    node::ledger::{Action, Pod, Refusal, Said},
};

/// Work in one pod.
pub(super) struct Job {
    pub(super) pod: Pod,
    /// The pod as the plan has it; nothing where it has not.
    pub(super) plan: Option<PodPlan>,
    /// The engine that is there.
    pub(super) engine: Option<Engine>,
    pub(super) actions: Vec<Action>,
    /// The node's own addresses.
    pub(super) own: Arc<[IpAddr]>,
    pub(super) clock: Clock,
    pub(super) run_dir: RunDir,
    pub(super) stock: Stock,
}

/// What came of it.
pub(in crate::node) struct Done {
    pub(super) pod: Pod,
    /// The engine that is there now; one that holds nothing, or broke, is gone.
    pub(super) engine: Option<Engine>,
    pub(super) said: Vec<Said>,
    /// See [`Job::is_heavy`].
    pub(super) heavy: bool,
}

/// Maps all values at the same time; a panic goes on here.
pub(super) fn at_once<T: Send, R: Send>(values: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    if values.len() < 2 {
        return values.into_iter().map(f).collect();
    }
    let f = &f;
    thread::scope(|scope| {
        let threads = values
            .into_iter()
            .map(|value| scope.spawn(move || f(value)));
        let threads: Vec<_> = threads.collect();
        let join = |thread: thread::ScopedJoinHandle<'_, R>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}

impl Job {
    /// Whether there is more to it than to wait for the kernel.
    pub(super) fn is_heavy(&self) -> bool {
        self.actions.iter().any(Action::is_heavy)
    }

    /// Does it.
    pub(super) fn run(mut self) -> Done {
        let heavy = self.is_heavy();
        let actions = std::mem::take(&mut self.actions);
        let mut said = Vec::new();
        for action in actions {
            match action {
                Action::Stop(fault, reason) => said.push(self.stop(fault, reason)),
                Action::Edit(order) => said.push(self.edit(order)),
                Action::Bring(order) => said.push(self.bring(order)),
            }
        }
        Done {
            engine: self.engine.filter(|engine| !engine.is_idle()),
            pod: self.pod,
            said,
            heavy,
        }
    }

    /// An engine that cannot stop a fault is dropped, which takes everything out of the kernel.
    fn stop(&mut self, fault: FaultId, reason: EndReason) -> Said {
        let stopped = self
            .engine
            .as_mut()
            .map(|e| e.stop(&fault.to_string(), reason));
        let receipt = match stopped {
            Some(Ok(receipt)) => Some(Box::new(receipt)),
            Some(Err(error)) => {
                tracing::warn!(
                    "{fault} in pod {}: {error}; let go without a receipt",
                    self.pod.name
                );
                self.engine = None;
                None
            }
            None => None,
        };
        Said::Ended(fault, reason, receipt)
    }

    /// A fault that cannot get its new words does not go on with the old ones.
    fn edit(&mut self, order: PodOrder) -> Said {
        match self.replace(&order) {
            Ok(receipt) => Said::Armed(order, Box::new(receipt)),
            Err(refusal) => {
                self.stop(order.id.clone(), EndReason::Stopped);
                Said::Refused(order, refusal)
            }
        }
    }

    fn replace(&mut self, order: &PodOrder) -> Result<Receipt, Refusal> {
        let words = reach::order(order, self.left(order)?, &self.own);
        let engine = self.engine.as_mut().ok_or_else(lost)?;
        engine.edit(words).map_err(|error| refusal(&error))
    }

    fn bring(&mut self, order: PodOrder) -> Said {
        let done = match order.enforcement {
            Enforcement::Enforce => self.inject(&order),
            Enforcement::Preview => self.show(&order),
            Enforcement::Shadow => Err(unsupported()),
        };
        done.unwrap_or_else(|refusal| Said::Refused(order, refusal))
    }

    fn show(&self, order: &PodOrder) -> Result<Said, Refusal> {
        let shown = preview(self.planned()?, order, &self.own)?;
        Ok(Said::Shown(order.clone(), shown))
    }

    fn inject(&mut self, order: &PodOrder) -> Result<Said, Refusal> {
        if self.engine.is_none() {
            self.engine = Some(reach::open(self.planned()?, &self.run_dir, &self.stock)?);
        }
        let words = reach::order(order, self.left(order)?, &self.own);
        let engine = self.engine.as_mut().ok_or_else(lost)?;
        let receipt = engine.inject(words).map_err(|error| refusal(&error))?;
        Ok(Said::Armed(order.clone(), Box::new(receipt)))
    }

    /// What is left of a fault's time now: opening an engine takes some of it.
    fn left(&self, order: &PodOrder) -> Result<Span, Refusal> {
        let left = self.clock.left(order.ends, boot_clock());
        if left.is_zero() {
            let message = "its time was over before it was in force";
            return Err(plain("TimeOver", message));
        }
        Ok(left)
    }

    fn planned(&self) -> Result<&PodPlan, Refusal> {
        let message = "the pod is not in the plan";
        self.plan
            .as_ref()
            .ok_or_else(|| plain("NotPlanned", message))
    }
}

/// What is said of a fault whose engine broke.
pub(super) fn lost() -> Refusal {
    plain("EngineLost", "the engine that held it failed and let go")
}

fn unsupported() -> Refusal {
    plain("Unsupported", "this version has no shadow mode")
}
