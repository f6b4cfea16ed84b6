//! From the words of the command line to a validated order.

use anyhow::Result;
use chaos_agent::engine::Order;
use chaos_api::{Draw, FaultSpec, NetworkFault, Peer, PeerArg, PeerPort, PortRange, check_name};
use chaos_plan::Spare;

use crate::{
    args::{self, Fault},
    exit::Usage,
    words,
};

/// The order that the words make; a share's seed and a missing name are chosen here.
pub(super) fn order(fault: &Fault) -> Result<Order> {
    refuse_words_for_clusters(fault)?;
    let (name, spec) = match &fault.file {
        Some(file) => {
            let read = words::from_file(file, NetworkFault::from_yaml)?;
            (Some(read.metadata.name), read.spec)
        }
        None => (None, from_words(fault)?),
    };
    let spec = FaultSpec {
        duration: fault.duration.unwrap_or(spec.duration),
        draw: fault.draw.map_or(spec.draw, Draw::from),
        ..spec
    };
    spec.validate().map_err(|list| words::wrong(&list))?;
    let seed = fault.seed.or(spec.seed).map_or_else(words::random, Ok)?;
    let name = match fault.name.clone().or(name) {
        Some(name) => name,
        None => words::generated_name(&spec.faults, 4)?,
    };
    check_name(&name).map_err(|wrong| Usage(format!("--name: {}", wrong.problem)))?;
    Ok(Order {
        name,
        spec,
        seed,
        spare: Spare::default(),
    })
}

/// Refuses the words that only a cluster can act on.
fn refuse_words_for_clusters(fault: &Fault) -> Result<()> {
    let pods = &fault.pods;
    let flags = [
        ("--selector", pods.selector.is_some()),
        ("--mode", pods.mode.is_some()),
        ("--value", pods.value.is_some()),
        ("--probes", pods.probes.is_some()),
        ("--no-dynamic", pods.no_dynamic),
    ];
    let flags = flags.into_iter().filter(|(_, given)| *given);
    let words = fault.split_words().1;
    let given = flags
        .map(|(flag, _)| flag)
        .chain(words.iter().map(String::as_str));
    super::refuse(given)
}

fn from_words(fault: &Fault) -> Result<FaultSpec> {
    Ok(FaultSpec {
        faults: words::faults(&fault.words)?,
        traffic: words::traffic(&fault.traffic, peers(&fault.traffic)?)?,
        duration: fault.duration.unwrap_or_default(),
        seed: fault.seed,
        draw: Draw::default(),
    })
}

fn peers(words: &args::Traffic) -> Result<Vec<Peer>> {
    let ports = words.port.as_deref();
    let ports = ports.map_or(Ok(Vec::new()), PortRange::list);
    let ports = ports.map_err(|error| Usage(format!("--port: {error}")))?;
    let ports: Vec<PeerPort> = ports.into_iter().map(Into::into).collect();
    if words.to.is_empty() && !ports.is_empty() {
        let ip_block = None;
        return Ok(vec![Peer { ip_block, ports }]);
    }
    let mut peers = Vec::new();
    for arg in &words.to {
        let read = Peer::from_arg(arg).map_err(|error| Usage(format!("--to: {error}")))?;
        peers.extend(resolve(read)?);
    }
    for peer in peers.iter_mut().filter(|peer| peer.ports.is_empty()) {
        peer.ports.clone_from(&ports);
    }
    Ok(peers)
}

/// A peer as addresses.
fn resolve(arg: PeerArg) -> Result<Vec<Peer>> {
    let (host, ports) = match arg {
        PeerArg::Peer(peer) => return Ok(vec![peer]),
        PeerArg::Host { host, ports } => (host, ports),
    };
    let addresses = words::resolve(&host)?.into_iter();
    Ok(addresses
        .map(|address| Peer::at(address.into(), &ports))
        .collect())
}
