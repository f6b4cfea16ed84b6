//! Which rules a packet matches: four look-ups, and the AND of the rows that they name.

use chaos_abi::{
    Block, Head, WORDS,
    bank::{self, ALL, HEAD, TRAITS},
};

use crate::{Glance, Packet};

/// One bank of tables, as `chaos_abi::bank` lays it out.
pub trait Tables {
    /// A block of the slab.
    fn block(&self, index: u32) -> Option<&Block>;

    /// The row of the rules that are valid for this address of the other end; none is the empty one.
    fn peers(&self, address: &[u8; 16]) -> Option<u32>;
}

/// Whether no rule takes a packet, as far as a glance at it tells.
#[inline(always)]
pub fn misses(tables: &impl Tables, glance: &Glance) -> bool {
    let Some(head) = tables.block(HEAD) else {
        return true;
    };
    let ports = Some([glance.local, glance.peer]);
    narrow(tables, &Head::of(head), glance.traits, ports).is_none()
}

/// The rows of traits and ports whose rules a packet satisfies; `None` as soon as one is empty.
#[inline(always)]
fn narrow(
    tables: &impl Tables,
    head: &Head,
    traits: u32,
    ports: Option<[[u8; 2]; 2]>,
) -> Option<[u32; 3]> {
    let traits = traits % TRAITS;
    if head.traits >> traits & 1 == 0 {
        return None;
    }
    let (mut local, mut peer) = (ALL, ALL);
    if let Some(ports) = ports {
        local = port(tables, head.local, ports[0])?;
        peer = port(tables, head.peer, ports[1])?;
    }
    Some([1 + traits, local, peer])
}

/// The rows whose rules a packet satisfies by one of its identities; `None` as soon as one is empty.
#[inline(always)]
fn rows(tables: &impl Tables, head: &Head, packet: &Packet, identity: u32) -> Option<[u32; 4]> {
    let is_flow = identity == 0;
    let (traits, address) = if is_flow {
        (packet.traits(), &packet.flow.peer)
    } else {
        (packet.outer_traits(), packet.outer())
    };
    let ported = is_flow && packet.has_ports();
    let ports = ported.then_some([packet.flow.local_port, packet.flow.peer_port]);
    let [traits, local, peer] = narrow(tables, head, traits, ports)?;
    let mut peers = ALL;
    if head.peers != 0 {
        peers = tables.peers(address).filter(|row| *row != 0)?;
    }
    Some([traits, local, peer, peers])
}

/// The row of a port, on the side whose names begin at `first`.
#[inline(always)]
fn port(tables: &impl Tables, first: u16, port: [u8; 2]) -> Option<u32> {
    if first == 0 {
        return Some(ALL);
    }
    let (block, chunk, place) = bank::port(u16::from_be_bytes(port));
    let chunk = bank::name(tables.block(u32::from(first) + block)?, chunk);
    let row = bank::name(tables.block(u32::from(chunk))?, place);
    (row != 0).then_some(u32::from(row))
}

/// Rules that a packet matches, and where their bank has them.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Matched {
    /// The rules, as far as the bank has words of them.
    pub set: [u64; WORDS],
    /// Which words of the set are not empty.
    pub words: u32,
    /// The first block of the rules.
    pub rules: u32,
}

impl Matched {
    /// Forgets the rules that were found.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.note(0);
    }

    /// Adds the rules that a packet matches by one of its [identities](Packet::identities).
    #[inline(always)]
    pub fn join(&mut self, tables: &impl Tables, packet: &Packet, identity: u32) -> Option<()> {
        let head = Head::of(tables.block(HEAD)?);
        let [traits, local, peer, peers] = rows(tables, &head, packet, identity)?;
        let (traits, local) = (tables.block(traits)?, tables.block(local)?);
        let (peer, peers) = (tables.block(peer)?, tables.block(peers)?);
        self.rules = u32::from(head.rules);
        let before = if self.words == 0 { 0 } else { u64::MAX };
        for at in 0..WORDS {
            if at >= usize::from(head.words) {
                break;
            }
            // The compiler does not see that it is below the length, and BPF has no panic.
            let at = at % WORDS;
            let word = traits[at] & local[at] & peer[at] & peers[at] | self.set[at] & before;
            self.set[at] = word;
            if word != 0 {
                self.note(self.words | 1 << at);
            }
        }
        Some(())
    }

    /// Whether one of the rules in this row is among them.
    #[inline(always)]
    pub fn meets(&self, row: &Block) -> bool {
        // What an earlier packet left behind the bank's words meets none of its rows there.
        let words = self.set.iter().zip(row);
        let met = words.fold(0, |met, (set, row)| met | set & row);
        met != 0
    }

    /// Keeps the words out of the registers: the verifier forgets what is written to a map, and would
    /// follow all combinations of what is not.
    #[inline(always)]
    fn note(&mut self, words: u32) {
        // SAFETY: a field of our own.
        unsafe { (&raw mut self.words).write_volatile(words) }
    }
}

#[cfg(test)]
mod tests;
