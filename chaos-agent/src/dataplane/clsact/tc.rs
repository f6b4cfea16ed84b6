//! Qdiscs and filters of the calling thread's namespace, listed, made and removed (rtnetlink(7)).

use std::os::fd::RawFd;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    RouteNetlinkMessage,
    tc::{
        TcAttribute, TcBpfFlags, TcFilterBpf, TcFilterBpfOption, TcHandle, TcHeader, TcMessage,
        TcOption,
    },
};
use netlink_sys::protocols::NETLINK_ROUTE;

use super::{
    Mark,
    filter::{ALL_PROTOCOLS, Filter, HANDLE, PRIORITY, Qdisc, Side},
};
use crate::inventory::{Netlink, NetlinkError};

/// The handle of every clsact qdisc.
const QDISC: TcHandle = TcHandle {
    major: u16::MAX,
    minor: 0,
};

/// A socket in the namespace of the thread that opened it.
pub(super) struct Tc(Netlink);

impl Tc {
    pub(super) fn open() -> Result<Self, NetlinkError> {
        Netlink::open(NETLINK_ROUTE, "traffic control").map(Self)
    }

    /// The qdiscs on the way in, of all interfaces.
    pub(super) fn qdiscs(&mut self) -> Result<Vec<Qdisc>, NetlinkError> {
        let all = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
        self.0.list(&all, Qdisc::parse)
    }

    /// The filters on one side of an interface that has a clsact qdisc.
    pub(super) fn filters(
        &mut self,
        ifindex: u32,
        side: Side,
    ) -> Result<Vec<Filter>, NetlinkError> {
        let of_side = TcMessage::from_parts(header(ifindex, side.parent()), Vec::new());
        let request = RouteNetlinkMessage::GetTrafficFilter(of_side);
        self.0.list(&request, Filter::parse)
    }

    /// Adds a clsact qdisc where there is none.
    pub(super) fn add_qdisc(&mut self, ifindex: u32) -> Result<(), NetlinkError> {
        let request = RouteNetlinkMessage::NewQueueDiscipline(qdisc(ifindex));
        let once = NLM_F_CREATE | NLM_F_EXCL;
        let what = "add a clsact qdisc (module sch_ingress)";
        self.0.change(request, once, what)
    }

    /// Removes the clsact qdisc with all its filters.
    pub(super) fn remove_qdisc(&mut self, ifindex: u32) -> Result<(), NetlinkError> {
        let request = RouteNetlinkMessage::DelQueueDiscipline(qdisc(ifindex));
        self.0.change(request, 0, "remove a clsact qdisc")
    }

    /// Adds netfault's filter with this program, which is judged first: the latest of a priority is.
    pub(super) fn add_filter(
        &mut self,
        ifindex: u32,
        side: Side,
        program: RawFd,
        mark: Mark,
    ) -> Result<(), NetlinkError> {
        let options = [
            TcFilterBpfOption::ProgFd(program.cast_unsigned()),
            TcFilterBpfOption::ProgName(mark.name(side)),
            TcFilterBpfOption::Flags(TcBpfFlags::DirectAction),
        ];
        let mut message = filter(ifindex, side);
        let options = options.map(TcOption::Bpf).into();
        message.attributes.push(TcAttribute::Options(options));
        let request = RouteNetlinkMessage::NewTrafficFilter(message);
        let once = NLM_F_CREATE | NLM_F_EXCL;
        let what = "add a BPF filter (module cls_bpf)";
        self.0.change(request, once, what)
    }

    /// Removes netfault's filter, and no other.
    pub(super) fn remove_filter(&mut self, ifindex: u32, side: Side) -> Result<(), NetlinkError> {
        let request = RouteNetlinkMessage::DelTrafficFilter(filter(ifindex, side));
        self.0.change(request, 0, "remove a BPF filter")
    }
}

fn qdisc(ifindex: u32) -> TcMessage {
    let header = TcHeader {
        handle: QDISC,
        ..header(ifindex, TcHandle::CLSACT)
    };
    TcMessage::from_parts(header, vec![TcAttribute::Kind("clsact".to_owned())])
}

/// Netfault's filter on one side of an interface.
fn filter(ifindex: u32, side: Side) -> TcMessage {
    let header = TcHeader {
        handle: HANDLE.into(),
        info: u32::from(PRIORITY) << 16 | u32::from(ALL_PROTOCOLS.to_be()),
        ..header(ifindex, side.parent())
    };
    let kind = TcFilterBpf::KIND.to_owned();
    TcMessage::from_parts(header, vec![TcAttribute::Kind(kind)])
}

fn header(ifindex: u32, parent: TcHandle) -> TcHeader {
    TcHeader {
        index: ifindex.cast_signed(),
        parent,
        ..TcHeader::default()
    }
}
