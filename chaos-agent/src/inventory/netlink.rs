//! A synchronous netlink socket: a request and its list, its one answer, or its acknowledgement.

mod error;
mod wire;

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use netlink_packet_core::{
    DecodeError, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use netlink_sys::{Socket, SocketAddr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use wire::{Step, step};

pub use error::NetlinkError;
pub(super) use wire::messages;
pub(crate) use wire::{attributes, number};

/// The kernel fills reads of up to 32 KiB (`max_recvmsg_len` in `net/netlink/af_netlink.c`); a
/// single message may be larger.
const READ: usize = 64 * 1024;
/// How often a list is asked for until the kernel calls it consistent.
const TRIES: usize = 8;
/// The kernel answers at once, so a longer silence is a fault, never a wait.
const SILENCE: Duration = Duration::from_secs(2);

/// A socket bound to the namespace of the thread that opened it.
#[derive(Debug)]
pub(crate) struct Netlink {
    subject: &'static str,
    socket: Socket,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Netlink {
    /// Opens a socket of `protocol` (`NETLINK_…`) to ask for `subject`.
    pub(crate) fn open(protocol: isize, subject: &'static str) -> Result<Self, NetlinkError> {
        let socket =
            connected(protocol).map_err(|source| NetlinkError::Socket { subject, source })?;
        Ok(Self {
            subject,
            socket,
            buffer: vec![0; READ],
            sequence: 0,
        })
    }

    /// All items of a list. A list that changed while it was read is read again.
    pub(crate) fn list<T>(
        &mut self,
        request: &(impl NetlinkSerializable + Clone),
        parse: impl Fn(&[u8]) -> Result<Option<T>, DecodeError>,
    ) -> Result<Vec<T>, NetlinkError> {
        let mut items = Vec::new();
        for _ in 0..TRIES {
            items.clear();
            self.send(request.clone(), NLM_F_REQUEST | NLM_F_DUMP)?;
            if self.receive_list(&mut items, &parse)? {
                return Ok(items);
            }
        }
        Err(NetlinkError::Unsteady {
            subject: self.subject,
            tries: TRIES,
        })
    }

    /// The one answer to a question.
    pub(crate) fn ask<T>(
        &mut self,
        request: impl NetlinkSerializable,
        parse: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, NetlinkError> {
        let subject = self.subject;
        self.send(request, NLM_F_REQUEST)?;
        loop {
            let size = self.receive()?;
            for message in messages(&self.buffer[..size]) {
                let message = message.map_err(|source| malformed(subject, source))?;
                if let Step::Item(payload) = step(subject, self.sequence, &message)? {
                    return parse(payload).map_err(|source| malformed(subject, source));
                }
            }
        }
    }

    /// Asks for a change, with further `NLM_F_…` flags, and waits until the kernel has made it. `what`
    /// says it in a message.
    pub(crate) fn change(
        &mut self,
        request: impl NetlinkSerializable,
        flags: u16,
        what: &'static str,
    ) -> Result<(), NetlinkError> {
        let subject = self.subject;
        self.send(request, NLM_F_REQUEST | NLM_F_ACK | flags)?;
        loop {
            let size = self.receive()?;
            for message in messages(&self.buffer[..size]) {
                let message = message.map_err(|source| malformed(subject, source))?;
                match step(subject, self.sequence, &message) {
                    Ok(Step::End) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => return Err(error.of_change(what)),
                }
            }
        }
    }

    /// Reads a list to its end; whether it was consistent.
    fn receive_list<T>(
        &mut self,
        items: &mut Vec<T>,
        parse: impl Fn(&[u8]) -> Result<Option<T>, DecodeError>,
    ) -> Result<bool, NetlinkError> {
        let subject = self.subject;
        let mut steady = true;
        loop {
            let size = self.receive()?;
            for message in messages(&self.buffer[..size]) {
                let message = message.map_err(|source| malformed(subject, source))?;
                steady &= message.flags() & NLM_F_DUMP_INTR == 0;
                match step(subject, self.sequence, &message)? {
                    Step::Skip => {}
                    Step::End => return Ok(steady),
                    Step::Item(payload) => {
                        items.extend(parse(payload).map_err(|source| malformed(subject, source))?);
                    }
                }
            }
        }
    }

    fn send(&mut self, request: impl NetlinkSerializable, flags: u16) -> Result<(), NetlinkError> {
        self.sequence += 1;
        let mut header = NetlinkHeader::default();
        header.flags = flags;
        header.sequence_number = self.sequence;
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
        message.finalize();
        let mut bytes = vec![0; message.buffer_len()];
        message.serialize(&mut bytes);
        self.socket
            .send(&bytes, 0)
            .map(drop)
            .map_err(|source| self.broken(source))
    }

    fn receive(&mut self) -> Result<usize, NetlinkError> {
        loop {
            match self.socket.recv(&mut &mut self.buffer[..], 0) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|source| self.broken(source)),
            }
        }
    }

    fn broken(&self, source: io::Error) -> NetlinkError {
        NetlinkError::Socket {
            subject: self.subject,
            source,
        }
    }
}

fn connected(protocol: isize) -> io::Result<Socket> {
    let mut socket = Socket::new(protocol)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    set_socket_timeout(socket.as_fd(), Timeout::Recv, Some(SILENCE))?;
    Ok(socket)
}

fn malformed(subject: &'static str, source: DecodeError) -> NetlinkError {
    NetlinkError::Malformed { subject, source }
}
