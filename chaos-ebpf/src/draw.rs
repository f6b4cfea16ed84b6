//! Whether a rule hits a connection or a packet: draws that are the same on every CPU and each time.

use chaos_abi::{CERTAIN, Direction, Flow, Rule, WORDS};

/// The increment and finaliser of `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom
/// number generators", OOPSLA 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Whether `rule` hits the connection with this number or [`hash`]: a 32-bit draw from its seed and
/// that, below its threshold.
#[inline(always)]
pub fn drawn(rule: &Rule, connection: u64) -> bool {
    rule.threshold >= CERTAIN || start(rule, connection) >> 32 < rule.threshold
}

/// Whether `rule` hits a packet of that connection, of which `before` were drawn in this direction: a
/// place in the sequence of `SplitMix64` that begins with the connection.
#[inline(always)]
pub fn lost(rule: &Rule, connection: u64, way: Direction, before: u64) -> bool {
    let place = before << 1 | way as u64;
    let state = start(rule, connection).wrapping_add(place.wrapping_mul(GOLDEN));
    rule.threshold >= CERTAIN || mix(state) >> 32 < rule.threshold
}

#[inline(always)]
fn start(rule: &Rule, connection: u64) -> u64 {
    mix(connection ^ mix(rule.seed))
}

/// Which blocks have drawn one packet, and which of them lost it: two rules of a block that match it
/// draw it once.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Losses {
    drawn: [u64; WORDS],
    lost: [u64; WORDS],
    /// Which words of them are those of this packet.
    words: u64,
}

impl Losses {
    /// Begins with another packet.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.words = 0;
    }

    /// Whether a block lost the packet; `None` before it has drawn.
    #[inline(always)]
    pub fn of(&self, block: u16) -> Option<bool> {
        let (word, bit) = Self::place(block);
        let is_drawn = self.words >> word & 1 != 0 && self.drawn[word] & bit != 0;
        is_drawn.then_some(self.lost[word] & bit != 0)
    }

    /// Notes what a block drew.
    #[inline(always)]
    pub fn note(&mut self, block: u16, is_lost: bool) {
        let (word, bit) = Self::place(block);
        if self.words >> word & 1 == 0 {
            (self.drawn[word], self.lost[word]) = (0, 0);
            self.words |= 1 << word;
        }
        self.drawn[word] |= bit;
        if is_lost {
            self.lost[word] |= bit;
        }
    }

    #[inline(always)]
    const fn place(block: u16) -> (usize, u64) {
        (block as usize / 64 % WORDS, 1 << (block % 64))
    }
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
