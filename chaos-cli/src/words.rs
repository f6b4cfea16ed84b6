//! The parts of a fault that are said in the same words in both modes.

use std::{
    fs,
    net::{IpAddr, ToSocketAddrs},
    path::Path,
};

use anyhow::{Context, Result};
use chaos_api::{
    Connections, Direction, Draw, Family, Faults, Initiator, Interfaces, Invalid, PortRange,
    Protocol, Traffic,
};

use crate::{args, exit::Usage};

/// Reads a file and what it holds; what is wrong in it, each line with the file's name.
pub(crate) fn from_file<T, E: ToString>(
    file: &Path,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    read(&text).map_err(|error| {
        let error = error.to_string();
        let lines = error
            .lines()
            .map(|line| format!("{}: {line}", file.display()));
        Usage(lines.collect::<Vec<_>>().join("\n")).into()
    })
}

/// The faults that the words name.
pub(crate) fn faults(words: &[String]) -> Result<Faults> {
    let read = Faults::from_words(words, &|file| fs::read_to_string(file));
    read.map_err(|error| Usage(error.to_string()).into())
}

/// The traffic that the words name, with its peers as the mode reads them.
pub(crate) fn traffic<P>(
    words: &args::Traffic,
    peers: Vec<P>,
    except_peers: Vec<P>,
) -> Result<Traffic<P>> {
    let own = words.local_port.as_deref();
    let local_ports = own.map_or(Ok(Vec::new()), PortRange::list);
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
        local_ports: local_ports.map_err(|error| Usage(format!("--local-port: {error}")))?,
        peers,
        except_peers,
        interfaces: match words.interfaces {
            args::Interfaces::Pod => Interfaces::Pod,
            args::Interfaces::Loopback => Interfaces::Loopback,
            args::Interfaces::All => Interfaces::All,
        },
        connections: match words.connections {
            args::Connections::All => Connections::All,
            args::Connections::Existing => Connections::Existing,
            args::Connections::New => Connections::New,
        },
        initiator: match words.initiator {
            args::Initiator::Any => Initiator::Any,
            args::Initiator::Target => Initiator::Target,
            args::Initiator::Peer => Initiator::Peer,
        },
    })
}

/// The addresses of a host that a flag names, which is looked up here, once, and that is said.
pub(crate) fn resolve(flag: &str, host: &str) -> Result<Vec<IpAddr>> {
    let found = (host, 0).to_socket_addrs();
    let found = found.map_err(|error| Usage(format!("{flag}: {host}: {error}")))?;
    let mut addresses: Vec<IpAddr> = found.map(|end| end.ip().to_canonical()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    say_addresses(host, &addresses);
    Ok(addresses)
}

/// Says that a name stands for these addresses from here on.
pub(crate) fn say_addresses(name: &str, addresses: &[IpAddr]) {
    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
    eprintln!(
        "{name} is {} now, and is not looked up again",
        list.join(", ")
    );
}

/// What is wrong with a spec, as words that make no sense.
pub(crate) fn wrong(list: &[Invalid]) -> anyhow::Error {
    let lines: Vec<_> = list.iter().map(ToString::to_string).collect();
    Usage(lines.join("\n")).into()
}

/// A name from the fault's first word and `digits` hexadecimal ones, such as `reset-4f2a`.
pub(crate) fn generated_name(faults: &Faults, digits: usize) -> Result<String> {
    let block = faults.blocks().next();
    let word = block.map_or("fault", |(block, _)| block.as_str());
    let number = random()? & ((1 << (4 * digits)) - 1);
    Ok(format!("{word}-{number:0digits$x}"))
}

/// What makes the draws again: the seed, and where it is not its number what stands for a connection.
pub(crate) fn seed(seed: u64, draw: Draw) -> String {
    match draw {
        Draw::Ordinal => format!("seed {seed}"),
        Draw::Flow => format!("seed {seed} by flow"),
    }
}

/// A number short enough to be typed again.
pub(crate) fn random() -> Result<u64> {
    let mut bytes = [0; 8];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .context("cannot choose a seed: give one with --seed")?;
    Ok(u64::from_ne_bytes(bytes) >> 32)
}
