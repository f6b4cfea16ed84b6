//! A publisher of numbers, which either counts them or has each acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_nats::Client;
use async_nats::jetstream::{self, Context, stream};

use super::Connection;
use crate::args::NatsPublish;
use crate::line::{Said, say};

/// How many numbers the client took, and how many it did not.
#[derive(Default)]
struct Totals {
    sent: AtomicU64,
    failed: AtomicU64,
}

pub(crate) async fn publish(args: NatsPublish) -> anyhow::Result<()> {
    let connection = Connection::open(&args.client).await?;
    let client = connection.client.clone();
    let totals = Arc::new(Totals::default());
    match args.stream.clone() {
        Some(stream) => drop(tokio::spawn(publish_stored(client, args, stream))),
        None => drop(tokio::spawn(publish_counted(
            client,
            args,
            Arc::clone(&totals),
        ))),
    }
    connection
        .watch(|| {
            say(Said::Published {
                sent: totals.sent.load(Relaxed),
                failed: totals.failed.load(Relaxed),
            });
        })
        .await
}

async fn publish_counted(client: Client, args: NatsPublish, totals: Arc<Totals>) {
    let mut clock = tokio::time::interval(args.pace);
    for number in 0_u64.. {
        clock.tick().await;
        let published = client.publish(args.subject.clone(), number.to_string().into());
        let counter = match published.await {
            Ok(()) => &totals.sent,
            Err(_) => &totals.failed,
        };
        counter.fetch_add(1, Relaxed);
    }
}

async fn publish_stored(client: Client, args: NatsPublish, stream: String) {
    let mut context = jetstream::new(client);
    context.set_timeout(args.patience);
    while let Err(text) = create(&context, &stream, &args.subject).await {
        say(Said::Problem { text });
    }
    let mut clock = tokio::time::interval(args.pace);
    for number in 0_u64.. {
        clock.tick().await;
        let said = match store(&context, &args.subject, number).await {
            Ok(sequence) => Said::Acknowledged { number, sequence },
            Err(_) => Said::GivenUp { number },
        };
        say(said);
    }
}

async fn create(context: &Context, name: &str, subject: &str) -> Result<(), String> {
    let config = stream::Config {
        name: name.to_owned(),
        subjects: vec![subject.to_owned()],
        ..stream::Config::default()
    };
    let created = context.get_or_create_stream(config).await;
    created.map(drop).map_err(|error| error.to_string())
}

async fn store(
    context: &Context,
    subject: &str,
    number: u64,
) -> Result<u64, jetstream::context::PublishError> {
    let sent = context.publish(subject.to_owned(), number.to_string().into());
    Ok(sent.await?.await?.sequence)
}
