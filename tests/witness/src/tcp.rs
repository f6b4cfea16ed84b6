//! Connections that nothing is sent on.

use anyhow::Context;
use futures::future::join_all;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::args::TcpHold;
use crate::line::{Failure, Said, say};

pub(crate) async fn hold(args: TcpHold) -> anyhow::Result<()> {
    let held = (0..args.count).map(|_| hold_one(&args.server));
    let ended: anyhow::Result<Vec<()>> = join_all(held).await.into_iter().collect();
    ended?;
    // What it saw is to be read, and a container that ends is started again.
    std::future::pending().await
}

async fn hold_one(server: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(server)
        .await
        .with_context(|| format!("could not connect to {server}"))?;
    let port = stream.local_addr()?.port();
    say(Said::Opened { local: port });
    let how = loop {
        match stream.read(&mut [0; 512]).await {
            Ok(0) => break Failure::Closed,
            Ok(_) => (),
            Err(error) => break Failure::of(&error),
        }
    };
    say(Said::Ended { port, how });
    Ok(())
}
