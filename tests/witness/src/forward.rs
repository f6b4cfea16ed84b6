//! A sidecar: passes on what the kernel redirects to it, to where it was going.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::net::sockopt::{ip_original_dst, set_socket_linger};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::args::Forward;
use crate::line::{Failure, Said, say};

pub(crate) async fn forward(args: Forward) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, args.port)).await?;
    say(Said::Listening);
    loop {
        let (stream, peer) = listener.accept().await?;
        say(Said::Accepted { peer });
        tokio::spawn(pass(stream, peer.port()));
    }
}

/// Passes on one connection, and the way in which it ends.
async fn pass(mut inner: TcpStream, port: u16) {
    let how = match copy(&mut inner).await {
        Ok(()) => Failure::Closed,
        Err(error) => {
            // Without a wait for what is still to be sent, closing resets.
            let _ = set_socket_linger(&inner, Some(Duration::ZERO));
            Failure::of(&error)
        }
    };
    drop(inner);
    say(Said::Ended { port, how });
}

async fn copy(inner: &mut TcpStream) -> io::Result<()> {
    let target = SocketAddr::V4(ip_original_dst(&*inner)?);
    let mut outer = TcpStream::connect(target).await?;
    inner.set_nodelay(true)?;
    outer.set_nodelay(true)?;
    copy_bidirectional(inner, &mut outer).await?;
    Ok(())
}
