//! An engine in the test's own process, as a node's agent runs one for each pod.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use chaos_agent::engine::{Engine, EngineError, Order, TICK};
use chaos_agent::inventory::{Namespace, Target};
use chaos_api::{EndReason, FaultSpec, NetworkFault, Receipt};
use chaos_plan::Spare;
use chaos_tests::bed::Host;

/// The engine of one host. It is kept going by what is asked of it: more often than its lease is
/// long.
pub(crate) struct Held(Engine);

impl Held {
    pub(crate) fn open(host: &Host) -> Self {
        let target = Target::Name(host.name().to_owned());
        let namespace = Namespace::find(&target).expect("the host is a namespace");
        Self(Engine::open(namespace, &target, false).expect("the kernel takes the programs"))
    }

    #[track_caller]
    pub(crate) fn inject(&mut self, order: Order) -> Receipt {
        self.tick();
        self.0.inject(order).expect("it comes into force")
    }

    #[track_caller]
    pub(crate) fn edit(&mut self, order: Order) -> Receipt {
        self.try_edit(order).expect("it is in force")
    }

    pub(crate) fn try_edit(&mut self, order: Order) -> Result<Receipt, EngineError> {
        self.0.edit(order)
    }

    #[track_caller]
    pub(crate) fn receipt(&mut self, name: &str) -> Receipt {
        self.tick();
        self.0.receipt(name).expect("it is in force")
    }

    #[track_caller]
    pub(crate) fn stop(&mut self, name: &str) -> Receipt {
        let receipt = self.0.stop(name, EndReason::Stopped);
        receipt.expect("it was in force")
    }

    /// The receipts of the faults that have ended by themselves.
    pub(crate) fn tick(&mut self) -> Vec<Receipt> {
        self.0.tick().expect("the kernel is there")
    }
}

/// An engine that is kept going by a thread of its own, however long nothing is asked of it.
pub(crate) struct Kept {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Held>,
}

impl Kept {
    pub(crate) fn new(mut held: Held) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&over);
        let thread = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                held.tick();
                thread::sleep(TICK);
            }
            held
        });
        Self { over, thread }
    }

    /// The engine, to be asked again.
    pub(crate) fn give_back(self) -> Held {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().expect("it only ticks")
    }
}

/// An order for a fault with these fields of a spec, such as `faults: {blackhole: {}}`.
pub(crate) fn order(name: &str, words: &str) -> Order {
    Order {
        name: name.to_owned(),
        spec: spec(&format!("duration: 60s, {words}")),
        seed: 1,
        spare: Spare::default(),
    }
}

/// A spec of these fields.
pub(crate) fn spec(words: &str) -> FaultSpec {
    let yaml = format!(
        "{{apiVersion: netfault.dev/v1alpha1, kind: NetworkFault, metadata: {{name: a}}, \
         spec: {{{words}}}}}"
    );
    let fault = NetworkFault::from_yaml(&yaml);
    fault
        .unwrap_or_else(|error| panic!("{words}: {error}"))
        .spec
}
