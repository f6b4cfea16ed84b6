//! An engine in the test's own process, ticked by a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

use chaos_agent::engine::{Engine, Order, TICK};
use chaos_agent::inventory::{Namespace, Target};
use chaos_agent::line::{LineReport, Tally};
use chaos_api::{Change, EndReason, Receipt};
use chaos_tests::bed::{Pair, Unchanged};

use crate::held::{order, spec};

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

    /// Brings a fault of these blocks into force for this traffic, both as fields of a spec.
    #[track_caller]
    pub(crate) fn inject(&self, name: &str, traffic: &str, faults: &str) -> Receipt {
        self.bring(order(name, &format!("faults: {{{faults}}}, {traffic}")))
    }

    /// The same for another time than a minute.
    #[track_caller]
    pub(crate) fn inject_for(&self, time: &str, traffic: &str, faults: &str) {
        let mut order = order("held", &format!("faults: {{{faults}}}, {traffic}"));
        order.spec.duration = time.parse().expect("a time");
        self.bring(order);
    }

    /// Brings an order into force.
    #[track_caller]
    pub(crate) fn bring(&self, order: Order) -> Receipt {
        let receipt = self.engine().inject(order);
        receipt.expect("it comes into force")
    }

    /// Gives the blocks of a fault in force other parameters.
    #[track_caller]
    pub(crate) fn change(&self, name: &str, faults: &str) {
        let change = Change {
            faults: Some(spec(&format!("duration: 60s, faults: {{{faults}}}")).faults),
            duration: None,
        };
        let receipt = self.engine().change(name, &change);
        receipt.expect("it is in force");
    }

    #[track_caller]
    pub(crate) fn stop(&self, name: &str) -> Receipt {
        let receipt = self.engine().stop(name, EndReason::Stopped);
        receipt.expect("it was in force")
    }

    /// The receipt of a fault in force.
    #[track_caller]
    pub(crate) fn receipt(&self, name: &str) -> Receipt {
        let receipt = self.engine().receipt(name);
        receipt.expect("it is in force")
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

    /// Ends everything, once the line has said how it ran: the kernel must have taken all back.
    #[track_caller]
    pub(crate) fn end(self) {
        let LineReport { schedule, line, .. } = self.report();
        assert_eq!(line.refused, 0, "the kernel takes all back");
        eprintln!("the line ran {schedule}, {} times demoted", line.demoted);
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

/// Shows something on two hosts and a line of the first that nothing else uses.
pub(crate) fn on_a_line_of_its_own(show: impl FnOnce(&Pair, &Line)) {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let line = Line::open(pair.client.name());
    show(&pair, &line);
    line.end();
    unchanged.assert();
}

/// A constant delay.
pub(crate) fn constant(latency: Duration) -> String {
    format!("delay: {{latency: {}us}}", latency.as_micros())
}

/// A random loss of so many thousandths.
pub(crate) fn loss(thousandths: u64) -> String {
    let (whole, tenth) = (thousandths / 10, thousandths % 10);
    format!("loss: {{loss: {whole}.{tenth}%}}")
}
