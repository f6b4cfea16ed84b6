//! netem's faults become shapes: what the delay line does.

use std::sync::Arc;

use chaos_api::{self as api, Block, Faults, JitterTable, Percent};

use crate::{
    Apply, Chance, Delay, Distribution, Loss, Per, Rate, Reorder, Shape, Share, shape::WHOLE,
};

/// One rule's part of a fault.
#[derive(Debug)]
pub(crate) struct Shaped {
    /// The first of its blocks, which stands for all of them.
    pub(crate) block: Block,
    /// The share of connections that it hits; all where absent.
    pub(crate) share: Option<Percent>,
    /// What the line does.
    pub(crate) shape: Shape,
}

/// The shapes of a fault. Its blocks are one rule, as they would be one netem qdisc; but a delay of a
/// share of connections has its own. None where the kernel does it without the line.
pub(crate) fn shapes(faults: &Faults) -> Vec<Shaped> {
    let mut own = None;
    let mut rest = Shape {
        loss: faults.loss.and_then(|loss| self::loss(&loss)),
        duplicate: faults
            .duplicate
            .map(|block| chance(block.duplicate, block.correlation)),
        corrupt: faults
            .corrupt
            .map(|block| chance(block.corrupt, block.correlation)),
        rate: faults.rate.map(|block| rate(&block)),
        ..Shape::default()
    };
    if let Some(block) = &faults.delay {
        match block.probability {
            Some(share) => own = Some((share, delayed(block, faults, &Shape::default()))),
            None => rest = delayed(block, faults, &rest),
        }
    }
    let own = own.map(|(share, shape)| Shaped {
        block: Block::Delay,
        share: Some(share),
        shape,
    });
    let rest = first(&rest)
        .filter(|_| faults.needs_line())
        .map(|block| Shaped {
            block,
            share: None,
            shape: rest,
        });
    own.into_iter().chain(rest).collect()
}

/// A share of packets that are lost, and nothing else.
pub(crate) fn lossy(share: Share) -> Shape {
    let chance = Chance {
        share,
        correlation: 0,
    };
    Shape {
        loss: Some(Loss::Random(chance)),
        ..Shape::default()
    }
}

/// The share of packets that a fault loses, where that is all it does of netem's.
pub(crate) fn plain_loss(faults: &Faults) -> Option<Percent> {
    let share = faults.loss.and_then(|loss| loss.plain());
    share.filter(|_| !faults.needs_line())
}

fn first(shape: &Shape) -> Option<Block> {
    [
        (Block::Delay, shape.delay.is_some()),
        (Block::Loss, shape.loss.is_some()),
        (Block::Duplicate, shape.duplicate.is_some()),
        (Block::Corrupt, shape.corrupt.is_some()),
        (Block::Rate, shape.rate.is_some()),
    ]
    .into_iter()
    .find_map(|(block, is_there)| is_there.then_some(block))
}

fn delayed(block: &api::Delay, faults: &Faults, others: &Shape) -> Shape {
    let delay = Delay {
        latency: block.latency.as_nanos(),
        jitter: block.jitter.as_nanos(),
        correlation: threshold(block.correlation),
        distribution: match block.distribution {
            api::Distribution::Uniform => Distribution::Uniform,
            api::Distribution::Normal => Distribution::Normal,
            api::Distribution::Pareto => Distribution::Pareto,
            api::Distribution::ParetoNormal => Distribution::ParetoNormal,
            api::Distribution::Table => Distribution::Table(numbers(block)),
        },
    };
    Shape {
        delay: Some(delay),
        apply: match (block.stage, block.apply) {
            (api::Stage::Syn, _) => Apply::Syn,
            (api::Stage::Any, api::Apply::Packet) => Apply::Packet,
            (api::Stage::Any, api::Apply::Payload) => Apply::Payload,
        },
        reorder: faults.reorder.map(|block| Reorder {
            chance: chance(block.reorder, block.correlation),
            gap: block.gap.unwrap_or(1),
        }),
        ..others.clone()
    }
}

fn numbers(block: &api::Delay) -> Arc<[i16]> {
    let table = block.table.as_ref();
    table.map_or(&[][..], JitterTable::numbers).into()
}

/// `None` where whole connections are lost, which needs no line.
fn loss(block: &api::Loss) -> Option<Loss> {
    if block.per == api::LossPer::Connection {
        return None;
    }
    let random = |share| Loss::Random(chance(share, block.correlation));
    let model = |model: api::Gemodel| {
        let [p, r, bad, good] = model.whole().map(Percent::threshold);
        Loss::Gemodel { p, r, bad, good }
    };
    let random = block.loss.map(random);
    random
        .or(block.gemodel.map(model))
        .or(block.nth.map(Loss::Nth))
}

fn rate(block: &api::Rate) -> Rate {
    Rate {
        bits: block.rate.bits(),
        burst: block.burst_bytes(),
        limit: block.limit_bytes(),
        per: match block.per {
            api::RatePer::Pod => Per::Pod,
            api::RatePer::Flow => Per::Flow,
        },
    }
}

fn chance(share: Percent, correlation: Option<Percent>) -> Chance {
    Chance {
        share: share.threshold(),
        correlation: threshold(correlation),
    }
}

fn threshold(share: Option<Percent>) -> Share {
    share.map_or(0, Percent::threshold)
}

const _: () = assert!(
    Percent::ALL.threshold() == WHOLE,
    "shares are of the same whole"
);
