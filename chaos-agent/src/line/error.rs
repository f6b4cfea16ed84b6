//! Why there is no delay line.

use std::io;

use rustix::io::Errno;
use thiserror::Error;

pub use crate::dataplane::TunError;
use crate::{
    dataplane::DataplaneError,
    inventory::{EnterError, NetlinkError},
};

/// The delay line cannot be made or has stopped.
#[derive(Debug, Error)]
pub enum LineError {
    /// No device to hold packets back with.
    #[error(transparent)]
    Tun(#[from] TunError),
    /// The device is gone, which nobody but us has a reason to remove.
    #[error("the delay line's device is gone")]
    Vanished,
    /// The device cannot be set up.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// The namespace cannot be entered.
    #[error(transparent)]
    Enter(#[from] EnterError),
    /// The kernel side failed.
    #[error(transparent)]
    Dataplane(Box<DataplaneError>),
    /// No thread, or nothing to wake it with.
    #[error("the delay line has no thread: {0}")]
    Thread(#[source] io::Error),
    /// The device does not give what it has.
    #[error("the delay line's device cannot be read: {0}")]
    Device(Errno),
    /// The thread has ended.
    #[error("the delay line has stopped")]
    Stopped,
}

impl From<DataplaneError> for LineError {
    fn from(error: DataplaneError) -> Self {
        Self::Dataplane(Box::new(error))
    }
}
