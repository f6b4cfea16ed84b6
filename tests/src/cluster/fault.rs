//! A fault in a town.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chaos_api::{FaultState, NetworkFaultStatus};
use chaos_witness::now;
use serde_json::Value;

use super::{Town, soon};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A fault that is in force; its town takes it along.
#[derive(Debug)]
pub struct Fault<'town> {
    town: &'town Town,
    name: String,
    /// When it was asked for, in nanoseconds of the boot clock.
    pub asked: u64,
    /// When netfault said that it is in force.
    pub in_force: u64,
}

impl<'town> Fault<'town> {
    #[track_caller]
    pub(super) fn inject(town: &'town Town, words: &str) -> Self {
        let name = format!("fault-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let asked = now();
        let outcome = town
            .cluster()
            .netfault(&format!("inject {words} --name {name} -n {}", town.name()));
        outcome.expect_code(0);
        Self::named(town, &name, asked)
    }

    /// A fault of that name that somebody has asked for, whatever has become of it.
    pub fn named(town: &'town Town, name: &str, asked: u64) -> Self {
        Self {
            town,
            name: name.to_owned(),
            asked,
            in_force: now(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the controller says about it; nothing yet where there is no such object.
    #[track_caller]
    pub fn status(&self) -> NetworkFaultStatus {
        let words = format!("get networkfault {} --ignore-not-found -o json", self.name);
        let object = self.town.kubectl(&words);
        let mut object: Value = serde_json::from_str(&object).unwrap_or_default();
        match object["status"].take() {
            Value::Null => NetworkFaultStatus::default(),
            status => serde_json::from_value(status).expect("a status as the API has it"),
        }
    }

    /// When it ends by itself, as its status says: in nanoseconds of the boot clock.
    #[track_caller]
    pub fn ends(&self) -> u64 {
        let ends = self.status().ends_at.expect("it has begun");
        boot_time(ends.as_nanosecond())
    }

    /// Waits until its status meets a condition.
    #[track_caller]
    pub fn await_status(
        &self,
        what: &str,
        limit: Duration,
        condition: impl Fn(&NetworkFaultStatus) -> bool,
    ) -> NetworkFaultStatus {
        let mut last = None;
        let met = || {
            let status = last.insert(self.status());
            condition(status).then(|| status.clone())
        };
        soon(&format!("{}: {what}", self.name), limit, met)
    }

    /// Waits until it is over by itself, and gives its account.
    #[track_caller]
    pub fn await_end(&self, limit: Duration) -> NetworkFaultStatus {
        self.await_status("it has ended", limit, |status| {
            status.state == FaultState::Ended
        })
    }

    /// Changes what it does by `netfault edit`, which ends when that is in force.
    #[track_caller]
    pub fn edit(&self, words: &str) {
        let edit = format!("edit {} {words}", self.name);
        self.town.netfault(&edit).expect_code(0);
    }

    /// Ends it by `netfault stop`, and gives its account.
    #[track_caller]
    pub fn stop(&self) -> NetworkFaultStatus {
        let stop = self.town.netfault(&format!("stop {}", self.name));
        stop.expect_code(0);
        self.status()
    }
}

/// A time of the wall clock, in nanoseconds since 1970, on the boot clock. All parts of the cluster
/// are on this machine, so that there is one wall clock.
fn boot_time(wall: i128) -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let since_1970 = since_1970.expect("it is later than 1970").as_nanos();
    let ahead = wall - i128::try_from(since_1970).expect("it fits for millennia");
    u64::try_from(i128::from(now()) + ahead).expect("the machine ran already")
}
