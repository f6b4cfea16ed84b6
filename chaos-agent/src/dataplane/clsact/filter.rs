//! Filters and qdiscs as the kernel lists them, and how netfault's own are known.

use std::fmt;

use netlink_packet_core::{DecodeError, NlaBuffer};
use netlink_packet_route::tc::TcHandle;

use super::{Mark, Program};
use crate::inventory::{attributes, number};

/// The first priority: a filter without one is given a later one (`tcf_auto_prio`, `net/sched/cls_api.c`).
pub(super) const PRIORITY: u16 = 1;

/// The handle of netfault's filters, far from those that the kernel gives, which count from 1
/// (`cls_bpf_change`, `net/sched/cls_bpf.c`).
pub(super) const HANDLE: u32 = 0x6e66_0001;

/// `ETH_P_ALL` of `linux/if_ether.h`.
pub(super) const ALL_PROTOCOLS: u16 = 3;

/// Size of `struct tcmsg`, `linux/rtnetlink.h`.
const HEADER: usize = 20;

/// Attributes of `linux/rtnetlink.h` and `linux/pkt_cls.h`.
const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_CHAIN: u16 = 11;
const TCA_BPF_NAME: u16 = 7;
const TCA_BPF_ID: u16 = 11;

/// Where on an interface filters run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Ingress,
    Egress,
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    pub(super) const fn program(self) -> Program {
        match self {
            Self::Ingress => Program::Ingress,
            Self::Egress => Program::Egress,
        }
    }

    /// What the kernel calls it, below the clsact qdisc.
    pub(super) const fn parent(self) -> TcHandle {
        let minor = match self {
            Self::Ingress => TcHandle::MIN_INGRESS,
            Self::Egress => TcHandle::MIN_EGRESS,
        };
        TcHandle {
            major: u16::MAX,
            minor,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// The qdisc on an interface's way in, of which there is one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Qdisc {
    pub(super) ifindex: u32,
    /// Whether it has a way out, too.
    pub(super) is_clsact: bool,
}

impl Qdisc {
    /// `None` for one elsewhere on an interface.
    pub(super) fn parse(payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let header = Header::of(payload)?;
        if header.parent != u32::from(TcHandle::CLSACT) {
            return Ok(None);
        }
        let mut is_clsact = false;
        for attribute in attributes(payload, HEADER) {
            let attribute = attribute?;
            is_clsact |= attribute.kind() == TCA_KIND && text(&attribute) == "clsact";
        }
        Ok(Some(Self {
            ifindex: header.ifindex,
            is_clsact,
        }))
    }
}

/// A filter, or the list of those that share kind and priority.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    kind: String,
    priority: u16,
    protocol: u16,
    chain: u32,
    /// What makes it netfault's.
    pub(super) mark: Option<Mark>,
    /// The kernel's number of its BPF program; 0 where it has none.
    pub(super) program: u32,
}

impl Filter {
    pub(super) fn parse(payload: &[u8]) -> Result<Option<Self>, DecodeError> {
        let header = Header::of(payload)?;
        let [p0, p1, e0, e1] = header.info.to_be_bytes();
        let mut filter = Self {
            priority: u16::from_be_bytes([p0, p1]),
            protocol: u16::from_be(u16::from_be_bytes([e0, e1])),
            ..Self::default()
        };
        for attribute in attributes(payload, HEADER) {
            let attribute = attribute?;
            match attribute.kind() {
                TCA_KIND => filter.kind = text(&attribute),
                TCA_CHAIN => filter.chain = number(attribute.value()).unwrap_or_default(),
                TCA_OPTIONS => filter.set(attribute.value(), header.handle)?,
                _ => {}
            }
        }
        Ok(Some(filter))
    }

    /// Whether none of another kind can be put before it, or beside it.
    pub(super) fn leaves_no_room(&self) -> bool {
        let beside = self.kind == "bpf" && self.protocol == ALL_PROTOCOLS;
        self.chain == 0 && self.priority <= PRIORITY && !beside
    }

    /// Takes the options of a BPF filter; those of other kinds mean something else.
    fn set(&mut self, options: &[u8], handle: u32) -> Result<(), DecodeError> {
        if self.kind != "bpf" {
            return Ok(());
        }
        for option in attributes(options, 0) {
            let option = option?;
            match option.kind() {
                TCA_BPF_NAME if handle == HANDLE => self.mark = Mark::of_name(&text(&option)),
                TCA_BPF_ID => self.program = number(option.value()).unwrap_or_default(),
                _ => {}
            }
        }
        Ok(())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with priority {}", self.kind, self.priority)
    }
}

/// What every message about traffic control begins with.
struct Header {
    ifindex: u32,
    handle: u32,
    parent: u32,
    info: u32,
}

impl Header {
    fn of(payload: &[u8]) -> Result<Self, DecodeError> {
        let head: &[u8; HEADER] = payload
            .first_chunk()
            .ok_or("a message about traffic control is 20 bytes or more")?;
        let word = |at: usize| number(&head[at..]).unwrap_or_default();
        Ok(Self {
            ifindex: word(4),
            handle: word(8),
            parent: word(12),
            info: word(16),
        })
    }
}

fn text(attribute: &NlaBuffer<&[u8]>) -> String {
    String::from_utf8_lossy(attribute.value())
        .trim_end_matches('\0')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute, padded (netlink(7)).
    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn parsed(kind: &str, handle: u32, protocol: u16, name: &str) -> Filter {
        let info = u32::from(PRIORITY) << 16 | u32::from(protocol.to_be());
        let words = [0, 7, handle, u32::from(Side::Ingress.parent()), info];
        let mut payload: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        payload.extend(attribute(TCA_KIND, format!("{kind}\0").as_bytes()));
        let name = attribute(TCA_BPF_NAME, format!("{name}\0").as_bytes());
        let id = attribute(TCA_BPF_ID, &4711_u32.to_ne_bytes());
        payload.extend(attribute(TCA_OPTIONS, &[name, id].concat()));
        Filter::parse(&payload).unwrap().unwrap()
    }

    #[test]
    fn ours_are_known_by_kind_handle_and_name() {
        let name = Mark::own(true).name(Side::Egress);
        let ours = parsed("bpf", HANDLE, ALL_PROTOCOLS, &name);
        assert_eq!(ours.mark, Some(Mark::own(true)));
        assert_eq!(ours.program, 4711);
        for other in [
            parsed("u32", HANDLE, ALL_PROTOCOLS, &name),
            parsed("bpf", 1, ALL_PROTOCOLS, &name),
            parsed("bpf", HANDLE, ALL_PROTOCOLS, "cil_to_netdev"),
        ] {
            assert_eq!(other.mark, None, "{other:?}");
        }
    }

    #[test]
    fn what_is_of_another_kind_or_protocol_leaves_no_room_at_our_priority() {
        assert!(!parsed("bpf", 1, ALL_PROTOCOLS, "a").leaves_no_room());
        assert!(parsed("bpf", 1, 0x0800, "a").leaves_no_room(), "IPv4 alone");
        assert!(parsed("u32", 1, ALL_PROTOCOLS, "a").leaves_no_room());
        let mut later = parsed("u32", 1, ALL_PROTOCOLS, "a");
        later.priority += 1;
        assert!(!later.leaves_no_room());
    }
}
