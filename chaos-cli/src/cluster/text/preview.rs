//! What a preview has found, as people read it.

use chaos_api::{NetworkFault, PodPreview, PodReceipt, PodState};

use super::{counted_as, status, tidy};
use crate::{args::Output, cluster::stand::why, output, table::table};

/// Prints what a preview has found.
pub(in crate::cluster) fn print_preview(form: Output, fault: &NetworkFault) -> anyhow::Result<()> {
    let mut fault = fault.clone();
    tidy(&mut fault);
    output::print(form.format, &fault, |_| preview(&fault))?;
    if !form.quiet {
        let status = status(&fault);
        let total: u64 = status.preview.iter().map(|pod| pod.total).sum();
        let pods = status
            .receipts
            .iter()
            .filter(|pod| pod.state == PodState::Previewed);
        let pods = u64::try_from(pods.count()).unwrap_or(u64::MAX);
        let [total, pods] = [(total, "live connection"), (pods, "pod")].map(counted_as);
        eprintln!("{total} of {pods} match; nothing was changed");
    }
    Ok(())
}

fn preview(fault: &NetworkFault) -> String {
    let status = status(fault);
    let of = |name: &str| status.preview.iter().find(|pod| pod.pod == name);
    let rows = status
        .receipts
        .iter()
        .flat_map(|pod| match (pod.state, of(&pod.pod)) {
            (PodState::Previewed, Some(preview)) => connections(pod, preview),
            (PodState::Previewed, None) => vec![row(pod, "none")],
            (PodState::Refused, _) => vec![row(pod, &why(pod))],
            _ => vec![row(pod, "not looked at")],
        });
    table(["POD", "NODE", "PROTO", "STATE", "LOCAL", "PEER"], rows)
}

/// The connections of one pod, a row each.
fn connections(pod: &PodReceipt, preview: &PodPreview) -> Vec<[String; 6]> {
    let mut rows: Vec<_> = preview
        .connections
        .iter()
        .map(|flow| {
            [
                pod.pod.clone(),
                pod.node.clone(),
                flow.protocol.to_string(),
                flow.state.clone(),
                flow.local.to_string(),
                flow.peer.to_string(),
            ]
        })
        .collect();
    let listed = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    if preview.total == 0 {
        rows.push(row(pod, "none"));
    } else if preview.total > listed {
        rows.push(row(pod, &format!("and {} more", preview.total - listed)));
    }
    rows
}

fn row(pod: &PodReceipt, words: &str) -> [String; 6] {
    let empty = String::new;
    [
        pod.pod.clone(),
        pod.node.clone(),
        empty(),
        words.into(),
        empty(),
        empty(),
    ]
}
