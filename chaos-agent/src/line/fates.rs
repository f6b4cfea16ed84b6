//! What becomes of one frame: which of its packets are lost, altered, or come twice, and how long
//! each is held.

use std::ops::Range;

use chaos_abi::{LINE_RULES, LineHeader};
use chaos_plan::{Apply, Shape};

use super::distribution;
use super::draws::Purpose;
use super::hold::Hold;
use super::rate::grain;
use super::rules::loses;
use super::rules::{FlowState, Flows, LineRule, LineRules, has_memory, is_by_packet};
use super::tally::Tallies;
use super::wire::{Layout, Segments};

/// Some packets of a frame that share their fate, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which packets.
    pub(super) range: Range<usize>,
    /// How often they are sent.
    pub(super) copies: u32,
    /// Chooses the bit that is flipped.
    pub(super) corrupt: Option<u64>,
    /// How long each rule holds them.
    pub(super) holds: [Hold; LINE_RULES],
}

/// The fate of one packet of the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fate {
    lost: bool,
    extra: u32,
    corrupt: Option<u64>,
    /// A bit for each rule that does not delay it.
    prompt: u8,
}

impl Fate {
    /// Whether it may go together with others like it.
    fn is_plain(&self) -> bool {
        !self.lost && self.extra == 0 && self.corrupt.is_none()
    }
}

/// The pieces of a frame with the header that the hook wrote. What is lost is in none.
pub(super) fn pieces(
    rules: &LineRules,
    flows: &mut Flows,
    tallies: &mut Tallies,
    header: &LineHeader,
    packet: (Option<&Layout>, &Segments),
) -> Vec<Piece> {
    let acting: Vec<_> = header
        .rules
        .iter()
        .filter_map(|slot| Some((*slot, rules.get(slot)?)))
        .filter(|(_, rule)| header.at < rule.deadline)
        .collect();
    let acting = once_a_block(acting);
    let (layout, segments) = packet;
    let count = segments.count;
    let fates = fates(&acting, flows, tallies, header, count);
    let holds = delays(&acting, flows, header, layout);
    let most = most(&acting, segments);
    let mut pieces = Vec::with_capacity(1);
    let mut at = 0;
    while at < count {
        let fate = fates.get(at).copied().unwrap_or_default();
        let mut end = at + 1;
        let like = |next: usize| fates.get(next).copied().unwrap_or_default() == fate;
        while fate.is_plain() && end < count && end - at < most && like(end) {
            end += 1;
        }
        if !fate.lost {
            let range = at..end;
            let bytes = segments.wire(&range);
            let piece = Piece {
                range,
                copies: 1 + fate.extra,
                corrupt: fate.corrupt,
                holds: prompt(holds, fate.prompt),
            };
            if let Some(piece) = shape(&acting, flows, tallies, header, bytes, piece) {
                note_held(&acting, tallies, &piece);
                pieces.push(piece);
            }
        }
        at = end;
    }
    pieces
}

/// Of rules of one block, which differ in the traffic that they match, the first.
fn once_a_block(acting: Vec<(u16, &LineRule)>) -> Vec<(u16, &LineRule)> {
    let mut once: Vec<(u16, &LineRule)> = Vec::with_capacity(acting.len());
    for (slot, rule) in acting {
        if once.iter().all(|(_, other)| other.block != rule.block) {
            once.push((slot, rule));
        }
    }
    once
}

/// Counts the packets of a piece for each rule that delays them.
fn note_held(acting: &[(u16, &LineRule)], tallies: &mut Tallies, piece: &Piece) {
    for (hold, (slot, _)) in piece.holds.iter().zip(acting) {
        if hold.delays {
            tallies.of(*slot).delayed += piece.range.len() as u64;
        }
    }
}

/// How many packets may go together: as many as the slowest rate sends in one grain.
fn most(acting: &[(u16, &LineRule)], segments: &Segments) -> usize {
    let rates = acting.iter().filter_map(|(_, rule)| rule.shape.rate);
    let bytes = rates.map(|rate| grain(&rate)).min();
    bytes.map_or(usize::MAX, |bytes| {
        usize::try_from(bytes / segments.full()).map_or(usize::MAX, |most| most.max(1))
    })
}

/// The fates of all packets of a frame; none where no rule draws them.
fn fates(
    acting: &[(u16, &LineRule)],
    flows: &mut Flows,
    tallies: &mut Tallies,
    header: &LineHeader,
    count: usize,
) -> Vec<Fate> {
    let mut fates = Vec::new();
    for (number, (slot, rule)) in acting.iter().enumerate() {
        if !is_by_packet(&rule.shape) {
            continue;
        }
        fates.resize(count, Fate::default());
        let state = flows.of(*slot, rule, header);
        let left = fates.iter().filter(|fate| !fate.lost).count();
        tallies.of(*slot).drawn += left as u64;
        for fate in fates.iter_mut().filter(|fate| !fate.lost) {
            let before = *fate;
            draw(&rule.shape, state, number, fate);
            let tally = tallies.of(*slot);
            tally.lost += u64::from(fate.lost);
            tally.duplicated += u64::from(fate.extra > before.extra);
            tally.corrupted += u64::from(fate.corrupt != before.corrupt);
            tally.reordered += u64::from(fate.prompt != before.prompt);
        }
    }
    fates
}

fn draw(shape: &Shape, state: &mut FlowState, number: usize, fate: &mut Fate) {
    if let Some(loss) = &shape.loss {
        fate.lost = loses(loss, state);
    }
    if fate.lost {
        return;
    }
    let duplicates = shape.duplicate.as_ref();
    if duplicates.is_some_and(|chance| state.draws.happens(Purpose::Duplicate, chance)) {
        fate.extra += 1;
    }
    if let Some(chance) = &shape.corrupt {
        let number = state.draws.next(Purpose::Corrupt, chance.correlation);
        if super::draws::below(number, chance.share) {
            // The same number says that it is so by its upper half, and where by its lower.
            fate.corrupt = Some(number & 0xffff_ffff);
        }
    }
    if let Some(reorder) = &shape.reorder {
        // As netem does: the packets between are counted, and only one that may is drawn.
        state.held += 1;
        let may = state.held >= reorder.gap.max(1);
        if may && state.draws.happens(Purpose::Reorder, &reorder.chance) {
            state.held = 0;
            fate.prompt |= 1 << number;
        }
    }
}

/// How long each rule delays the frame.
fn delays(
    acting: &[(u16, &LineRule)],
    flows: &mut Flows,
    header: &LineHeader,
    layout: Option<&Layout>,
) -> [Hold; LINE_RULES] {
    let mut holds = [Hold::NONE; LINE_RULES];
    for (hold, (slot, rule)) in holds.iter_mut().zip(acting) {
        *hold = Hold::by(*slot, rule.deadline);
        let Some(delay) = &rule.shape.delay else {
            continue;
        };
        let applies = match rule.shape.apply {
            Apply::Packet => true,
            Apply::Payload => layout.is_none_or(Layout::has_data),
            Apply::Syn => layout.is_some_and(Layout::is_syn),
        };
        if !applies {
            continue;
        }
        hold.delays = true;
        hold.delay = if has_memory(&rule.shape) {
            let state = flows.of(*slot, rule, header);
            distribution::delay(delay, &mut state.draws)
        } else {
            delay.latency
        };
    }
    holds
}

/// Lets each rule's shaper say when a piece leaves; `None` where one has no room for it.
fn shape(
    acting: &[(u16, &LineRule)],
    flows: &mut Flows,
    tallies: &mut Tallies,
    header: &LineHeader,
    bytes: u64,
    mut piece: Piece,
) -> Option<Piece> {
    let mut at = header.at;
    let bytes = bytes * u64::from(piece.copies);
    for (hold, (slot, rule)) in piece.holds.iter_mut().zip(acting) {
        let Some(rate) = &rule.shape.rate else {
            continue;
        };
        let shaper = flows.shaper(*slot, rate.per, header);
        let Some(leaves) = shaper.depart(rate, at, bytes) else {
            tallies.of(*slot).queue_full += 1;
            return None;
        };
        tallies.of(*slot).shaped += piece.range.len() as u64;
        hold.wait = leaves - at;
        at = leaves;
    }
    Some(piece)
}

fn prompt(mut holds: [Hold; LINE_RULES], rules: u8) -> [Hold; LINE_RULES] {
    for (number, hold) in holds.iter_mut().enumerate() {
        if rules >> number & 1 != 0 {
            (hold.delay, hold.delays) = (0, false);
        }
    }
    holds
}

#[cfg(test)]
mod tests;
