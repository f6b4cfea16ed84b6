//! Faults and pods become one plan per node. All choice is made here: which faults, which pods,
//! which addresses.

mod eligible;
mod fault;
mod gate;
mod index;
mod peers;
mod pick;
mod plans;
mod selector;
mod service;
mod verdict;
mod world;

use chaos_api::Settings;
use jiff::Timestamp;

pub use fault::FaultView;
pub use verdict::{Outcome, Placement, PodRef, Refusal, Verdict};
pub use world::{
    EndpointView, NamespaceView, NodeView, Phase, PodView, PortView, ServiceView, World,
};

use self::{index::Index, pick::Picked, plans::Builder};

/// The plans for `faults` in `world`, and what became of each fault, at `now` by the API server's
/// clock.
///
/// The order of faults and of everything in the world is of no consequence. It is to be called
/// again whenever any of them changes; a fault keeps the pods that [`FaultView::chosen`] names.
pub fn place(
    faults: &[FaultView],
    world: &World,
    settings: &Settings,
    now: Timestamp,
) -> Placement {
    let index = Index::of(world);
    let mut sorted: Vec<&FaultView> = faults.iter().collect();
    sorted.sort_by(|one, other| one.id.cmp(&other.id));
    sorted.dedup_by(|one, other| one.id == other.id);
    let mut builder = Builder::new(&index);
    let mut placement = Placement::default();
    for fault in sorted {
        let verdict = judge(fault, &index, settings, now, &mut builder);
        placement.verdicts.insert(fault.id.clone(), verdict);
    }
    placement.plans = builder.finish();
    placement
}

/// Decides about one fault, and puts it into the plans if it is allowed.
fn judge<'a>(
    fault: &FaultView,
    index: &Index<'a>,
    settings: &Settings,
    now: Timestamp,
    builder: &mut Builder<'a>,
) -> Verdict {
    if let Err(stop) = gate::check(fault, index, settings, now) {
        return stop.verdict();
    }
    let picked = match pick::pods(fault, index, settings) {
        Ok(picked) => picked,
        Err(stop) => return stop.verdict(),
    };
    let peers = match peers::expand(fault, index) {
        Ok(peers) => peers,
        Err(stop) => return stop.verdict_with(&picked),
    };
    let ends = fault.ends(now);
    builder.add(fault, &picked, &peers, ends);
    let Picked {
        selected,
        chosen,
        refused,
    } = picked;
    Verdict {
        outcome: Outcome::Placed,
        reason: chaos_api::Reason::Allowed,
        message: format!("it is for {} of {selected} pods", chosen.len()),
        ends: Some(ends),
        selected,
        chosen: chosen.into_iter().map(PodRef::of).collect(),
        refused,
        notes: peers.notes,
    }
}
