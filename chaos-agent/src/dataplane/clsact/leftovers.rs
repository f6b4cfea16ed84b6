//! What killed holders have left in the calling thread's namespace.

use super::{Filter, Mark, Side, Tc, remove};
use crate::inventory::{NetlinkError, interfaces};

/// The names of the interfaces that have filters of netfault's that no other living process made. One
/// that this process cannot see may have: only who has the namespace's lock knows that none has.
pub fn leftovers() -> Result<Vec<String>, NetlinkError> {
    let mut tc = Tc::open()?;
    let mut left = Vec::new();
    for ifindex in clsact(&mut tc)? {
        let [ingress, egress] = Side::BOTH.map(|side| tc.filters(ifindex, side));
        let mut filters = ingress?.into_iter().chain(egress?);
        if filters.any(|filter| is_left(&filter)) {
            left.push(ifindex);
        }
    }
    named(&left)
}

/// Removes them, with the qdiscs that were made for them and that nobody else uses. To be called by who
/// has the namespace's lock; the names of the interfaces that had some.
pub fn remove_leftovers() -> Result<Vec<String>, NetlinkError> {
    let mut tc = Tc::open()?;
    let mut removed = Vec::new();
    for ifindex in clsact(&mut tc)? {
        if remove(&mut tc, ifindex, is_left)? {
            removed.push(ifindex);
        }
    }
    named(&removed)
}

fn is_left(filter: &Filter) -> bool {
    filter.mark.is_some_and(Mark::is_left)
}

/// The interfaces that have a clsact qdisc.
fn clsact(tc: &mut Tc) -> Result<Vec<u32>, NetlinkError> {
    let mut qdiscs = tc.qdiscs()?;
    qdiscs.retain(|qdisc| qdisc.is_clsact);
    Ok(qdiscs.into_iter().map(|qdisc| qdisc.ifindex).collect())
}

fn named(indexes: &[u32]) -> Result<Vec<String>, NetlinkError> {
    if indexes.is_empty() {
        return Ok(Vec::new());
    }
    let all = interfaces()?.into_iter();
    let meant = all.filter(|interface| indexes.contains(&interface.index));
    Ok(meant.map(|interface| interface.name).collect())
}
