//! The engine: finds a namespace, attaches the programs, carries out a plan, reports what it hit.
//!
//! The node's agent and the command line's local mode run the same engine.

mod causes;
pub mod dataplane;
pub mod doctor;
pub mod engine;
pub mod flows;
pub mod holder;
pub mod inventory;
pub mod leftovers;
pub mod line;
pub mod node;
