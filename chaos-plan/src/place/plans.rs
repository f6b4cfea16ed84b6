//! The plans under construction: what several pods share is put down once.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chaos_api::{PortName, Probes};
use ipnet::IpNet;
use jiff::Timestamp;

use super::{FaultView, NodeView, Picked, PodView, index::Index, peers::Peers};
use crate::{PeerSet, PlanBody, PlannedFault, PodPlan};

/// The plans of all nodes.
pub(super) struct Builder<'a> {
    index: &'a Index<'a>,
    nodes: BTreeMap<&'a str, Node<'a>>,
}

/// The plan of one node.
#[derive(Default)]
struct Node<'a> {
    faults: Vec<PlannedFault>,
    peers: Vec<PeerSet>,
    known: BTreeMap<PeerSet, u32>,
    /// By namespace, name and UID.
    pods: BTreeMap<(&'a str, &'a str, &'a str), (&'a PodView, Vec<u32>)>,
}

/// Milliseconds by which each node of a change spreads the answers.
const SPREAD: u32 = 2;

/// The longest spread, in milliseconds.
const MOST_SPREAD: u32 = 2_000;

/// Up to so many nodes answer at once.
const AT_ONCE: u32 = 10;

impl<'a> Builder<'a> {
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        Self {
            index,
            nodes: BTreeMap::new(),
        }
    }

    /// Puts a fault into the plans of its pods' nodes. Faults come in the order of their identity.
    pub(super) fn add(
        &mut self,
        fault: &FaultView,
        picked: &Picked<'a>,
        peers: &Peers,
        ends: Timestamp,
    ) {
        for pod in &picked.chosen {
            let Some(name) = pod.node.as_deref() else {
                continue;
            };
            let node = self.nodes.entry(name).or_default();
            let index = node.fault(fault, peers, ends);
            let key = (&*pod.namespace, &*pod.name, &*pod.uid);
            let (_, faults) = node.pods.entry(key).or_insert_with(|| (pod, Vec::new()));
            faults.push(index);
        }
    }

    pub(super) fn finish(self) -> BTreeMap<String, PlanBody> {
        let spread = spread(self.nodes.len());
        let index = self.index;
        let plans = self.nodes.into_iter().map(|(name, node)| {
            let view = index.nodes.get(name).copied();
            (name.to_owned(), node.finish(view, spread))
        });
        plans.collect()
    }
}

impl Node<'_> {
    /// The index of a fault, which is the last one where it is here already.
    fn fault(&mut self, fault: &FaultView, peers: &Peers, ends: Timestamp) -> u32 {
        if self.faults.last().is_none_or(|last| last.id != fault.id) {
            let sets = peers.sets.iter().map(|set| self.set(set)).collect();
            let except = peers.except.iter().map(|set| self.set(set)).collect();
            self.faults.push(PlannedFault {
                id: fault.id.clone(),
                faults: fault.spec.faults.clone(),
                traffic: fault.spec.traffic.with_peers(sets, except),
                ends,
                seed: fault.seed,
                draw: fault.spec.draw,
                enforcement: fault.spec.enforcement,
                probes: fault.spec.probes,
            });
        }
        number(self.faults.len() - 1)
    }

    /// The index of a set.
    fn set(&mut self, set: &PeerSet) -> u32 {
        if let Some(index) = self.known.get(set) {
            return *index;
        }
        let index = number(self.peers.len());
        self.peers.push(set.clone());
        self.known.insert(set.clone(), index);
        index
    }

    fn finish(self, view: Option<&NodeView>, spread: u32) -> PlanBody {
        let spares = self
            .faults
            .iter()
            .any(|fault| fault.probes == Probes::Spare);
        let pods: Vec<PodPlan> = self.pods.into_values().map(pod).collect();
        let probed = spares && pods.iter().any(|pod| !pod.probes.is_empty());
        PlanBody {
            sources: view.filter(|_| probed).map(sources).unwrap_or_default(),
            faults: self.faults,
            peers: self.peers,
            pods,
            spread,
        }
    }
}

fn pod((view, faults): (&PodView, Vec<u32>)) -> PodPlan {
    let mut ips = view.ips.clone();
    ips.sort_unstable();
    PodPlan {
        namespace: view.namespace.clone(),
        name: view.name.clone(),
        uid: view.uid.clone(),
        ips,
        hash: view.static_hash.clone(),
        faults,
        probes: probes(view),
    }
}

/// The numbers of the probed ports; a named one is a container's.
fn probes(pod: &PodView) -> Vec<u16> {
    let named = |name: &String| {
        let port = pod.ports.iter().find(|port| port.name == *name);
        port.map(|port| port.port)
    };
    let numbers = pod.probes.iter().filter_map(|probe| match probe {
        PortName::Number(port) => Some(*port),
        PortName::Name(name) => named(name),
    });
    let mut numbers: Vec<u16> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// From where a node's kubelet can reach its pods: its own addresses, and the gateways of its
/// pods' ranges, which bridges take (the first address of each).
fn sources(node: &NodeView) -> Vec<IpAddr> {
    let gateways = node.pod_cidrs.iter().copied().map(first);
    let mut sources: Vec<IpAddr> = node.ips.iter().copied().chain(gateways).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The first address of a range after the one that names the range.
fn first(range: IpNet) -> IpAddr {
    match range.network() {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() | 1).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() | 1).into(),
    }
}

/// Over how many milliseconds this many nodes spread their answers; steps are coarse, so that a
/// node that joins does not change every other plan.
fn spread(nodes: usize) -> u32 {
    let nodes = u32::try_from(nodes).unwrap_or(u32::MAX);
    if nodes < AT_ONCE {
        return 0;
    }
    let nodes = nodes.checked_next_power_of_two().unwrap_or(u32::MAX);
    nodes.saturating_mul(SPREAD).min(MOST_SPREAD)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a node has fewer")
}
