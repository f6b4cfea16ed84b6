//! A client that asks again and again, on connections that it keeps or on new ones.

use std::time::Instant;

use anyhow::bail;
use bytes::Bytes;
use futures::future::try_join_all;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::watched::Watched;
use crate::args::HttpPoll;
use crate::clock::nanoseconds;
use crate::line::{Answered, Failure, Said, say};

/// How much of an answer is told: the longest name of a pod (RFC 1123).
const NAME: usize = 253;

pub(crate) async fn poll(args: HttpPoll) -> anyhow::Result<()> {
    let lanes = args.keep_alive.unwrap_or(args.lanes);
    try_join_all((0..lanes).map(|_| Lane::new(&args).run())).await?;
    Ok(())
}

/// Requests that follow each other.
struct Lane<'a> {
    args: &'a HttpPoll,
    kept: Option<Kept>,
}

/// A connection.
struct Kept {
    port: u16,
    sender: SendRequest<Empty<Bytes>>,
}

impl<'a> Lane<'a> {
    fn new(args: &'a HttpPoll) -> Self {
        Self { args, kept: None }
    }

    /// Ends only where a failure ends it.
    async fn run(mut self) -> anyhow::Result<()> {
        let mut clock = interval(self.args.pace);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            clock.tick().await;
            let answer = self.ask().await;
            if let (true, Err(how)) = (self.args.fragile, answer) {
                bail!("{}: {how:?}", self.args.server);
            }
        }
    }

    async fn ask(&mut self) -> Result<Answered, Failure> {
        let (start, limit) = (Instant::now(), self.args.timeout);
        let mut port = None;
        let answer = timeout(limit, self.request(&mut port)).await;
        let answer = answer.unwrap_or(Err(Failure::TimedOut));
        if answer.is_err() || self.args.keep_alive.is_none() {
            self.kept = None;
        }
        say(Said::Polled {
            port,
            took: nanoseconds(start.elapsed()),
            answer: answer.clone(),
        });
        answer
    }

    /// One request on the kept connection, or on a new one where there is none that lives.
    async fn request(&mut self, port: &mut Option<u16>) -> Result<Answered, Failure> {
        let kept = match self.kept.take().filter(|kept| !kept.sender.is_closed()) {
            Some(kept) => kept,
            None => connect(&self.args.server).await?,
        };
        let kept = self.kept.insert(kept);
        *port = Some(kept.port);
        let request = Request::get(&self.args.path)
            .header(HOST, &self.args.server)
            .body(Empty::new())
            .map_err(|error| Failure::of(&error))?;
        let response = kept.sender.send_request(request).await;
        let response = response.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        let body = body.map_err(|error| failure(&error))?.to_bytes();
        Ok(Answered {
            status,
            by: String::from_utf8_lossy(&body[..body.len().min(NAME)]).into_owned(),
        })
    }
}

async fn connect(server: &str) -> Result<Kept, Failure> {
    let dial = async {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let port = stream.local_addr()?.port();
        Ok::<_, std::io::Error>((stream, port))
    };
    let (stream, port) = dial.await.map_err(|error| Failure::of(&error))?;
    let (stream, fate) = Watched::new(stream);
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    say(Said::Opened { local: port });
    tokio::spawn(async move {
        drop(connection.await);
        let how = fate.told();
        say(Said::Ended { port, how });
    });
    Ok(Kept { port, sender })
}

/// A request on a connection that has just broken is one that was reset.
fn failure(error: &hyper::Error) -> Failure {
    if error.is_incomplete_message() || error.is_closed() {
        Failure::Closed
    } else {
        Failure::of(error)
    }
}
