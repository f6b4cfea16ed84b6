//! An engine in the test's own process, ticked by a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use chaos_agent::engine::{Engine, TICK};
use chaos_agent::inventory::{Namespace, Target};
use chaos_agent::line::{LineReport, Tally};
use chaos_api::{EndReason, Receipt};
use chaos_plan::{Chance, Delay, Loss, Shape, WHOLE};

use crate::held::order;

/// The engine of one namespace; dropping it ends everything.
pub(crate) struct Line {
    engine: Arc<Mutex<Engine>>,
    over: Arc<AtomicBool>,
    ticker: Option<JoinHandle<()>>,
}

impl Line {
    pub(crate) fn open(namespace: &str) -> Self {
        let target = Target::Name(namespace.to_owned());
        let namespace = Namespace::find(&target).expect("the host is a namespace");
        let engine =
            Engine::open(namespace, &target, false).expect("the kernel takes the programs");
        let engine = Arc::new(Mutex::new(engine));
        let over = Arc::new(AtomicBool::new(false));
        let (shared, ends) = (Arc::clone(&engine), Arc::clone(&over));
        let ticker = spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let mut engine = shared.lock().expect("no tick panics");
                engine.tick().expect("the kernel is there");
                drop(engine);
                sleep(TICK);
            }
        });
        Self {
            engine,
            over,
            ticker: Some(ticker),
        }
    }

    /// Brings a fault into force that gives this traffic (fields of a spec) that shape.
    #[track_caller]
    pub(crate) fn inject(&self, name: &str, traffic: &str, shape: Shape) -> Receipt {
        let words = format!("faults: {{blackhole: {{}}}}, {traffic}");
        let receipt = self.engine().inject_shaped(order(name, &words), shape);
        receipt.expect("it comes into force")
    }

    /// The same for another time than a minute.
    #[track_caller]
    pub(crate) fn inject_for(&self, time: &str, traffic: &str, shape: Shape) {
        let mut order = order("held", &format!("faults: {{blackhole: {{}}}}, {traffic}"));
        order.spec.duration = time.parse().expect("a time");
        let receipt = self.engine().inject_shaped(order, shape);
        receipt.expect("it comes into force");
    }

    #[track_caller]
    pub(crate) fn reshape(&self, name: &str, shape: Shape) {
        self.engine().reshape(name, shape).expect("it is in force");
    }

    #[track_caller]
    pub(crate) fn stop(&self, name: &str) -> Receipt {
        let receipt = self.engine().stop(name, EndReason::Stopped);
        receipt.expect("it was in force")
    }

    /// What the line did; there must be one.
    #[track_caller]
    pub(crate) fn report(&self) -> LineReport {
        let report = self.engine().line_report().expect("the line lives");
        report.expect("a rule asks for it")
    }

    /// What the only rule of the line did.
    #[track_caller]
    pub(crate) fn tally(&self) -> Tally {
        let rules = self.report().rules;
        rules.into_values().next().unwrap_or_default()
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().expect("no tick panics")
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(ticker) = self.ticker.take() {
            drop(ticker.join());
        }
    }
}

/// A constant delay.
pub(crate) fn constant(latency: Duration) -> Shape {
    let nanos = u64::try_from(latency.as_nanos()).expect("a delay is short");
    Shape {
        delay: Some(Delay::constant(nanos)),
        ..Shape::default()
    }
}

/// A random loss of so many thousandths.
pub(crate) fn loss(thousandths: u64) -> Shape {
    Shape {
        loss: Some(Loss::Random(Chance {
            share: WHOLE * thousandths / 1000,
            correlation: 0,
        })),
        ..Shape::default()
    }
}
