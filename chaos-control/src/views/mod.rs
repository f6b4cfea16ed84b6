//! Objects of the API server as the plain data that plans and statuses are made from.

mod agent;
mod cluster;
mod own;
mod pod;

pub use agent::agent;
pub use cluster::{endpoints, namespace, node, service};
pub use own::{FoundFault, Mark, ShownPlan, ShownReport, WrongFault, wrong_fault};
pub use pod::pod;

use chaos_api::Protocol;
use chaos_plan::PortView;
use kube::api::ObjectMeta;

/// A port, unless it is of a protocol that no fault can meet.
fn port(name: Option<&str>, number: i32, protocol: Option<&str>) -> Option<PortView> {
    let protocol = match protocol.unwrap_or("TCP") {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => return None,
    };
    Some(PortView {
        name: name.unwrap_or_default().to_owned(),
        port: u16::try_from(number).ok()?,
        protocol,
    })
}

/// The addresses that can be read; Kubernetes has no others.
fn addresses<'a, T: std::str::FromStr>(texts: impl IntoIterator<Item = &'a String>) -> Vec<T> {
    let texts = texts.into_iter();
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// The UID of the node that owns an object.
fn owner(meta: &ObjectMeta) -> String {
    let owners = meta.owner_references.iter().flatten();
    let mut nodes = owners.filter(|owner| owner.kind == "Node" && owner.api_version == "v1");
    nodes
        .next()
        .map(|owner| owner.uid.clone())
        .unwrap_or_default()
}
