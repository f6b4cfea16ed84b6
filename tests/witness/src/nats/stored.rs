//! What a stream holds, read from the server.

use anyhow::Context;
use async_nats::jetstream;

use super::Connection;
use crate::args::NatsStored;
use crate::line::{Said, say};

pub(crate) async fn stored(args: NatsStored) -> anyhow::Result<()> {
    let connection = Connection::open(&args.client).await?;
    let stream = jetstream::new(connection.client)
        .get_stream(&args.stream)
        .await?;
    let state = &stream.cached_info().state;
    for sequence in state.first_sequence..=state.last_sequence {
        let message = stream.get_raw_message(sequence).await?;
        let text = std::str::from_utf8(&message.payload)?;
        let number = text.parse().context("the stream holds numbers")?;
        say(Said::Stored { number, sequence });
    }
    say(Said::Listed);
    // What it saw is to be read, and a container that ends is started again.
    std::future::pending().await
}
