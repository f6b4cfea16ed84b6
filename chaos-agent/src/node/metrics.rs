//! What /metrics tells.

use std::sync::Arc;

use chaos_plan::{Report, ReportState};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::memory;

/// The agent's metrics; clones count together.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    registry: Arc<Registry>,
    engines: Gauge,
    faults: Family<State, Gauge>,
    map_memory: Gauge,
    /// Ticks that came more than a second after the one before.
    pub(super) late_ticks: Counter,
    /// Ticks that found the lease over.
    pub(super) lapsed_leases: Counter,
    /// Reports that the API server took.
    pub(super) reports_sent: Counter,
    /// Reports that it did not take; they are sent again.
    pub(super) reports_failed: Counter,
    /// Plans that were taken.
    pub(super) plans_taken: Counter,
    /// Plans that were not.
    pub(super) plans_refused: Family<Refused, Counter>,
    /// Errors of watches and reads.
    pub(super) api_errors: Counter,
}

/// Where a fault stands in a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// Why a plan was not taken: `older` or `unreadable`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Refused {
    pub(super) reason: &'static str,
}

const STATES: [&str; 4] = ["armed", "previewed", "refused", "ended"];

impl Metrics {
    pub(super) fn new() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            engines: Gauge::default(),
            faults: Family::default(),
            map_memory: Gauge::default(),
            late_ticks: Counter::default(),
            lapsed_leases: Counter::default(),
            reports_sent: Counter::default(),
            reports_failed: Counter::default(),
            plans_taken: Counter::default(),
            plans_refused: Family::default(),
            api_errors: Counter::default(),
        };
        metrics.registry = Arc::new(metrics.registered());
        metrics
    }

    /// Notes where the faults stand, and how many engines there are.
    pub(super) fn stand(&self, report: &Report, engines: usize) {
        self.engines.set(number(engines));
        for state in STATES {
            let pods = report.pods.iter().filter(|pod| word(&pod.state) == state);
            let gauge = self.faults.get_or_create(&State { state });
            gauge.set(number(pods.count()));
        }
    }

    /// All of them, as `OpenMetrics` text.
    pub(super) fn text(&self) -> String {
        let memory = memory::of_maps().and_then(|bytes| i64::try_from(bytes).ok());
        self.map_memory.set(memory.unwrap_or(0));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes all text");
        text
    }

    fn registered(&self) -> Registry {
        let mut all = Registry::with_prefix("netfault_agent");
        all.register(
            "engines",
            "Pods that have programs attached",
            self.engines.clone(),
        );
        all.register(
            "faults",
            "Faults in pods, by where they stand",
            self.faults.clone(),
        );
        all.register_with_unit(
            "map_memory",
            "Kernel memory of the maps",
            Unit::Bytes,
            self.map_memory.clone(),
        );
        let counters = [
            (
                "late_ticks",
                "Ticks more than a second late",
                &self.late_ticks,
            ),
            (
                "lapsed_leases",
                "Times a lease ran out",
                &self.lapsed_leases,
            ),
            (
                "reports_sent",
                "Reports that the API server took",
                &self.reports_sent,
            ),
            (
                "reports_failed",
                "Reports that it did not take",
                &self.reports_failed,
            ),
            ("plans_taken", "Plans that were taken", &self.plans_taken),
            (
                "api_errors",
                "Errors of watches and reads",
                &self.api_errors,
            ),
        ];
        for (name, help, counter) in counters {
            all.register(name, help, counter.clone());
        }
        let refused = self.plans_refused.clone();
        all.register("plans_refused", "Plans that were not taken", refused);
        all
    }
}

const fn word(state: &ReportState) -> &'static str {
    match state {
        ReportState::Armed => STATES[0],
        ReportState::Previewed => STATES[1],
        ReportState::Refused { .. } => STATES[2],
        ReportState::Ended { .. } => STATES[3],
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_from_the_start() {
        let metrics = Metrics::new();
        metrics.stand(&Report::default(), 3);
        metrics
            .plans_refused
            .get_or_create(&Refused { reason: "older" })
            .inc();
        let text = metrics.text();
        for line in [
            "netfault_agent_engines 3",
            "netfault_agent_faults{state=\"armed\"} 0",
            "netfault_agent_map_memory_bytes 0",
            "netfault_agent_lapsed_leases_total 0",
            "netfault_agent_plans_refused_total{reason=\"older\"} 1",
        ] {
            assert!(text.lines().any(|own| own == line), "{line} in\n{text}");
        }
    }
}
