//! What `/metrics` shows.

use std::time::Duration;

use chaos_api::FaultState;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};
use prometheus_client::registry::Registry;

/// The upper bounds of the histograms of durations, in seconds.
const BUCKETS: [f64; 9] = [0.000_25, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0];

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    planned: Histogram,
    accounted: Histogram,
    writes: Family<Written, Counter>,
    errors: Family<Failure, Counter>,
    watch_lists: Family<Watched, Counter>,
    watch_failures: Family<Watched, Counter>,
    events: Family<Told, Counter>,
    faults: Family<Standing, Gauge>,
    leader: Gauge,
    settings_wrong: Gauge,
    unreadable: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Written {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failure {
    kind: &'static str,
    error: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Watched {
    watch: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Told {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Standing {
    state: &'static str,
}

/// The states, each with its word.
const STATES: [(FaultState, &str); 6] = [
    (FaultState::Pending, "Pending"),
    (FaultState::Active, "Active"),
    (FaultState::Partial, "Partial"),
    (FaultState::Preview, "Preview"),
    (FaultState::Refused, "Refused"),
    (FaultState::Ended, "Ended"),
];

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("netfault_controller"),
            planned: Histogram::new(BUCKETS),
            accounted: Histogram::new(BUCKETS),
            writes: Family::default(),
            errors: Family::default(),
            watch_lists: Family::default(),
            watch_failures: Family::default(),
            events: Family::default(),
            faults: Family::default(),
            leader: Gauge::default(),
            settings_wrong: Gauge::default(),
            unreadable: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        macro_rules! register {
            ($($field:ident $name:literal $help:literal)+) => {
                $(self.registry.register($name, $help, self.$field.clone());)+
            };
        }
        register! {
            planned "plan_seconds" "Time to make all plans once"
            accounted "account_seconds" "Time to make all statuses once"
            writes "writes" "Objects written"
            errors "api_errors" "Writes that failed"
            watch_lists "watch_lists" "Lists that watches began with"
            watch_failures "watch_failures" "Failures of watches"
            events "events" "Events about faults"
            faults "faults" "Faults by state"
            leader "leader" "1 where this process leads"
            settings_wrong "settings_wrong" "1 while the settings cannot be read and the last good ones hold"
            unreadable "unreadable_objects" "Objects of netfault that are not what their kind says"
        }
    }

    /// All of it as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes all text");
        text
    }

    /// Plans were made.
    pub(crate) fn planned(&self, took: Duration) {
        self.planned.observe(took.as_secs_f64());
    }

    /// Statuses were made.
    pub(crate) fn accounted(&self, took: Duration) {
        self.accounted.observe(took.as_secs_f64());
    }

    /// An object of a kind was written.
    pub(crate) fn wrote(&self, kind: &'static str) {
        self.writes.get_or_create(&Written { kind }).inc();
    }

    /// A write of an object of a kind failed.
    pub(crate) fn failed(&self, kind: &'static str, error: &'static str) {
        self.errors.get_or_create(&Failure { kind, error }).inc();
    }

    /// A watch lists.
    pub(crate) fn watch_listed(&self, watch: &'static str) {
        self.watch_lists.get_or_create(&Watched { watch }).inc();
    }

    /// A watch failed.
    pub(crate) fn watch_failed(&self, watch: &'static str) {
        self.watch_failures.get_or_create(&Watched { watch }).inc();
    }

    /// An event was published, or not.
    pub(crate) fn told(&self, outcome: &'static str) {
        self.events.get_or_create(&Told { outcome }).inc();
    }

    /// How many faults stand in each state.
    pub(crate) fn faults(&self, states: impl Iterator<Item = FaultState>) {
        let mut counts = [0_i64; STATES.len()];
        for state in states {
            let at = STATES.iter().position(|(one, _)| *one == state);
            counts[at.expect("every state is listed")] += 1;
        }
        for ((_, state), count) in STATES.into_iter().zip(counts) {
            self.faults.get_or_create(&Standing { state }).set(count);
        }
    }

    /// Whether this process leads; one that does not counts no faults.
    pub(crate) fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
        self.faults(std::iter::empty());
    }

    /// What cannot be read: the settings, and how many other objects.
    pub(crate) fn unreadable(&self, settings: bool, objects: usize) {
        self.settings_wrong.set(i64::from(settings));
        self.unreadable
            .set(i64::try_from(objects).unwrap_or(i64::MAX));
    }
}
