//! A server that answers with its own name, or with as much as it is asked for.

use std::convert::Infallible;
use std::net::Ipv6Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::watched::Watched;
use crate::args::HttpServe;
use crate::line::{Said, say};

/// Before the time after which a request for it is answered, in milliseconds.
const SLOW: &str = "/slow/";

/// Before the length of an answer.
const BYTES: &str = "/bytes/";

pub(crate) async fn serve(args: HttpServe) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, args.port)).await?;
    let name = Bytes::from(args.name);
    say(Said::Listening);
    loop {
        let (stream, peer) = listener.accept().await?;
        say(Said::Accepted { peer });
        stream.set_nodelay(true)?;
        tokio::spawn(serve_one(stream, peer.port(), name.clone()));
    }
}

async fn serve_one(stream: TcpStream, port: u16, name: Bytes) {
    let service = service_fn(move |request| answer(request, name.clone()));
    let mut server = http1::Builder::new();
    // Idle connections are what some tests are about.
    let (stream, fate) = Watched::new(stream);
    let connection = server
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
    let how = fate.told();
    say(Said::Ended { port, how });
}

async fn answer(
    request: Request<Incoming>,
    name: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let number = |prefix| path.strip_prefix(prefix)?.parse::<u32>().ok();
    if let Some(wait) = number(SLOW) {
        tokio::time::sleep(Duration::from_millis(wait.into())).await;
    }
    let body = number(BYTES).map_or(name, |length| vec![b'.'; length as usize].into());
    Ok(Response::new(Full::new(body)))
}
