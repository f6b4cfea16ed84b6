//! Messages that carry their number, so that a lost one has a name.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;

use super::{ANSWER, NatsClient};
use crate::bed::wait::eventually;

/// A background task that publishes numbers from 0 on; dropping it stops it.
#[derive(Debug)]
pub struct Publisher {
    sent: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
}

impl Publisher {
    /// How many numbers the client has taken without an error: 0 to this, exclusive.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }

    /// How many publishes gave an error.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::SeqCst)
    }

    /// Stops publishing and gives how many numbers were sent.
    #[track_caller]
    pub fn stop(self) -> u64 {
        self.stop.store(true, Ordering::SeqCst);
        let stopped = || self.stopped.load(Ordering::SeqCst).then_some(());
        eventually("the publisher stops", ANSWER, stopped);
        self.sent()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

/// The numbers that arrived for a subject.
#[derive(Debug, Clone, Default)]
pub struct Subscription {
    numbers: Arc<Mutex<BTreeSet<u64>>>,
}

impl Subscription {
    /// The numbers that arrived so far.
    pub fn numbers(&self) -> BTreeSet<u64> {
        self.numbers
            .lock()
            .expect("no thread panics with it")
            .clone()
    }

    /// How many arrived so far.
    pub fn count(&self) -> usize {
        self.numbers.lock().expect("no thread panics with it").len()
    }

    /// Waits until all of these have arrived.
    #[track_caller]
    pub fn await_all(&self, numbers: impl IntoIterator<Item = u64>, limit: Duration) {
        let wanted: BTreeSet<u64> = numbers.into_iter().collect();
        let what = format!("{} messages arrive, each of them", wanted.len());
        eventually(&what, limit, || {
            self.numbers().is_superset(&wanted).then_some(())
        });
    }

    /// Waits until `more` have arrived from now on.
    #[track_caller]
    pub fn await_more(&self, more: usize, limit: Duration) {
        let goal = self.count() + more;
        eventually("messages arrive", limit, || {
            (self.count() >= goal).then_some(())
        });
    }
}

impl NatsClient {
    /// Publishes numbers on a subject, one each `every`.
    pub fn publish_numbers(&self, subject: &str, every: Duration) -> Publisher {
        let publisher = Publisher {
            sent: Arc::default(),
            failed: Arc::default(),
            stop: Arc::default(),
            stopped: Arc::default(),
        };
        let (sent, failed) = (Arc::clone(&publisher.sent), Arc::clone(&publisher.failed));
        let (stop, stopped) = (Arc::clone(&publisher.stop), Arc::clone(&publisher.stopped));
        let (client, subject) = (self.client.clone(), subject.to_owned());
        self.runtime.spawn(async move {
            let mut clock = tokio::time::interval(every);
            for number in 0_u64.. {
                clock.tick().await;
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let payload = number.to_string().into();
                let counter = match client.publish(subject.clone(), payload).await {
                    Ok(()) => &sent,
                    Err(_) => &failed,
                };
                counter.fetch_add(1, Ordering::SeqCst);
            }
            stopped.store(true, Ordering::SeqCst);
        });
        publisher
    }

    /// Subscribes to a subject that carries numbers; returns when the server knows of it.
    #[track_caller]
    pub fn subscribe_numbers(&self, subject: &str) -> Subscription {
        let (client, subject) = (self.client.clone(), subject.to_owned());
        let subscribe = async move { client.subscribe(subject).await };
        let mut messages = self.run(subscribe, ANSWER).expect("a client can subscribe");
        self.flush(ANSWER)
            .expect("the server takes the subscription");
        let subscription = Subscription::default();
        let numbers = Arc::clone(&subscription.numbers);
        self.runtime.spawn(async move {
            while let Some(message) = messages.next().await {
                let text = String::from_utf8_lossy(&message.payload).into_owned();
                let number = text.parse().expect("the subject carries numbers");
                numbers
                    .lock()
                    .expect("no thread panics with it")
                    .insert(number);
            }
        });
        subscription
    }
}
