//! What a fault would hit in a pod: nothing is attached.

use std::net::IpAddr;

use chaos_api::MAX_PREVIEW;
use chaos_plan::{Fault, PodOrder, PodPlan, Preview, Table, lower, meets};

use super::{
    reach::{find, spare},
    refusal::{not_entered, other},
};
use crate::{flows::within_reach, node::ledger::Refusal};

/// Lists the live connections of a pod that an order would hit.
pub(super) fn preview(pod: &PodPlan, order: &PodOrder, own: &[IpAddr]) -> Result<Preview, Refusal> {
    let table = table(order, own)?;
    let namespace = find(pod)?;
    let flows = namespace
        .enter(within_reach)
        .map_err(|error| not_entered(&error))?;
    let flows = flows.map_err(|error| other("ConnectionsUnknown", &error))?;
    let mut hit: Vec<_> = flows
        .into_iter()
        .filter(|flow| meets(&table, flow))
        .collect();
    let total = u64::try_from(hit.len()).unwrap_or(u64::MAX);
    hit.truncate(MAX_PREVIEW);
    Ok(Preview {
        total,
        connections: hit,
    })
}

fn table(order: &PodOrder, own: &[IpAddr]) -> Result<Table, Refusal> {
    let fault = Fault {
        name: order.id.to_string(),
        spec: order.spec.clone(),
        deadline: 0,
        seed: order.seed,
        anchor: 1,
        spare: spare(order, own),
    };
    lower(&Table::default(), &[fault]).map_err(|error| other("TooManyRules", &error))
}
