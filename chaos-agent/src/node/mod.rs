//! The agent of one node of a cluster: it carries out its `NodePlan` and answers in its `NodeReport`.
//!
//! Two halves that speak by channels. The [`executor`] is a thread that owns the engines, one for
//! each pod under fault, and keeps their leases whatever else happens. Everything that waits for
//! others (the API server, HTTP) runs on one other thread. What is between them and has nothing to
//! wait for, the [`ledger`], is pure.

mod api;
mod args;
mod executor;
mod health;
mod http;
mod intake;
mod ledger;
mod mark;
mod memory;
mod merged;
mod metrics;
mod run;
mod socket;

pub use args::Args;
pub use run::run;
