//! The bed that netfault's suites lie on: network namespaces of the run's own, real servers and
//! clients inside them, independent observers, and the fingerprint that must be the same after.
//!
//! Nothing here touches the machine's own interfaces, settings or processes. Everything that is
//! made is a guard; what a panic, a signal or a stuck test leaves behind, [`suite::run`] sweeps.
#![forbid(unsafe_code)]

pub mod bed;
pub mod bench;
pub mod cluster;
pub mod demo;
pub mod suite;
pub mod sweep;
