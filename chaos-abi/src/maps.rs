//! Names of the maps and programs in the kernel object.

/// Array whose length is the object's [`ABI_VERSION`](crate::ABI_VERSION).
pub const ABI: &str = "ABI";
/// Array of one [`Config`](crate::Config).
pub const CONFIG: &str = "CONFIG";
/// Array of one `u64`: the boot-clock nanoseconds up to which the holder's lease runs.
pub const LEASE: &str = "LEASE";
/// Array of two slabs, one a [`Bank`](crate::Bank), each an array of [`Block`](crate::Block): see
/// [`bank`](crate::bank).
pub const SLABS: &str = "SLABS";
/// LPM tries address → the row of the rules that are valid there, one a [`Bank`](crate::Bank).
pub const PEERS: [&str; 2] = ["PEERS_A", "PEERS_B"];
/// Per-CPU hash slot → [`Counters`](crate::Counters); an entry is made before a rule takes its slot.
pub const COUNTERS: &str = "COUNTERS";
/// Per-CPU hash [`SeenKey`](crate::SeenKey) → [`Seen`](crate::Seen), filled when a hook is attached.
pub const SEEN: &str = "SEEN";
/// Array of `u32`, indexed by slot: which once-only events a rule has sent.
pub const TOLD: &str = "TOLD";
/// Per-CPU array of one `u64`: events that found the ring buffer full.
pub const UNTOLD: &str = "UNTOLD";
/// LRU hash [`FragmentKey`](crate::FragmentKey) → [`FragmentFlow`](crate::FragmentFlow).
pub const FRAGMENTS: &str = "FRAGMENTS";
/// Array of one hash [`Flow`](crate::Flow) → [`Birth`](crate::Birth) of TCP connections, made and
/// filled while a rule asks.
pub const BIRTHS: &str = "BIRTHS";
/// Per-CPU array of one `u64`: connections that found [`BIRTHS`] full when they began.
pub const UNBORN: &str = "UNBORN";
/// Array of one [`LineState`](crate::LineState).
pub const LINE: &str = "LINE";
/// Array of [`Ticket`](crate::Ticket).
pub const TICKETS: &str = "TICKETS";
/// Array of `u64`, indexed by a rule's [`block`](crate::Rule::block): how many connections the block
/// has numbered.
pub const NUMBERS: &str = "NUMBERS";
/// Array of one hash [`DrawKey`](crate::DrawKey) → [`Drawn`](crate::Drawn), made once a table has a
/// rule that needs it.
pub const DRAWS: &str = "DRAWS";
/// Ring buffer of [`Event`](crate::Event).
pub const EVENTS: &str = "EVENTS";
/// Ring buffer of [`Pending`](crate::Pending).
pub const PENDING: &str = "PENDING";

/// The hook on packets towards the target.
pub const INGRESS: &str = "netfault_ingress";
/// The hook on packets away from the target.
pub const EGRESS: &str = "netfault_egress";
/// The program that resets one idle connection, or sends a frame as it is; run through
/// `BPF_PROG_TEST_RUN`.
pub const ACTOR: &str = "netfault_actor";
/// The program on what comes back from the delay line.
pub const RETURN: &str = "netfault_line";
