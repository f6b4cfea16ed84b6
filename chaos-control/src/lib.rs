//! netfault's control plane: the faults asked for become one plan per node, and the nodes' reports
//! become the faults' statuses.
#![forbid(unsafe_code)]

mod args;
mod clock;
mod control;
mod metrics;
mod pace;
mod reign;
mod run;
mod serve;
mod shared;
mod tell;
mod watch;
mod write;

pub mod lease;
pub mod ledger;
pub mod mirror;
pub mod news;
pub mod views;

pub use args::{Args, LogFormat};
pub use run::run;
