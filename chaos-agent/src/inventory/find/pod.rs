//! From a pod to its namespace.

use std::net::IpAddr;

use super::{FindReason, is_of_first_process, namespaces, pids};
use crate::inventory::{Kind, Members, Namespace, NamespaceId, cgroup, interfaces, processes};

/// The namespace of the pod whose cgroups are named by its UID or, as those of a static pod, by a
/// hash, and which has one of `ips`.
///
/// Anybody can write the annotation that has the hash, so that it takes nothing away from the UID.
pub(super) fn find(uid: &str, hash: Option<&str>, ips: &[IpAddr]) -> Result<Namespace, FindReason> {
    if !cgroup::names_pod(uid) {
        let help = "a pod is named by its UID, or by the hash of a static pod: 32 lower-case \
                    hexadecimal digits, those of a UID in five groups";
        return Err(FindReason::Word(help));
    }
    let is_meant = |text: &str| {
        let found = cgroup::pod(text);
        found.is_some_and(|found| found == uid || Some(found.as_str()) == hash)
    };
    let found = processes::with_cgroups(is_meant).map_err(FindReason::Processes)?;
    let (namespaces, members) = namespaces(&pids(&found), is_meant)?;
    if namespaces.is_empty() {
        return Err(FindReason::NoProcess);
    }
    choose(namespaces, members, ips)
}

fn choose(
    namespaces: Vec<Namespace>,
    members: Members,
    ips: &[IpAddr],
) -> Result<Namespace, FindReason> {
    let mut chosen = Vec::new();
    let mut elsewhere = Vec::new();
    for namespace in namespaces {
        if is_of_first_process(&namespace)? {
            continue;
        }
        if has_address(&namespace, ips)? {
            chosen.push(namespace);
        } else {
            elsewhere.push(namespace.id());
        }
    }
    let of = |ids: &[NamespaceId]| members.only(|id| ids.contains(&id));
    match chosen.len() {
        0 if elsewhere.is_empty() => Err(FindReason::FirstProcess),
        0 => Err(FindReason::NamespaceMismatch {
            found: of(&elsewhere),
            ips: ips.to_vec(),
        }),
        1 => Ok(chosen.remove(0)),
        _ => {
            let ids: Vec<_> = chosen.iter().map(Namespace::id).collect();
            Err(FindReason::SeveralNamespaces(of(&ids)))
        }
    }
}

/// Whether an interface of the namespace, other than loopback, has one of these addresses.
fn has_address(namespace: &Namespace, ips: &[IpAddr]) -> Result<bool, FindReason> {
    let interfaces = namespace.enter(interfaces).map_err(FindReason::Enter)?;
    let interfaces = interfaces.map_err(FindReason::Netlink)?;
    let outward = interfaces.iter().filter(|i| i.kind != Kind::Loopback);
    let mut own = outward.flat_map(|interface| &interface.addresses);
    Ok(own.any(|own| ips.iter().any(|ip| ip.to_canonical() == own.addr())))
}
