//! Which process leads: the one that holds a Lease. What to do about it is decided here, and done by
//! the elector.

mod elector;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

pub(crate) use elector::{Elector, Leadership};

/// The Lease's name, in netfault's own namespace.
pub const NAME: &str = "netfault-controller";

/// How long a lease holds after its renewal.
pub const DURATION: Duration = Duration::from_secs(15);

/// How long a leader writes after the renewal: what is then under way ends before the lease does.
pub const WRITES: Duration = Duration::from_secs(10);

/// How often it is renewed, and by the others looked at.
pub const PERIOD: Duration = Duration::from_secs(2);

/// What to do about the lease.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Write this: with success the lease is ours.
    Claim(Box<LeaseSpec>),
    /// It is another's.
    Wait,
}

/// One process that wants to lead. Clocks of other machines are of no consequence: a lease is over
/// when it was not renewed while this process looked at it for as long as it holds.
#[derive(Debug)]
pub struct Candidate {
    identity: String,
    seen: Option<Seen>,
}

/// The lease as it was last seen to change.
#[derive(Debug)]
struct Seen {
    version: Option<String>,
    at: Instant,
}

impl Candidate {
    /// A candidate by a name that no other process has.
    pub fn new(identity: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            seen: None,
        }
    }

    /// Decides what to do about the lease as the API server has it.
    pub fn decide(&mut self, lease: Option<&Lease>, now: Instant, wall: Timestamp) -> Step {
        let spec = lease.and_then(|lease| lease.spec.as_ref());
        let holder = spec.and_then(|spec| spec.holder_identity.as_deref());
        let free = holder.is_none_or(str::is_empty);
        if holder == Some(&*self.identity) || free || self.is_over(lease, spec, now) {
            Step::Claim(Box::new(self.claim(spec, wall)))
        } else {
            Step::Wait
        }
    }

    /// What is left of a lease that is given up.
    pub fn released(spec: &LeaseSpec) -> LeaseSpec {
        LeaseSpec {
            holder_identity: None,
            ..spec.clone()
        }
    }

    /// Whether the holder has not renewed it in time.
    fn is_over(&mut self, lease: Option<&Lease>, spec: Option<&LeaseSpec>, now: Instant) -> bool {
        let version = lease.and_then(|lease| lease.metadata.resource_version.clone());
        let seen = self.seen.take().filter(|seen| seen.version == version);
        let seen = seen.unwrap_or(Seen { version, at: now });
        let seconds = spec.and_then(|spec| spec.lease_duration_seconds);
        let holds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let holds = holds.map_or(DURATION, Duration::from_secs);
        let over = now >= seen.at + holds;
        self.seen = Some(seen);
        over
    }

    fn claim(&self, before: Option<&LeaseSpec>, wall: Timestamp) -> LeaseSpec {
        let holder = before.and_then(|before| before.holder_identity.as_deref());
        let ours = holder == Some(&*self.identity);
        let changes = before.and_then(|before| before.lease_transitions);
        let acquired = before.and_then(|before| before.acquire_time.clone());
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
            acquire_time: acquired.filter(|_| ours).or(Some(MicroTime(wall))),
            renew_time: Some(MicroTime(wall)),
            lease_transitions: Some(changes.unwrap_or(0) + i32::from(!ours)),
            ..LeaseSpec::default()
        }
    }
}
