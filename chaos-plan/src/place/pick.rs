//! Which pods a fault is for. A choice is a draw by the fault's seed and the pod's UID alone, and a
//! chosen pod stays chosen while it exists.

use chaos_api::{Choice, Reason, Settings};

use super::{
    FaultView, Phase, PodRef, PodView, Refusal, eligible, gate::Stop, index::Index, selector,
};
use crate::draw::splitmix64;

/// The pods of one fault.
pub(super) struct Picked<'a> {
    /// How many the selector matches.
    pub(super) selected: u32,
    /// Those it is for, sorted by name.
    pub(super) chosen: Vec<&'a PodView>,
    /// Those that cannot be hit, sorted by name.
    pub(super) refused: Vec<(PodRef, Refusal)>,
}

/// Picks the pods of a fault that passed the gate.
pub(super) fn pods<'a>(
    fault: &FaultView,
    index: &Index<'a>,
    settings: &Settings,
) -> Result<Picked<'a>, Stop> {
    let selected = selected(fault, index);
    let count = u32::try_from(selected.len()).unwrap_or(u32::MAX);
    if selected.is_empty() && fault.started.is_none() {
        let message = match fault.spec.selector {
            Some(_) => "the selector matches no pod of the namespace",
            None => "the namespace has no pod of these names",
        };
        return Err(Stop::refused(Reason::NoPods, message));
    }
    let mut able = Vec::new();
    let mut refused = Vec::new();
    for pod in selected {
        match eligible::check(pod, index) {
            Ok(()) => able.push(pod),
            Err(refusal) => refused.push((PodRef::of(pod), refusal)),
        }
    }
    let picked = Picked {
        selected: count,
        chosen: Vec::new(),
        refused,
    };
    if fault.started.is_some() {
        Ok(keep(fault, able, picked, settings))
    } else {
        first(fault, able, picked, settings)
    }
}

/// The pods that the fault selects and that are alive; one that is being deleted only where it
/// was chosen before.
fn selected<'a>(fault: &FaultView, index: &Index<'a>) -> Vec<&'a PodView> {
    let alive = |pod: &&PodView| {
        pod.phase != Phase::Over && (!pod.deleting || fault.chosen.contains(&pod.uid))
    };
    let wanted = |pod: &&PodView| match &fault.spec.selector {
        Some(words) => selector::selects(words, &pod.labels),
        None => fault.spec.pods.contains(&pod.name),
    };
    let pods = index.pods_of(&fault.id.namespace);
    pods.filter(alive).filter(wanted).collect()
}

/// The choice at the start.
fn first<'a>(
    fault: &FaultView,
    able: Vec<&'a PodView>,
    picked: Picked<'a>,
    settings: &Settings,
) -> Result<Picked<'a>, Stop> {
    if able.is_empty() {
        let message = format!("none of the {} pods can be hit", picked.selected);
        return Err(Stop::refused(Reason::NoPodCanBeHit, message));
    }
    let choice = fault.spec.choice();
    let choice = choice.map_err(|wrong| Stop::refused(Reason::InvalidSpec, wrong.to_string()))?;
    let chosen = match most(choice, picked.selected) {
        None => able,
        Some(most) if most >= picked.selected => {
            let message = format!(
                "it would hit all {} pods; write mode: All if that is meant",
                picked.selected
            );
            return Err(Stop::refused(Reason::EveryReplica, message));
        }
        Some(most) => draw(able, count(choice, most, fault.seed), fault.seed),
    };
    let limit = usize::try_from(settings.max_pods).unwrap_or(usize::MAX);
    if chosen.len() > limit {
        let message = format!(
            "it would hit {} pods; this installation allows {limit}",
            chosen.len()
        );
        return Err(Stop::refused(Reason::TooManyPods, message));
    }
    Ok(Picked { chosen, ..picked })
}

/// The choice after the start: the pods that were chosen and still exist, and where it is dynamic
/// the new ones.
fn keep<'a>(
    fault: &FaultView,
    able: Vec<&'a PodView>,
    mut picked: Picked<'a>,
    settings: &Settings,
) -> Picked<'a> {
    let (mut chosen, new): (Vec<_>, Vec<_>) = able
        .into_iter()
        .partition(|pod| fault.chosen.contains(&pod.uid));
    if fault.spec.dynamic {
        let limit = usize::try_from(settings.max_pods).unwrap_or(usize::MAX);
        let room = limit.saturating_sub(chosen.len()).min(new.len());
        let (fits, over) = new.split_at(room);
        chosen.extend(fits);
        chosen.sort_by_key(|pod| (&pod.name, &pod.uid));
        let over = over.iter();
        picked
            .refused
            .extend(over.map(|pod| (PodRef::of(pod), Refusal::TooManyPods)));
        picked.refused.sort();
    }
    Picked { chosen, ..picked }
}

/// The most pods that a choice can hit of `selected`; nothing where it means all of them.
fn most(choice: Choice, selected: u32) -> Option<u32> {
    match choice {
        Choice::All => None,
        Choice::Fixed(count) => Some(count),
        Choice::Share(share) | Choice::UpTo(share) => Some(share.of(selected).max(1)),
    }
}

fn count(choice: Choice, most: u32, seed: u64) -> u32 {
    match choice {
        Choice::UpTo(_) => {
            let drawn = splitmix64(splitmix64(seed)) % u64::from(most);
            u32::try_from(drawn).expect("below a u32") + 1
        }
        _ => most,
    }
}

/// `count` of the pods, sorted by name.
fn draw(able: Vec<&PodView>, count: u32, seed: u64) -> Vec<&PodView> {
    let mut ranked: Vec<_> = able
        .into_iter()
        .map(|pod| (rank(seed, &pod.uid), pod))
        .collect();
    ranked.sort_by_key(|(rank, pod)| (*rank, &pod.uid));
    ranked.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    let mut chosen: Vec<_> = ranked.into_iter().map(|(_, pod)| pod).collect();
    chosen.sort_by_key(|pod| (&pod.name, &pod.uid));
    chosen
}

/// A pod's place in the draw: FNV-1a over its UID, mixed with the seed.
fn rank(seed: u64, uid: &str) -> u64 {
    let hash = uid.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    splitmix64(seed ^ splitmix64(hash))
}
