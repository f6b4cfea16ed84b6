//! A Service as a peer. A packet to it may carry the Service's address, where it is rewritten on
//! the node, or an endpoint's, where it is rewritten before (and in every reply): both are named.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chaos_api::{PeerPort, PortName, PortWords, Protocol, ServiceRef};
use ipnet::IpNet;

use super::{
    EndpointView, PortView,
    peers::{Scope, range, set, single},
};
use crate::PeerSet;
use crate::text::listed;

/// The sets for a Service's ports at its own addresses and at its endpoints.
pub(super) fn expand(
    name: &ServiceRef,
    words: &[PortWords],
    scope: &Scope,
    notes: &mut Vec<String>,
) -> Vec<PeerSet> {
    let key = (
        name.namespace.as_deref().unwrap_or(scope.namespace),
        name.name.as_str(),
    );
    let label = format!("Service {}/{}", key.0, key.1);
    let Some(service) = scope.index.services.get(&key) else {
        notes.push(format!("{label} does not exist"));
        return Vec::new();
    };
    let slices = scope
        .index
        .endpoints
        .get(&key)
        .map_or(&[][..], Vec::as_slice);
    if scope.protocols.is_empty() {
        return whole(&service.cluster_ips, slices);
    }
    let meant = meant(&service.ports, words, scope);
    for one in words {
        if !service.ports.iter().any(|port| means(one, port)) {
            notes.push(format!("{label} has no port {}", one.port));
        }
    }
    let mut found: BTreeMap<Vec<PeerPort>, BTreeSet<IpNet>> = BTreeMap::new();
    let mut add = |ports: Vec<PeerPort>, addresses: &[IpAddr]| {
        if !ports.is_empty() && !addresses.is_empty() {
            let ranges = addresses.iter().copied().map(range);
            found.entry(ports).or_default().extend(ranges);
        }
    };
    add(sorted(&meant), &service.cluster_ips);
    for slice in slices {
        add(sorted(&behind(&meant, slice)), &slice.addresses);
    }
    if found.is_empty() {
        notes.push(format!(
            "{label} has neither an address nor an endpoint there"
        ));
    }
    shared(key, &meant, scope, notes);
    found.into_iter().map(set).collect()
}

/// All addresses, for a protocol without ports.
fn whole(own: &[IpAddr], slices: &[&EndpointView]) -> Vec<PeerSet> {
    let endpoints = slices.iter().flat_map(|slice| &slice.addresses);
    let addresses: BTreeSet<IpNet> = own.iter().chain(endpoints).copied().map(range).collect();
    if addresses.is_empty() {
        return Vec::new();
    }
    vec![set((Vec::new(), addresses))]
}

/// The Service's ports that the words mean; all where there are no words.
fn meant<'a>(ports: &'a [PortView], words: &[PortWords], scope: &Scope) -> Vec<&'a PortView> {
    let named = |port: &PortView| words.is_empty() || words.iter().any(|one| means(one, port));
    let wanted = ports.iter().filter(|port| scope.wants(port, None));
    wanted.filter(|port| named(port)).collect()
}

fn means(words: &PortWords, port: &PortView) -> bool {
    let number = match &words.port {
        PortName::Name(name) => port.name == *name,
        PortName::Number(first) => (*first..=words.end_port.unwrap_or(*first)).contains(&port.port),
    };
    number
        && words
            .protocol
            .is_none_or(|protocol| protocol == port.protocol)
}

/// The endpoints' ports behind the Service's: those of the same name and protocol.
fn behind<'a>(meant: &[&PortView], slice: &'a EndpointView) -> Vec<&'a PortView> {
    let same = |port: &&PortView| {
        meant
            .iter()
            .any(|own| own.name == port.name && own.protocol == port.protocol)
    };
    slice.ports.iter().filter(same).collect()
}

fn sorted(ports: &[&PortView]) -> Vec<PeerPort> {
    let ports: BTreeSet<PeerPort> = ports.iter().copied().map(single).collect();
    ports.into_iter().collect()
}

/// Tells which other Services are hit too, since an endpoint does not know by which it was reached.
fn shared(key: (&str, &str), meant: &[&PortView], scope: &Scope, notes: &mut Vec<String>) {
    let index = scope.index;
    let own = index.endpoints.get(&key).into_iter().flatten();
    let own: BTreeSet<End> = own
        .flat_map(|slice| ends(slice, &behind(meant, slice)))
        .collect();
    let others = index.endpoints.iter().filter(|(other, _)| **other != key);
    let sharing = others.filter(|(_, slices)| {
        let all = |slice: &EndpointView| ends(slice, &slice.ports.iter().collect::<Vec<_>>());
        let mut ends = slices.iter().flat_map(|slice| all(slice));
        ends.any(|end| own.contains(&end))
    });
    let names: Vec<String> = sharing
        .map(|((ns, name), _)| format!("{ns}/{name}"))
        .collect();
    if names.is_empty() {
        return;
    }
    notes.push(format!(
        "Service {}/{} shares endpoints with {}, whose traffic to them is hit too",
        key.0,
        key.1,
        listed(&names)
    ));
}

/// An endpoint: its address, port and protocol.
type End = (IpAddr, u16, Protocol);

fn ends(slice: &EndpointView, ports: &[&PortView]) -> Vec<End> {
    let of = |address: IpAddr| ports.iter().map(move |p| (address, p.port, p.protocol));
    let addresses = slice.addresses.iter().map(IpAddr::to_canonical);
    addresses.flat_map(of).collect()
}
