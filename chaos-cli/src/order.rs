//! From the words of the command line to a validated order.

use std::{
    fs,
    net::{IpAddr, ToSocketAddrs},
    path::Path,
};

use anyhow::{Context, Result};
use chaos_agent::engine::Order;
use chaos_api::{
    Direction, Family, FaultSpec, Faults, NetworkFault, Peer, PeerArg, PeerPort, PortRange,
    Protocol, Traffic, check_name,
};
use chaos_plan::Spare;

use crate::{
    args::{self, Fault},
    exit::Usage,
};

/// The order that the words make; a share's seed and a missing name are chosen here.
pub(crate) fn order(fault: &Fault) -> Result<Order> {
    let (name, spec) = match &fault.file {
        Some(file) => from_file(file, fault)?,
        None => (None, from_words(fault)?),
    };
    let seed = fault.seed.or(spec.seed).map_or_else(random, Ok)?;
    let name = match fault.name.clone().or(name) {
        Some(name) => name,
        None => generated(&spec)?,
    };
    check_name(&name).map_err(|wrong| Usage(format!("--name: {}", wrong.problem)))?;
    Ok(Order {
        name,
        spec,
        seed,
        spare: Spare::default(),
    })
}

fn from_file(file: &Path, fault: &Fault) -> Result<(Option<String>, FaultSpec)> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let read = NetworkFault::from_yaml(&text);
    let network_fault = read.map_err(|error| Usage(prefixed(file, &error.to_string())))?;
    let mut spec = network_fault.spec;
    spec.duration = fault.duration.unwrap_or(spec.duration);
    valid(&spec)?;
    Ok((Some(network_fault.metadata.name), spec))
}

fn from_words(fault: &Fault) -> Result<FaultSpec> {
    let faults = Faults::from_words(&fault.words).map_err(|error| Usage(error.to_string()))?;
    let spec = FaultSpec {
        traffic: traffic(&fault.traffic)?,
        faults,
        duration: fault.duration.unwrap_or_default(),
        seed: fault.seed,
    };
    valid(&spec)?;
    Ok(spec)
}

fn valid(spec: &FaultSpec) -> Result<()> {
    spec.validate().map_err(|wrong| {
        let lines: Vec<_> = wrong.iter().map(ToString::to_string).collect();
        Usage(lines.join("\n")).into()
    })
}

fn traffic(words: &args::Traffic) -> Result<Traffic> {
    Ok(Traffic {
        direction: words.direction.map(|direction| match direction {
            args::Direction::Egress => Direction::Egress,
            args::Direction::Ingress => Direction::Ingress,
            args::Direction::Both => Direction::Both,
        }),
        protocol: match words.proto {
            args::Proto::Tcp => Protocol::Tcp,
            args::Proto::Udp => Protocol::Udp,
            args::Proto::Icmp => Protocol::Icmp,
            args::Proto::Any => Protocol::Any,
        },
        family: match words.family {
            args::Family::Ipv4 => Family::IPv4,
            args::Family::Ipv6 => Family::IPv6,
            args::Family::Any => Family::Any,
        },
        local_ports: ports("--local-port", words.local_port.as_deref())?,
        peers: peers(words)?,
    })
}

fn ports(flag: &str, list: Option<&str>) -> Result<Vec<PortRange>> {
    let ports = list.map_or(Ok(Vec::new()), PortRange::list);
    ports.map_err(|error| Usage(format!("{flag}: {error}")).into())
}

fn peers(words: &args::Traffic) -> Result<Vec<Peer>> {
    let ports = ports("--port", words.port.as_deref())?;
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

/// A peer as addresses: a host name is looked up here, once, and that is said.
fn resolve(arg: PeerArg) -> Result<Vec<Peer>> {
    let (host, ports) = match arg {
        PeerArg::Peer(peer) => return Ok(vec![peer]),
        PeerArg::Host { host, ports } => (host, ports),
    };
    let found = (host.as_str(), 0).to_socket_addrs();
    let found = found.map_err(|error| Usage(format!("--to: {host}: {error}")))?;
    let mut addresses: Vec<IpAddr> = found.map(|end| end.ip().to_canonical()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    eprintln!(
        "{host} is {} now, and is not looked up again",
        list.join(", ")
    );
    Ok(addresses
        .into_iter()
        .map(|address| Peer::at(address.into(), &ports))
        .collect())
}

/// A name from the fault's first word, such as `reset-4f2a`.
fn generated(spec: &FaultSpec) -> Result<String> {
    let block = spec.faults.blocks().next();
    let word = block.map_or("fault", |(block, _)| block.as_str());
    Ok(format!("{word}-{:04x}", random()? & 0xffff))
}

fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .context("cannot choose a seed: give one with --seed")?;
    // Short enough to be typed again.
    Ok(u64::from_ne_bytes(bytes) >> 32)
}

fn prefixed(file: &Path, lines: &str) -> String {
    let lines = lines
        .lines()
        .map(|line| format!("{}: {line}", file.display()));
    lines.collect::<Vec<_>>().join("\n")
}
