//! What a witness says: the words that it writes and that tests read.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::clock;

/// One line of a witness's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When, in nanoseconds of `CLOCK_BOOTTIME`.
    pub at: u64,
    /// What.
    #[serde(flatten)]
    pub said: Said,
}

/// What a witness saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Said {
    /// A NATS client has a connection, which its server knows by this id.
    Connected {
        /// The id.
        client: u64,
    },
    /// A NATS client has lost its connection.
    Disconnected,
    /// Anything else that a client was told, in its own words.
    Problem {
        /// The words.
        text: String,
    },
    /// How many numbers have been published so far, from 0 on.
    Published {
        /// Taken by the client without an error.
        sent: u64,
        /// Refused by the client.
        failed: u64,
    },
    /// How many numbers have arrived so far on a subject.
    Collected {
        /// The subject.
        subject: String,
        /// Distinct numbers.
        received: u64,
        /// The highest of them.
        highest: u64,
        /// Numbers up to the highest that have not arrived.
        missing: u64,
        /// Arrivals of a number that had arrived already.
        repeated: u64,
    },
    /// `JetStream` has acknowledged a number.
    Acknowledged {
        /// The number.
        number: u64,
        /// Where it is stored.
        sequence: u64,
    },
    /// No acknowledgement of a number came in time.
    GivenUp {
        /// The number.
        number: u64,
    },
    /// A stream holds a number.
    Stored {
        /// The number.
        number: u64,
        /// Where.
        sequence: u64,
    },
    /// A stream holds no more than what was said.
    Listed,
    /// A server listens.
    Listening,
    /// A server has a new connection.
    Accepted {
        /// The client.
        peer: SocketAddr,
    },
    /// A client has a new connection.
    Opened {
        /// Its own port.
        local: u16,
    },
    /// A connection has ended, as this side of it saw.
    Ended {
        /// The client's port.
        port: u16,
        /// How; `Closed` in an orderly way.
        how: Failure,
    },
    /// A request is over.
    Polled {
        /// The client's port, if there was a connection.
        port: Option<u16>,
        /// How long it took, connecting included, in nanoseconds.
        took: u64,
        /// How it went.
        answer: Result<Answered, Failure>,
    },
    /// A name was looked up.
    Resolved {
        /// How long it took, in nanoseconds.
        took: u64,
        /// Its addresses.
        answer: Result<Vec<IpAddr>, Failure>,
    },
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Its status code.
    pub status: u16,
    /// Who answered.
    pub by: String,
}

/// Why something failed or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// ECONNRESET, or EPIPE after it.
    Reset,
    /// ECONNREFUSED.
    Refused,
    /// No answer in the time that was given.
    TimedOut,
    /// The other end closed in an orderly way.
    Closed,
    /// No route.
    Unreachable,
    /// Anything else, in its own words.
    Other(String),
}

impl Failure {
    /// The failure that an error or one of its causes is.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |error| cause(*error));
        let mut known = causes.filter_map(|error| error.downcast_ref::<io::Error>());
        known
            .find_map(|error| Self::of_kind(error.kind()))
            .unwrap_or_else(|| Self::Other(error.to_string()))
    }

    fn of_kind(kind: ErrorKind) -> Option<Self> {
        Some(match kind {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Self::Reset,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::TimedOut,
            ErrorKind::UnexpectedEof => Self::Closed,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Self::Unreachable,
            _ => return None,
        })
    }
}

/// What is behind an error. An `io::Error` that only carries another one passes over it in `source`.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let carried = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match carried {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}

/// Says something, now.
pub(crate) fn say(said: Said) {
    let line = Line {
        at: clock::now(),
        said,
    };
    let text = serde_json::to_string(&line).expect("a line is JSON");
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let line = Line {
            at: u64::MAX,
            said: Said::Polled {
                port: Some(40_000),
                took: 1,
                answer: Err(Failure::Other("odd".to_owned())),
            },
        };
        let text = serde_json::to_string(&line).unwrap();
        assert!(text.contains(r#""event":"polled""#), "{text}");
        assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
    }

    #[test]
    fn a_failure_is_found_among_the_causes() {
        let reset = io::Error::from(ErrorKind::ConnectionReset);
        assert_eq!(Failure::of(&io::Error::other(reset)), Failure::Reset);
        let odd = io::Error::other("odd");
        assert_eq!(Failure::of(&odd), Failure::Other("odd".to_owned()));
    }
}
