//! The process that holds a namespace's faults, and those who talk to it.
//!
//! A namespace has one holder, told by a lock on `ns-INODE.lock` in the run directory; it listens
//! on `ns-INODE.sock`. Whoever wants a fault there asks the holder, the holder's own process too.
//! When the holder dies, the kernel closes its links and every packet passes again; where it has no
//! tcx, when the lease is over.

mod client;
mod error;
pub(crate) mod protocol;
mod receipts;
mod run_dir;
mod server;
mod shared;

pub use client::{Client, Watch, clients};
pub use error::HolderError;
pub(crate) use receipts::keep;
pub use receipts::past;
pub use run_dir::RunDir;
pub use server::Holder;
pub(crate) use server::{bind, die_on_panic};
