//! Whether a rule hits a connection: a draw that is the same on every CPU and in both directions.

use chaos_abi::{CERTAIN, Flow, Rule};

/// The increment and finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators", OOPSLA 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Whether `rule` hits the flow with this [`hash`]: a 32-bit draw from its seed and the flow, below
/// its threshold.
#[inline(always)]
pub fn drawn(rule: &Rule, hash: u64) -> bool {
    rule.threshold >= CERTAIN || mix(hash ^ mix(rule.seed)) >> 32 < rule.threshold
}

/// A flow in one word, the same for both directions of it; computed once a packet.
#[inline(always)]
pub fn hash(flow: &Flow) -> u64 {
    let (local, peer) = (words(&flow.local), words(&flow.peer));
    let ends = u64::from(u16::from_be_bytes(flow.local_port)) << 32
        | u64::from(u16::from_be_bytes(flow.peer_port)) << 16
        | u64::from(flow.protocol);
    let hash = mix(mix(local[0]) ^ local[1]);
    let hash = mix(mix(hash ^ peer[0]) ^ peer[1]);
    mix(hash ^ ends)
}

#[inline(always)]
fn words(a: &[u8; 16]) -> [u64; 2] {
    [
        u64::from_be_bytes([a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]]),
        u64::from_be_bytes([a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]]),
    ]
}

#[inline(always)]
fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(GOLDEN);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
