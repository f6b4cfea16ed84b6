//! The kernel side as the engine uses it: load, attach, fill, run, read.
//!
//! The only place outside `chaos-abi` that names aya. One [`Dataplane`] serves one namespace; it
//! holds every program, map and link through file descriptors, so that all of it goes with the
//! process that owns it; but for the filters that stand in for links where the kernel has no tcx.

mod actor;
mod answers;
mod births;
mod clsact;
mod draws;
mod error;
mod events;
mod hooks;
mod line;
mod load;
mod loader;
mod object;
mod read;
mod room;
mod scheduling;
mod slab;
mod trace;
mod tun;
mod way;
mod write;

pub use actor::Caught;
pub use clsact::{leftovers, remove_leftovers};
pub use error::DataplaneError;
pub use hooks::Hooks;
pub(crate) use line::{LineMaps, ReturnLink};
pub use load::{Dataplane, Program, Verdict};
pub use object::have_object;
pub(crate) use scheduling::{favour, make_fair, make_fifo};
pub use tun::{Tun, TunError};
pub use way::Way;
