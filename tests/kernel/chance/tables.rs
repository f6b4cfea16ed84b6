//! Random faults over a few prefixes and ports, so that they overlap.

use std::net::IpAddr;

use chaos_api::{
    Blackhole, Connections, Direction, Draw, Family, FaultSpec, Faults, Initiator, Interfaces,
    IpBlock, Loss, Peer, PeerPort, Percent, PortRange, Protocol, Reject, RejectWith, Reset, Span,
    Traffic,
};
use chaos_plan::{Fault, Spare};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::bench::random::Random;
use crate::bench::words::NEVER;

/// The ranges that the faults of one table name.
pub(crate) struct World {
    pub(crate) prefixes: Vec<IpNet>,
    pub(crate) ports: Vec<PortRange>,
}

impl World {
    /// Some prefixes of both families, many of them within others, and some ranges of ports.
    pub(crate) fn of(random: &mut Random) -> Self {
        let mut prefixes = Vec::new();
        for _ in 0..2 + random.below(8) {
            let first = anywhere(random);
            let mut address = first;
            for _ in 0..=random.below(3) {
                prefixes.push(prefix(random, address));
                address = if random.once_in(2) {
                    first
                } else {
                    anywhere(random)
                };
            }
        }
        let ports = (0..2 + random.below(10)).map(|_| range(random));
        Self {
            ports: ports.collect(),
            prefixes,
        }
    }

    fn ports(&self, random: &mut Random, most: usize) -> Vec<PortRange> {
        (0..random.below(most + 1))
            .map(|_| self.ports[random.below(self.ports.len())])
            .collect()
    }
}

/// Few faults as a rule, and once in a while as many as a table takes.
pub(crate) fn faults(random: &mut Random, world: &World) -> Vec<Fault> {
    let count = match random.below(50) {
        0 => 150 + random.below(70),
        1..10 => 10 + random.below(60),
        _ => random.below(10),
    };
    (0..count).map(|n| fault(random, world, n)).collect()
}

fn fault(random: &mut Random, world: &World, number: usize) -> Fault {
    let traffic = traffic(random, world);
    let protocols = traffic.peers.iter().flat_map(|peer| &peer.ports);
    let mut protocols = protocols.filter_map(|port| port.protocol);
    let is_tcp = matches!(traffic.protocol, Protocol::Tcp | Protocol::Any)
        && protocols.all(|protocol| protocol == Protocol::Tcp);
    let share = |random: &mut Random| {
        let shares = [None, None, Some("0%"), Some("50%"), Some("3%")];
        random
            .one(&shares)
            .map(|share| share.parse::<Percent>().expect("a share"))
    };
    let resets = is_tcp && random.once_in(3);
    let reset = resets.then(|| Reset {
        probability: share(random),
    });
    let with = random.one(&RejectWith::ALL);
    let goes = is_tcp || with != RejectWith::TcpReset && traffic.protocol != Protocol::Icmp;
    let reject = (goes && random.once_in(3)).then(|| Reject {
        with,
        probability: share(random),
    });
    let alone = !resets && reject.is_none();
    let blackhole = (alone || random.once_in(4)).then(|| Blackhole {
        probability: share(random),
    });
    let loss = random
        .once_in(4)
        .then(|| Loss::of(share(random).unwrap_or(Percent::ALL)));
    Fault {
        name: format!("f{number}"),
        spec: FaultSpec {
            traffic,
            faults: Faults {
                blackhole,
                loss,
                reject,
                reset,
                ..Faults::default()
            },
            duration: Span::from_secs(1),
            seed: None,
            draw: random.one(&[Draw::Ordinal, Draw::Flow]),
        },
        deadline: if random.once_in(10) { 1 } else { NEVER },
        seed: random.next(),
        anchor: u32::try_from(random.below(4)).expect("a few"),
        spare: spare(random, world),
    }
}

const CONNECTIONS: [Connections; 4] = [
    Connections::All,
    Connections::All,
    Connections::Existing,
    Connections::New,
];

const INITIATORS: [Initiator; 4] = [
    Initiator::Any,
    Initiator::Any,
    Initiator::Target,
    Initiator::Peer,
];

fn traffic(random: &mut Random, world: &World) -> Traffic {
    let protocols = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Any,
        Protocol::Any,
    ];
    let directions = [
        None,
        None,
        Some(Direction::Egress),
        Some(Direction::Ingress),
    ];
    let families = [
        Family::Any,
        Family::Any,
        Family::Any,
        Family::IPv4,
        Family::IPv6,
    ];
    let protocol = random.one(&protocols);
    Traffic {
        direction: random.one(&directions),
        protocol,
        family: random.one(&families),
        local_ports: if random.once_in(3) {
            world.ports(random, 2)
        } else {
            Vec::new()
        },
        peers: (0..random.below(4)).map(|_| peer(random, world)).collect(),
        except_peers: (0..random.one(&[0, 0, 0, 1, 2]))
            .map(|_| peer(random, world))
            .collect(),
        interfaces: random.one(&[Interfaces::Pod, Interfaces::All, Interfaces::Loopback]),
        connections: random.one(&CONNECTIONS),
        initiator: random.one(&INITIATORS),
    }
}

fn peer(random: &mut Random, world: &World) -> Peer {
    let prefix = |random: &mut Random| world.prefixes[random.below(world.prefixes.len())];
    let block = |random: &mut Random| IpBlock {
        cidr: prefix(random),
        except: (0..random.below(3)).map(|_| prefix(random)).collect(),
    };
    let protocols = [None, None, Some(Protocol::Tcp), Some(Protocol::Udp)];
    let port = |random: &mut Random, range: PortRange| PeerPort {
        protocol: random.one(&protocols),
        ..range.into()
    };
    Peer {
        ip_block: (!random.once_in(6)).then(|| block(random)),
        ports: world
            .ports(random, 2)
            .into_iter()
            .map(|range| port(random, range))
            .collect(),
    }
}

fn spare(random: &mut Random, world: &World) -> Spare {
    if !random.once_in(4) {
        return Spare::default();
    }
    let port = |random: &mut Random| world.ports[random.below(world.ports.len())].first();
    let source = |random: &mut Random| world.prefixes[random.below(world.prefixes.len())].network();
    Spare {
        ports: (0..3).map(|_| port(random)).collect(),
        sources: (0..3).map(|_| source(random)).collect(),
    }
}

/// An address of either family; v4-mapped ones are IPv4's, so no IPv6 packet has one.
fn anywhere(random: &mut Random) -> IpAddr {
    if random.once_in(2) {
        return IpAddr::V4(random.word().into());
    }
    let bits = u128::from(random.next()) << 64 | u128::from(random.next());
    IpAddr::V6(bits.into())
}

fn prefix(random: &mut Random, address: IpAddr) -> IpNet {
    let ends = [0, 1, 8, 16, 24, 31, 32];
    let net = match address {
        IpAddr::V4(v4) => {
            let length = if random.once_in(2) {
                random.one(&ends)
            } else {
                random.below(33)
            };
            let length = u8::try_from(length).expect("at most 32");
            IpNet::V4(Ipv4Net::new(v4, length).expect("a length of IPv4"))
        }
        IpAddr::V6(v6) => {
            let ends = [0, 1, 48, 63, 64, 65, 96, 127, 128];
            let length = if random.once_in(2) {
                random.one(&ends)
            } else {
                random.below(129)
            };
            let length = u8::try_from(length).expect("at most 128");
            IpNet::V6(Ipv6Net::new(v6, length).expect("a length of IPv6"))
        }
    };
    net.trunc()
}

fn range(random: &mut Random) -> PortRange {
    let edges = [1, 63, 64, 65, 127, 128, 4095, 4096, 32767, 65534, 65535];
    let first = if random.once_in(3) {
        random.one(&edges)
    } else {
        random.port().max(1)
    };
    let wide = random.one(&[0, 0, 1, 63, 64, 5000]);
    let last = if random.once_in(6) {
        random.port()
    } else {
        first.saturating_add(wide)
    };
    PortRange::new(first.min(last).max(1), first.max(last)).expect("in order")
}
