//! The maps, named as in `chaos_abi::maps`.

use aya_ebpf::{
    Global,
    bindings::{BPF_F_INNER_MAP, BPF_F_NO_PREALLOC},
    btf_maps::{self, ArrayOfMaps},
    macros::{btf_map, map},
    maps::{Array, LpmTrie, LruHashMap, PerCpuArray, PerCpuHashMap, RingBuf},
};
use chaos_abi::{
    ABI_VERSION, Bank, Block, Config, Counters, DrawKey, Flow, FragmentFlow, FragmentKey,
    LineState, MAX_FRAGMENTED, MAX_INTERFACES, MAX_PREFIXES, MAX_RULES, MAX_TICKETS, Seen, SeenKey,
    Ticket,
};
use chaos_ebpf::Case;

const RULES_MAX: u32 = MAX_RULES as u32;

/// Bytes of the event ring: 4,096 events.
const EVENTS_BYTES: u32 = 256 * 1024;

#[map]
pub(super) static ABI: Array<u32> = Array::with_max_entries(ABI_VERSION, 0);

#[map]
pub(super) static CONFIG: Array<Config> = Array::with_max_entries(1, 0);

#[map]
pub(super) static LEASE: Array<u64> = Array::with_max_entries(1, 0);

/// One bank's blocks. Not of a fixed length, so that user space can put in one that fits the plan.
pub(super) type Slab = btf_maps::Array<Block, 1, { BPF_F_INNER_MAP as usize }>;

#[btf_map]
pub(super) static SLABS: ArrayOfMaps<Slab, 2> = ArrayOfMaps::new();

#[map]
static PEERS_A: LpmTrie<[u8; 16], u32> = LpmTrie::with_max_entries(MAX_PREFIXES as u32, 0);

#[map]
static PEERS_B: LpmTrie<[u8; 16], u32> = LpmTrie::with_max_entries(MAX_PREFIXES as u32, 0);

/// Without memory set aside: what is not in use costs nothing, on hundreds of CPUs either.
#[map]
pub(super) static COUNTERS: PerCpuHashMap<u32, Counters> =
    PerCpuHashMap::with_max_entries(RULES_MAX, BPF_F_NO_PREALLOC);

#[map]
pub(super) static SEEN: PerCpuHashMap<SeenKey, Seen> =
    PerCpuHashMap::with_max_entries(2 * MAX_INTERFACES as u32, BPF_F_NO_PREALLOC);

#[map]
pub(super) static TOLD: Array<u32> = Array::with_max_entries(RULES_MAX, 0);

#[map]
pub(super) static UNTOLD: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

#[map]
pub(super) static EVENTS: RingBuf = RingBuf::with_byte_size(EVENTS_BYTES, 0);

#[map]
pub(super) static LINE: Array<LineState> = Array::with_max_entries(1, 0);

#[map]
pub(super) static TICKETS: Array<Ticket> = Array::with_max_entries(MAX_TICKETS as u32, 0);

/// Answers that wait: room for 120.
#[map]
pub(super) static PENDING: RingBuf = RingBuf::with_byte_size(32 * 1024, 0);

/// What first fragments told about those after them; the oldest make room.
#[map]
pub(super) static FRAGMENTS: LruHashMap<FragmentKey, FragmentFlow> =
    LruHashMap::with_max_entries(MAX_FRAGMENTED as u32, 0);

/// How TCP connections began. Not LRU: one that is forgotten would be taken for a new one. Not of this
/// length: user space puts in one that has room, while a rule asks.
pub(super) type Beginnings = btf_maps::HashMap<Flow, BirthWords, 1, { BPF_F_NO_PREALLOC as usize }>;

/// The words of a [`Birth`](chaos_abi::Birth), for the reason of [`Words`].
pub(super) type BirthWords = [u64; 2];

#[btf_map]
pub(super) static BIRTHS: ArrayOfMaps<Beginnings, 1> = ArrayOfMaps::new();

#[map]
pub(super) static UNBORN: PerCpuArray<u64> = PerCpuArray::with_max_entries(1, 0);

#[map]
pub(super) static NUMBERS: Array<u64> = Array::with_max_entries(RULES_MAX, 0);

/// The words of a [`Drawn`](chaos_abi::Drawn). Not as a structure: of one Linux 6.1 notes that it has no
/// timer, and then takes no map in its place of which that is not noted.
pub(super) type Words = [u64; 4];

/// What is kept of connections. Not of this length: user space puts in one that has room.
pub(super) type Connections = btf_maps::HashMap<DrawKey, Words, 1, { BPF_F_NO_PREALLOC as usize }>;

#[btf_map]
pub(super) static DRAWS: ArrayOfMaps<Connections, 1> = ArrayOfMaps::new();

/// The packet being judged. A map value and not the stack: the verifier of Linux 6.1 follows a
/// stack slot byte by byte and needs fifteen times the instructions.
#[map]
pub(super) static CASE: PerCpuArray<Case> = PerCpuArray::with_max_entries(1, 0);

/// The actor's: its own packets run through the ingress hook while it is at work. Not one a CPU, since
/// user space runs one actor at a time.
#[map]
pub(super) static ACTOR_CASE: Array<Case> = Array::with_max_entries(1, 0);

/// Lines traced in the running second, see `tell`.
#[map]
pub(super) static TRACED: PerCpuArray<[u64; 2]> = PerCpuArray::with_max_entries(1, 0);

/// 1: tell each verdict through the log. Fixed before the load, so the verifier cuts the code.
#[unsafe(no_mangle)]
pub(super) static TRACE: Global<u8> = Global::new(0);

/// The peers of one bank.
#[inline(always)]
pub(super) fn peers(bank: Bank) -> &'static LpmTrie<[u8; 16], u32> {
    match bank {
        Bank::A => &PEERS_A,
        Bank::B => &PEERS_B,
    }
}
