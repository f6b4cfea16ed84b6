//! Connections that send nothing, and the actor that resets them.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use chaos_abi::{ActorAnswer, Flow, frame::skeleton};
use chaos_agent::dataplane::Program;

use super::Bench;
use super::namespace::LOOPBACK;
use super::packet::{Body, Packet};

/// An idle connection over loopback.
pub(crate) struct Idle {
    ends: [TcpStream; 2],
    flow: Flow,
    v6: bool,
}

impl Idle {
    pub(crate) fn open(address: &str) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let listener = TcpListener::bind((address, 0)).expect("a port is free");
        let near = TcpStream::connect(listener.local_addr().expect("it is bound"));
        let near = near.expect("it listens");
        let (far, _) = listener.accept().expect("it was connected to");
        for end in [&near, &far] {
            let patience = Some(Duration::from_secs(10));
            end.set_read_timeout(patience)
                .expect("a socket takes a timeout");
        }
        Self {
            flow: flow(
                near.local_addr().expect("connected"),
                near.peer_addr().expect("connected"),
            ),
            ends: [near, far],
            v6: address.is_ipv6(),
        }
    }

    /// The port of its end that is taken for the target's.
    pub(crate) fn local_port(&self) -> u16 {
        u16::from_be_bytes(self.flow.local_port)
    }

    /// What the actor answers for it, and the slot.
    pub(crate) fn answer(&self, bench: &mut Bench) -> (ActorAnswer, u16) {
        actor(bench, &self.flow, self.v6)
    }

    pub(crate) fn must_be_reset(&mut self) {
        for end in &mut self.ends {
            let error = end.read(&mut [0]).expect_err("it was reset");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }

    pub(crate) fn must_be_alive(&mut self) {
        let [near, far] = &mut self.ends;
        near.write_all(b"x").expect("it is alive");
        far.read_exact(&mut [0]).expect("it is alive");
    }
}

/// Runs the actor on a flow.
pub(crate) fn actor(bench: &mut Bench, flow: &Flow, v6: bool) -> (ActorAnswer, u16) {
    let (frame, length) = skeleton(flow, v6);
    act(bench, &frame[..length])
}

/// Runs the actor on a frame.
pub(crate) fn act(bench: &mut Bench, frame: &[u8]) -> (ActorAnswer, u16) {
    let verdict = bench.dataplane.run(Program::Actor, frame, LOOPBACK);
    let code = verdict.expect("the kernel runs the actor").code;
    ActorAnswer::from_return(code.cast_unsigned()).expect("a known answer")
}

/// The flow of a connection.
pub(crate) fn flow(local: SocketAddr, peer: SocketAddr) -> Flow {
    let segment = Body::Tcp {
        seq: 0,
        ack: 0,
        flags: 0,
    };
    Packet::new(local, peer, segment).flow()
}
