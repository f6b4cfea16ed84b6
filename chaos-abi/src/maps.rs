//! Names of the maps and programs in the kernel object.

/// Array whose length is the object's [`ABI_VERSION`](crate::ABI_VERSION).
pub const ABI: &str = "ABI";
/// Array of one [`Config`](crate::Config).
pub const CONFIG: &str = "CONFIG";
/// Array of one `u64`: the boot-clock nanoseconds up to which the holder's lease runs.
pub const LEASE: &str = "LEASE";
/// Array of [`Rule`](crate::Rule), indexed by slot.
pub const RULES: &str = "RULES";
/// LPM tries address → [`RuleSet`](crate::RuleSet), one a [`Bank`](crate::Bank).
pub const PEERS: [&str; 2] = ["PEERS_A", "PEERS_B"];
/// Array of [`PortClasses`](crate::PortClasses), indexed by [`Side::index`](crate::Side::index).
pub const PORTS: &str = "PORTS";
/// Array of [`ClassSets`](crate::ClassSets), indexed by [`Side::index`](crate::Side::index).
pub const CLASSES: &str = "CLASSES";
/// Array of [`Traits`](crate::Traits), indexed by [`Bank`](crate::Bank).
pub const TRAITS: &str = "TRAITS";
/// Array of [`RuleSet`](crate::RuleSet), indexed by [`Bank::spares`](crate::Bank::spares): the rules
/// that leave a packet alone because it matches the one in that slot.
pub const SPARES: &str = "SPARES";
/// Per-CPU array of [`Counters`](crate::Counters), indexed by slot.
pub const COUNTERS: &str = "COUNTERS";
/// Per-CPU hash [`SeenKey`](crate::SeenKey) → [`Seen`](crate::Seen), filled when a hook is attached.
pub const SEEN: &str = "SEEN";
/// Array of `u32`, indexed by slot: which once-only events a rule has sent.
pub const TOLD: &str = "TOLD";
/// Per-CPU array of one `u64`: events that found the ring buffer full.
pub const UNTOLD: &str = "UNTOLD";
/// Ring buffer of [`Event`](crate::Event).
pub const EVENTS: &str = "EVENTS";

/// The hook on packets towards the target.
pub const INGRESS: &str = "netfault_ingress";
/// The hook on packets away from the target.
pub const EGRESS: &str = "netfault_egress";
/// The program that resets one idle connection, run through `BPF_PROG_TEST_RUN`.
pub const ACTOR: &str = "netfault_actor";
