//! Reading what witnesses said.

use std::net::IpAddr;
use std::time::Duration;

use chaos_witness::{Answered, Failure, Line, Said};

/// Lines of one witness, in the order in which it said them.
#[derive(Debug, Clone, Default)]
pub struct Lines(pub Vec<Line>);

/// Before a whole line of a container's standard output, in its log on the node, after the time
/// (Kubernetes' CRI logging format).
const OWN: &str = " stdout F ";

/// Reads a container's log on its node.
#[track_caller]
pub(super) fn lines_from(log: &str) -> Lines {
    // What follows the last line's end is being written.
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let own = whole.lines().filter_map(|line| line.split_once(OWN));
    let json = own.map(|(_, own)| own).filter(|own| own.starts_with('{'));
    let parse = |line| {
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("no witness says: {line}: {error}"))
    };
    Lines(json.map(parse).collect())
}

impl Lines {
    /// The lines from a time on, in nanoseconds of the boot clock.
    #[must_use]
    pub fn from(&self, at: u64) -> Self {
        self.between(at, u64::MAX)
    }

    /// The lines from a time on and before another.
    #[must_use]
    pub fn between(&self, from: u64, until: u64) -> Self {
        let all = self
            .0
            .iter()
            .filter(|line| (from..until).contains(&line.at));
        Self(all.cloned().collect())
    }

    /// What the lines that are chosen hold, and when they were said.
    pub fn pick<T>(&self, choose: impl Fn(&Said) -> Option<T>) -> Vec<(u64, T)> {
        let all = self.0.iter();
        all.filter_map(|line| Some((line.at, choose(&line.said)?)))
            .collect()
    }

    /// The ids by which a NATS server knew the connections.
    pub fn connects(&self) -> Vec<(u64, u64)> {
        self.pick(|said| match said {
            Said::Connected { client } => Some(*client),
            _ => None,
        })
    }

    /// When a NATS client lost its connection.
    pub fn disconnects(&self) -> Vec<u64> {
        let lost = self.pick(|said| matches!(said, Said::Disconnected).then_some(()));
        lost.into_iter().map(|(at, ())| at).collect()
    }

    /// The latest totals of a publisher: sent and failed.
    pub fn published(&self) -> (u64, u64) {
        let totals = self.pick(|said| match said {
            Said::Published { sent, failed } => Some((*sent, *failed)),
            _ => None,
        });
        totals.last().map(|(_, totals)| *totals).unwrap_or_default()
    }

    /// The latest totals of a collector for a subject: received, missing, repeated.
    pub fn collected(&self, wanted: &str) -> (u64, u64, u64) {
        let totals = self.pick(|said| match said {
            Said::Collected {
                subject,
                received,
                missing,
                repeated,
                ..
            } if subject == wanted => Some((*received, *missing, *repeated)),
            _ => None,
        });
        totals.last().map(|(_, totals)| *totals).unwrap_or_default()
    }

    /// How requests went, and when they were over.
    pub fn polls(&self) -> Vec<(u64, Result<Answered, Failure>)> {
        self.pick(|said| match said {
            Said::Polled { answer, .. } => Some(answer.clone()),
            _ => None,
        })
    }

    /// The requests that began at a time or later, in the order in which they began.
    #[must_use]
    pub fn begun_from(&self, since: u64) -> Self {
        let begun = |line: &&Line| start(line).is_some_and(|start| start >= since);
        let mut requests: Vec<_> = self.0.iter().filter(begun).cloned().collect();
        requests.sort_by_key(start);
        Self(requests)
    }

    /// How long the answered requests took.
    pub fn took(&self) -> Vec<Duration> {
        let took = self.pick(|said| match said {
            Said::Polled {
                took,
                answer: Ok(_),
                ..
            } => Some(Duration::from_nanos(*took)),
            _ => None,
        });
        took.into_iter().map(|(_, took)| took).collect()
    }

    /// How long the requests took that failed in this way.
    pub fn failed_after(&self, failure: &Failure) -> Vec<Duration> {
        let took = self.pick(|said| match said {
            Said::Polled {
                took,
                answer: Err(how),
                ..
            } if how == failure => Some(Duration::from_nanos(*took)),
            _ => None,
        });
        took.into_iter().map(|(_, took)| took).collect()
    }

    /// The requests that failed: how, and when they were over.
    pub fn failures(&self) -> Vec<(u64, Failure)> {
        let polls = self.polls().into_iter();
        polls
            .filter_map(|(at, answer)| Some((at, answer.err()?)))
            .collect()
    }

    /// How many requests were answered.
    pub fn answers(&self) -> usize {
        let polls = self.polls();
        polls.iter().filter(|(_, answer)| answer.is_ok()).count()
    }

    /// The client's port of each request that was answered.
    pub fn answered_on(&self) -> Vec<u16> {
        let ports = self.pick(|said| match said {
            Said::Polled {
                port,
                answer: Ok(_),
                ..
            } => *port,
            _ => None,
        });
        ports.into_iter().map(|(_, port)| port).collect()
    }

    /// How look-ups of a name went.
    pub fn looked_up(&self) -> Vec<Result<Vec<IpAddr>, Failure>> {
        let answers = self.pick(|said| match said {
            Said::Resolved { answer, .. } => Some(answer.clone()),
            _ => None,
        });
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// How connections ended, and when: the client's port, and how.
    pub fn ends(&self) -> Vec<(u64, (u16, Failure))> {
        self.pick(|said| match said {
            Said::Ended { port, how } => Some((*port, how.clone())),
            _ => None,
        })
    }

    /// The ports of the connections that are open.
    pub fn open(&self) -> Vec<u16> {
        let mut open = Vec::new();
        for line in &self.0 {
            match &line.said {
                Said::Opened { local } => open.push(*local),
                Said::Accepted { peer } => open.push(peer.port()),
                Said::Ended { port, .. } => open.retain(|one| one != port),
                _ => (),
            }
        }
        open
    }
}

/// When the request began that a line is about.
fn start(line: &Line) -> Option<u64> {
    match line.said {
        Said::Polled { took, .. } => Some(line.at - took),
        _ => None,
    }
}

/// A span in the unit of witnesses' times.
pub fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).expect("spans of tests are short")
}
