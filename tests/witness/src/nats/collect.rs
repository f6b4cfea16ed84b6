//! A subscriber that knows which numbers have arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_nats::{Message, Subscriber};
use futures::StreamExt;

use super::Connection;
use crate::args::NatsCollect;
use crate::line::{Said, say};

/// What has arrived on each subject.
type Arrivals = Arc<Mutex<BTreeMap<String, Arrived>>>;

#[derive(Default)]
struct Arrived {
    numbers: BTreeSet<u64>,
    repeated: u64,
}

pub(crate) async fn collect(args: NatsCollect) -> anyhow::Result<()> {
    let connection = Connection::open(&args.client).await?;
    let messages = connection.client.subscribe(args.subject).await?;
    let arrivals = Arrivals::default();
    tokio::spawn(count(messages, Arc::clone(&arrivals)));
    connection
        .watch(|| {
            for (subject, arrived) in &*lock(&arrivals) {
                say(arrived.told(subject));
            }
        })
        .await
}

async fn count(mut messages: Subscriber, arrivals: Arrivals) {
    while let Some(message) = messages.next().await {
        // Subjects without numbers are others' business.
        if let Some(number) = number(&message) {
            let mut all = lock(&arrivals);
            let subject = message.subject.to_string();
            all.entry(subject).or_default().take(number);
        }
    }
}

/// The number that a message carries.
pub(super) fn number(message: &Message) -> Option<u64> {
    std::str::from_utf8(&message.payload).ok()?.parse().ok()
}

impl Arrived {
    fn take(&mut self, number: u64) {
        if !self.numbers.insert(number) {
            self.repeated += 1;
        }
    }

    fn told(&self, subject: &str) -> Said {
        let received = self.numbers.len() as u64;
        let highest = self.numbers.last().copied().unwrap_or_default();
        Said::Collected {
            subject: subject.to_owned(),
            received,
            highest,
            missing: (highest + 1).saturating_sub(received),
            repeated: self.repeated,
        }
    }
}

fn lock(arrivals: &Arrivals) -> std::sync::MutexGuard<'_, BTreeMap<String, Arrived>> {
    arrivals.lock().expect("no task panics with it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_counted_from_zero() {
        let mut arrived = Arrived::default();
        for number in [1, 4, 4, 2] {
            arrived.take(number);
        }
        let expected = Said::Collected {
            subject: "s".to_owned(),
            received: 3,
            highest: 4,
            missing: 2,
            repeated: 1,
        };
        assert_eq!(arrived.told("s"), expected);
    }
}
