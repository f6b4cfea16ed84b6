//! HTTP/1.1 servers and clients that see their connections.

mod poll;
mod serve;

pub(crate) use self::poll::poll;
pub(crate) use self::serve::serve;

use crate::line::{Failure, Said, say};

/// Says how a connection ended.
fn tell_end(port: u16, ended: &Result<(), hyper::Error>) {
    let how = match ended {
        Ok(()) => Failure::Closed,
        Err(error) if error.is_incomplete_message() => Failure::Closed,
        Err(error) => Failure::of(error),
    };
    say(Said::Ended { port, how });
}
