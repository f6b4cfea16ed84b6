//! A publisher whose messages the server acknowledges once they are stored.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::{self, Context, stream};

use super::{ANSWER, NatsClient};
use crate::bed::wait::eventually;

/// The stream, and the subject it stores.
const STREAM: &str = "ORDERS";

/// What became of each number that was published.
type Fates = Arc<Mutex<BTreeMap<u64, Result<u64, String>>>>;

/// A background task that publishes numbers from 0 on, each after the other was acknowledged or
/// given up; dropping it stops it.
#[derive(Debug)]
pub struct JetStreamPublisher {
    fates: Fates,
    stop: Arc<AtomicBool>,
    stopped: Arc<AtomicBool>,
}

impl JetStreamPublisher {
    /// The numbers that were acknowledged, with the sequence at which each is stored.
    pub fn acknowledged(&self) -> BTreeMap<u64, u64> {
        let fates = self.fates.lock().expect("no thread panics with it");
        fates
            .iter()
            .filter_map(|(number, fate)| Some((*number, *fate.as_ref().ok()?)))
            .collect()
    }

    /// How many numbers were given up.
    pub fn given_up(&self) -> usize {
        let fates = self.fates.lock().expect("no thread panics with it");
        fates.values().filter(|fate| fate.is_err()).count()
    }

    /// Waits until `more` numbers are acknowledged from now on.
    #[track_caller]
    pub fn await_more(&self, more: usize, limit: Duration) {
        let goal = self.acknowledged().len() + more;
        let reached = || (self.acknowledged().len() >= goal).then_some(());
        eventually("JetStream acknowledges", limit, reached);
    }

    /// Stops publishing and gives what was acknowledged.
    #[track_caller]
    pub fn stop(self) -> BTreeMap<u64, u64> {
        self.stop.store(true, Ordering::SeqCst);
        let stopped = || self.stopped.load(Ordering::SeqCst).then_some(());
        eventually("the publisher stops", ANSWER * 2, stopped);
        self.acknowledged()
    }
}

impl Drop for JetStreamPublisher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl NatsClient {
    /// Makes a stream that stores the subject `orders`.
    #[track_caller]
    pub fn create_stream(&self) {
        let context = self.context();
        let config = stream::Config {
            name: STREAM.to_owned(),
            subjects: vec![STREAM.to_lowercase()],
            ..stream::Config::default()
        };
        let create = async move { context.create_stream(config).await.map(drop) };
        self.run(create, ANSWER).expect("nats-server has JetStream");
    }

    /// Publishes numbers to the stream, one each `every` at most, waiting up to `patience` for
    /// each acknowledgement.
    pub fn publish_orders(&self, every: Duration, patience: Duration) -> JetStreamPublisher {
        let publisher = JetStreamPublisher {
            fates: Arc::default(),
            stop: Arc::default(),
            stopped: Arc::default(),
        };
        let fates = Arc::clone(&publisher.fates);
        let (stop, stopped) = (Arc::clone(&publisher.stop), Arc::clone(&publisher.stopped));
        let mut context = self.context();
        context.set_timeout(patience);
        self.runtime.spawn(async move {
            let mut clock = tokio::time::interval(every);
            for number in 0_u64.. {
                clock.tick().await;
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let fate = publish(&context, number).await;
                fates
                    .lock()
                    .expect("no thread panics with it")
                    .insert(number, fate);
            }
            stopped.store(true, Ordering::SeqCst);
        });
        publisher
    }

    /// The number stored at a sequence of the stream.
    #[track_caller]
    pub fn stored_order(&self, sequence: u64) -> Option<u64> {
        let context = self.context();
        let fetch = async move {
            let stream = context.get_stream(STREAM).await.ok()?;
            let message = stream.get_raw_message(sequence).await.ok()?;
            String::from_utf8_lossy(&message.payload).parse().ok()
        };
        self.run(fetch, ANSWER)
    }

    fn context(&self) -> Context {
        // A context starts a task of its own.
        let _inside = self.runtime.enter();
        jetstream::new(self.client.clone())
    }
}

async fn publish(context: &Context, number: u64) -> Result<u64, String> {
    let payload = number.to_string().into();
    let sent = context.publish(STREAM.to_lowercase(), payload).await;
    let acknowledged = sent.map_err(|error| error.to_string())?.await;
    acknowledged
        .map(|ack| ack.sequence)
        .map_err(|error| error.to_string())
}
