//! A place for netfault's filters on an interface, before those of others, which stay as they are.

use super::{Side, Tc, on};
use crate::{dataplane::DataplaneError, inventory::Interface};

/// Makes sure that the interface has a clsact qdisc; whether it was made for that.
pub(super) fn claim(tc: &mut Tc, interface: &Interface) -> Result<bool, DataplaneError> {
    let qdiscs = tc.qdiscs().map_err(on(interface))?;
    match qdiscs.iter().find(|qdisc| qdisc.ifindex == interface.index) {
        None => tc
            .add_qdisc(interface.index)
            .map(|()| true)
            .map_err(on(interface)),
        Some(qdisc) if qdisc.is_clsact => Ok(false),
        // It takes filters for egress, and runs them on ingress.
        Some(_) => Err(DataplaneError::Occupied {
            interface: interface.name.clone(),
            by: "an ingress qdisc".to_owned(),
            fix: "replace it by a clsact qdisc, which has egress, too",
        }),
    }
}

/// Fails where a filter of another kind is as early as ours would be.
pub(super) fn make_sure_of_room(
    tc: &mut Tc,
    interface: &Interface,
    side: Side,
) -> Result<(), DataplaneError> {
    let present = tc.filters(interface.index, side).map_err(on(interface))?;
    match present.iter().find(|filter| filter.leaves_no_room()) {
        None => Ok(()),
        Some(first) => Err(DataplaneError::Occupied {
            interface: interface.name.clone(),
            by: format!("an {side} filter of kind {first}"),
            fix: "give that a later priority, so that netfault's can be first",
        }),
    }
}
