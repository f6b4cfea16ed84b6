//! The other ends of a fault as sets of addresses and ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_api::{
    LabelSelector, PeerPort, PeerWords, PortName, PortWords, Protocol, Reason, RejectWith,
};
use ipnet::IpNet;

use super::{FaultView, Phase, PodView, PortView, gate::Stop, index::Index, selector, service};
use crate::PeerSet;

/// The peers of one fault.
pub(super) struct Peers {
    /// The sets; none only where the fault names no peer.
    pub(super) sets: Vec<PeerSet>,
    /// What the user should know, a line each.
    pub(super) notes: Vec<String>,
}

/// What one peer needs to be looked up.
pub(super) struct Scope<'a> {
    /// The fault's namespace.
    pub(super) namespace: &'a str,
    /// The protocols whose ports can matter.
    pub(super) protocols: &'static [Protocol],
    /// The world.
    pub(super) index: &'a Index<'a>,
}

/// Looks up the peers of a fault. One that is not there yet makes a set that nothing matches; where
/// none is there, a fault that has not started does not.
pub(super) fn expand(fault: &FaultView, index: &Index) -> Result<Peers, Stop> {
    let scope = Scope {
        namespace: &fault.id.namespace,
        protocols: protocols(fault),
        index,
    };
    let mut notes = Vec::new();
    let mut sets = BTreeSet::new();
    for words in &fault.spec.traffic.peers {
        let found = look_up(words, &scope, &mut notes);
        if found.is_empty() {
            sets.insert(nothing());
        }
        sets.extend(found);
    }
    let some = sets.iter().any(|set| *set != nothing());
    if !sets.is_empty() && !some && fault.started.is_none() {
        let message = format!("none of its peers is there: {}", notes.join("; "));
        return Err(Stop::refused(Reason::NoPeers, message));
    }
    if some {
        sets.remove(&nothing());
    }
    let sets = sets.into_iter().collect();
    Ok(Peers { sets, notes })
}

/// The set that nothing matches.
fn nothing() -> PeerSet {
    PeerSet {
        addresses: Some(Vec::new()),
        except: Vec::new(),
        ports: Vec::new(),
    }
}

fn protocols(fault: &FaultView) -> &'static [Protocol] {
    match fault.spec.traffic.protocol {
        _ if fault.spec.faults.reset.is_some() => &[Protocol::Tcp],
        _ if resets_attempts(fault) => &[Protocol::Tcp],
        Protocol::Tcp => &[Protocol::Tcp],
        Protocol::Udp => &[Protocol::Udp],
        Protocol::Icmp => &[],
        Protocol::Any => &[Protocol::Tcp, Protocol::Udp],
    }
}

fn resets_attempts(fault: &FaultView) -> bool {
    let reject = fault.spec.faults.reject;
    reject.is_some_and(|reject| reject.with == RejectWith::TcpReset)
}

fn look_up(words: &PeerWords, scope: &Scope, notes: &mut Vec<String>) -> Vec<PeerSet> {
    if let Some(name) = &words.service {
        return service::expand(name, &words.ports, scope, notes);
    }
    if words.has_selector() {
        return pods(words, scope, notes);
    }
    let block = words.ip_block.as_ref();
    vec![PeerSet {
        addresses: block.map(|block| vec![block.cidr]),
        except: block.map(|block| block.except.clone()).unwrap_or_default(),
        ports: words.ports.iter().filter_map(number).collect(),
    }]
}

/// A port that is a number already.
fn number(words: &PortWords) -> Option<PeerPort> {
    match words.port {
        PortName::Number(port) => Some(PeerPort {
            port,
            end_port: words.end_port,
            protocol: words.protocol,
        }),
        PortName::Name(_) => None,
    }
}

/// The pods that the selectors match; those with the same ports form one set.
fn pods(words: &PeerWords, scope: &Scope, notes: &mut Vec<String>) -> Vec<PeerSet> {
    let mut by_ports: BTreeMap<Vec<PeerPort>, BTreeSet<IpNet>> = BTreeMap::new();
    let mut on_hosts = 0_usize;
    for namespace in namespaces(words.namespace_selector.as_ref(), scope) {
        for pod in scope.index.pods_of(namespace) {
            if pod.phase == Phase::Over || !takes(words.pod_selector.as_ref(), pod) {
                continue;
            }
            if pod.host_network {
                on_hosts += 1;
                continue;
            }
            let ports = ports(&words.ports, pod, scope);
            if words.ports.is_empty() || !ports.is_empty() {
                let addresses = pod.ips.iter().copied().map(range);
                by_ports.entry(ports).or_default().extend(addresses);
            }
        }
    }
    if on_hosts > 0 {
        notes.push(format!(
            "{on_hosts} pods among the peers share their node's address and are left out"
        ));
    }
    by_ports.retain(|_, addresses| !addresses.is_empty());
    if by_ports.is_empty() {
        notes.push("a podSelector or namespaceSelector among the peers matches no pod".into());
    }
    by_ports.into_iter().map(set).collect()
}

fn namespaces<'a>(words: Option<&LabelSelector>, scope: &Scope<'a>) -> Vec<&'a str> {
    let Some(words) = words else {
        return vec![scope.namespace];
    };
    let all = scope.index.namespaces.values();
    all.filter(|namespace| selector::selects(words, &namespace.labels))
        .map(|namespace| namespace.name.as_str())
        .collect()
}

fn takes(words: Option<&LabelSelector>, pod: &PodView) -> bool {
    words.is_none_or(|words| selector::selects(words, &pod.labels))
}

/// The ports that the words mean in this pod.
fn ports(words: &[PortWords], pod: &PodView, scope: &Scope) -> Vec<PeerPort> {
    let mut ports = BTreeSet::new();
    for one in words {
        match &one.port {
            PortName::Number(_) => ports.extend(number(one)),
            PortName::Name(name) => {
                let named = pod.ports.iter().filter(|port| port.name == *name);
                let meant = named.filter(|port| scope.wants(port, one.protocol));
                ports.extend(meant.map(single));
            }
        }
    }
    ports.into_iter().collect()
}

impl Scope<'_> {
    /// Whether a port is of a protocol that matters here.
    pub(super) fn wants(&self, port: &PortView, protocol: Option<Protocol>) -> bool {
        self.protocols.contains(&port.protocol) && protocol.is_none_or(|p| p == port.protocol)
    }
}

/// One port of one protocol.
pub(super) fn single(port: &PortView) -> PeerPort {
    PeerPort {
        port: port.port,
        end_port: None,
        protocol: Some(port.protocol),
    }
}

/// The range of one address; a v4-mapped one counts as IPv4.
pub(super) fn range(address: IpAddr) -> IpNet {
    address.to_canonical().into()
}

/// The set of these addresses with these ports.
pub(super) fn set((ports, addresses): (Vec<PeerPort>, BTreeSet<IpNet>)) -> PeerSet {
    PeerSet {
        addresses: Some(addresses.into_iter().collect()),
        except: Vec::new(),
        ports,
    }
}
