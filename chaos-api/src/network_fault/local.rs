//! From a fault's words to its resolved form where there is no cluster to look anything up in.

use crate::{
    Enforcement, FaultSpec, Invalid, NetworkFaultSpec, Peer, PeerPort, PeerWords, PortName,
    PortWords, Probes,
};

/// What to write instead of a word that names pods.
const FIX: &str = "is for clusters; remove it, and name the target on the command line";

/// What to write instead of a peer that only a cluster knows.
const PEER_FIX: &str = "is for clusters; in local mode write ipBlock";

impl NetworkFaultSpec {
    /// The fault for a target on this machine; or every word that only a cluster can act on.
    pub fn local(&self) -> Result<FaultSpec, Vec<Invalid>> {
        let mut wrong: Vec<Invalid> = self
            .cluster_words()
            .map(|word| Invalid::new(format!("spec.{word}"), FIX))
            .collect();
        let peers = local(&self.traffic.peers, "peers", &mut wrong);
        let except = local(&self.traffic.except_peers, "exceptPeers", &mut wrong);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(FaultSpec {
            traffic: self.traffic.with_peers(peers, except),
            faults: self.faults.clone(),
            duration: self.duration,
            seed: self.seed,
            draw: self.draw,
        })
    }

    fn cluster_words(&self) -> impl Iterator<Item = &'static str> {
        let words = [
            ("selector", self.selector.is_some()),
            ("pods", !self.pods.is_empty()),
            ("mode", self.mode.is_some()),
            ("value", self.value.is_some()),
            ("startBefore", self.start_before.is_some()),
            ("enforcement", self.enforcement != Enforcement::Enforce),
            ("probes", self.probes != Probes::Spare),
            ("dynamic", self.dynamic),
            ("atomic", self.atomic),
            ("stopped", self.stopped),
        ];
        words
            .into_iter()
            .filter_map(|(word, present)| present.then_some(word))
    }
}

impl From<FaultSpec> for NetworkFaultSpec {
    /// The words of a fault that names no pods yet.
    fn from(spec: FaultSpec) -> Self {
        let words = |peers: &[Peer]| peers.iter().cloned().map(PeerWords::from).collect();
        let peers = words(&spec.traffic.peers);
        let except = words(&spec.traffic.except_peers);
        Self {
            selector: None,
            pods: Vec::new(),
            mode: None,
            value: None,
            traffic: spec.traffic.with_peers(peers, except),
            faults: spec.faults,
            duration: spec.duration,
            start_before: None,
            enforcement: Enforcement::default(),
            probes: Probes::default(),
            dynamic: false,
            seed: spec.seed,
            draw: spec.draw,
            atomic: false,
            stopped: false,
        }
    }
}

/// A list of peers as addresses; what only a cluster knows of them goes to `wrong`.
fn local(words: &[PeerWords], list: &str, wrong: &mut Vec<Invalid>) -> Vec<Peer> {
    let mut peers = Vec::new();
    for (index, words) in words.iter().enumerate() {
        match words.local(&format!("spec.traffic.{list}[{index}]")) {
            Ok(peer) => peers.push(peer),
            Err(more) => wrong.extend(more),
        }
    }
    peers
}

impl PeerWords {
    fn local(&self, field: &str) -> Result<Peer, Vec<Invalid>> {
        let words = [
            ("service", self.service.is_some()),
            ("podSelector", self.pod_selector.is_some()),
            ("namespaceSelector", self.namespace_selector.is_some()),
        ];
        let named = words.into_iter().filter(|(_, present)| *present);
        let mut wrong: Vec<Invalid> = named
            .map(|(word, _)| Invalid::new(format!("{field}.{word}"), PEER_FIX))
            .collect();
        let mut ports = Vec::new();
        for (index, port) in self.ports.iter().enumerate() {
            match port.local(&format!("{field}.ports[{index}]")) {
                Ok(port) => ports.push(port),
                Err(one) => wrong.push(one),
            }
        }
        if wrong.is_empty() {
            let ip_block = self.ip_block.clone();
            Ok(Peer { ip_block, ports })
        } else {
            Err(wrong)
        }
    }
}

impl From<Peer> for PeerWords {
    fn from(peer: Peer) -> Self {
        Self {
            ip_block: peer.ip_block,
            ports: peer.ports.into_iter().map(PortWords::from).collect(),
            ..Self::default()
        }
    }
}

impl PortWords {
    fn local(&self, field: &str) -> Result<PeerPort, Invalid> {
        match &self.port {
            PortName::Number(port) => Ok(PeerPort {
                port: *port,
                end_port: self.end_port,
                protocol: self.protocol,
            }),
            PortName::Name(name) => Err(Invalid::value(
                &format!("{field}.port"),
                name,
                "is a name, which is for clusters; write a number",
            )),
        }
    }
}

impl From<PeerPort> for PortWords {
    fn from(port: PeerPort) -> Self {
        Self {
            port: PortName::Number(port.port),
            end_port: port.end_port,
            protocol: port.protocol,
        }
    }
}
