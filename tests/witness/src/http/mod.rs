//! HTTP/1.1 servers and clients that see their connections.

mod poll;
mod serve;
mod watched;

pub(crate) use self::poll::poll;
pub(crate) use self::serve::serve;
