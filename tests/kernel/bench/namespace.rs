//! A network namespace of a test's own, made without any program: in a virtual machine the suite is
//! the only one there is.

use std::fs;
use std::io;
use std::{panic, thread};

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkFlags, LinkMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::sched::{CloneFlags, unshare};
use rustix::process::getpid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The loopback interface, the first of every namespace.
pub(crate) const LOOPBACK: u32 = 1;

/// Runs `body` on a thread with a namespace of its own, in which loopback is up. The thread stays
/// on one CPU, so that what it sends is delivered in order.
pub(crate) fn inside<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    let fresh = || {
        unshare(CloneFlags::CLONE_NEWNET).expect("root may make a network namespace");
        stay_on(cpus()[0]);
        set_loopback(true);
        body()
    };
    let outcome = thread::scope(|scope| scope.spawn(fresh).join());
    outcome.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}

/// Sets loopback of the calling thread's namespace up or down.
pub(crate) fn set_loopback(up: bool) {
    let mut link = LinkMessage::default();
    link.header.index = LOOPBACK;
    link.header.change_mask = LinkFlags::Up;
    if up {
        link.header.flags = LinkFlags::Up;
    }
    request(RouteNetlinkMessage::SetLink(link)).expect("root may set an interface up and down");
}

fn request(message: RouteNetlinkMessage) -> io::Result<()> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_ACK;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(message));
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0)?;
    let (answer, _) = socket.recv_from_full()?;
    let answer = NetlinkMessage::<RouteNetlinkMessage>::deserialize(&answer);
    match answer.map_err(io::Error::other)?.payload {
        NetlinkPayload::Error(error) if error.code.is_some() => Err(error.to_io()),
        _ => Ok(()),
    }
}

/// The CPUs that this process may run on, by its first thread.
pub(crate) fn cpus() -> Vec<usize> {
    let allowed = sched_getaffinity(Some(getpid())).expect("a process knows its CPUs");
    (0..CpuSet::MAX_CPU)
        .filter(|cpu| allowed.is_set(*cpu))
        .collect()
}

/// Runs the calling thread on one CPU from now on.
pub(crate) fn stay_on(cpu: usize) {
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one).expect("a thread may choose among its CPUs");
}

/// Lets IPv4 take packets whose source and destination are both its own, as IPv6 does on loopback.
pub(crate) fn let_loopback_talk_to_itself() {
    for setting in ["accept_local", "route_localnet"] {
        let path = format!("/proc/sys/net/ipv4/conf/lo/{setting}");
        fs::write(path, "1").expect("a namespace of our own");
    }
}
