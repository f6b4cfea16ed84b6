//! A pod's part of a plan as orders that an agent's engine takes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use chaos_api::{Enforcement, FaultSpec, IpBlock, Peer, Probes, Span};
use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;

use crate::{FaultId, PeerSet, PlanBody, PlannedFault, PodPlan};

/// A fault to bring into force in one pod, with nothing left to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodOrder {
    /// Which fault.
    pub id: FaultId,
    /// Its words; the duration is what is left of it.
    pub spec: FaultSpec,
    /// The seed of its draws.
    pub seed: u64,
    /// When it ends, by the API server's clock.
    pub ends: Timestamp,
    /// Whether it is done or only shown.
    pub enforcement: Enforcement,
    /// TCP ports of the pod where connections from `sources` pass untouched.
    pub spared_ports: Vec<u16>,
    /// The addresses of the node, where any port is spared.
    pub sources: Vec<IpAddr>,
}

/// No address: a range that is one hole.
const NOTHING: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 32);

impl PlanBody {
    /// The orders of one of its pods, sorted by fault, of which `left` is what remains of each
    /// fault's time as the agent reckons it ([`ServerClock::left`](crate::ServerClock::left)).
    /// Faults whose time is over are left out.
    pub fn orders(&self, pod: &PodPlan, left: impl Fn(Timestamp) -> Span) -> Vec<PodOrder> {
        let faults = pod.faults.iter().map(|index| &self.faults[at(*index)]);
        let orders = faults.map(|fault| self.order(pod, fault, left(fault.ends)));
        orders
            .filter(|order| !order.spec.duration.is_zero())
            .collect()
    }

    /// The pods that each fault has in these plans: what a controller that was restarted chose.
    pub fn chosen<'a>(
        plans: impl IntoIterator<Item = &'a Self>,
    ) -> BTreeMap<FaultId, BTreeSet<String>> {
        let mut chosen: BTreeMap<FaultId, BTreeSet<String>> = BTreeMap::new();
        for plan in plans {
            for pod in &plan.pods {
                for index in &pod.faults {
                    let id = plan.faults[at(*index)].id.clone();
                    chosen.entry(id).or_default().insert(pod.uid.clone());
                }
            }
        }
        chosen
    }

    fn order(&self, pod: &PodPlan, fault: &PlannedFault, left: Span) -> PodOrder {
        let peers = |sets: &[u32]| {
            let peers = sets.iter().flat_map(|index| self.peers[at(*index)].peers());
            peers.collect()
        };
        let traffic = &fault.traffic;
        let spares = fault.probes == Probes::Spare && !pod.probes.is_empty();
        PodOrder {
            id: fault.id.clone(),
            spec: FaultSpec {
                traffic: traffic.with_peers(peers(&traffic.peers), peers(&traffic.except_peers)),
                faults: fault.faults.clone(),
                duration: left,
                seed: Some(fault.seed),
                draw: fault.draw,
            },
            seed: fault.seed,
            ends: fault.ends,
            enforcement: fault.enforcement,
            spared_ports: if spares {
                pod.probes.clone()
            } else {
                Vec::new()
            },
            sources: if spares {
                self.sources.clone()
            } else {
                Vec::new()
            },
        }
    }
}

impl PeerSet {
    /// The peers, never none: a set without addresses becomes a peer that nothing matches.
    fn peers(&self) -> Vec<Peer> {
        let peer = |ip_block| Peer {
            ip_block,
            ports: self.ports.clone(),
        };
        let block = |cidr: &IpNet| IpBlock {
            cidr: *cidr,
            except: self.except.clone(),
        };
        let Some(addresses) = &self.addresses else {
            return vec![peer(None)];
        };
        if addresses.is_empty() {
            let cidr = NOTHING.into();
            let except = vec![cidr];
            return vec![peer(Some(IpBlock { cidr, except }))];
        }
        addresses
            .iter()
            .map(|cidr| peer(Some(block(cidr))))
            .collect()
    }
}

fn at(index: u32) -> usize {
    usize::try_from(index).expect("an index fits a usize")
}
