//! How netfault attaches in this run: as the kernel has it, or as a variable says.

use std::env;

use chaos_agent::dataplane::Way;

/// What says that a run is to attach by `tcx` or by `clsact`, whatever the kernel has.
const VARIABLE: &str = "NETFAULT_ATTACH";

/// The way that this run insists on.
pub(crate) fn insisted() -> Option<Way> {
    let word = env::var(VARIABLE).ok()?;
    let ways = [Way::Tcx, Way::Clsact].into_iter();
    let mut named = ways.filter(|way| way.to_string() == word);
    Some(
        named
            .next()
            .unwrap_or_else(|| panic!("{VARIABLE}={word}: tcx or clsact")),
    )
}

/// Has the test's own process attach in that way, too.
pub(crate) fn insist_on_way() {
    if let Some(way) = insisted() {
        way.insist();
    }
}
