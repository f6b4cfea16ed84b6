//! The ways back that a line has named to the hooks.

use std::collections::HashMap;

use chaos_abi::{LineHeader, MAX_TICKETS, Ticket};

use crate::dataplane::{DataplaneError, LineMaps};

/// The tickets that were given out.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    numbers: HashMap<Ticket, u16>,
}

impl Tickets {
    /// The ticket of a frame, told to the hooks before it is used. Where there is no other left, one
    /// without its mark and priority.
    pub(super) fn of(
        &mut self,
        maps: &mut LineMaps,
        header: &LineHeader,
    ) -> Result<u16, DataplaneError> {
        let ticket = Ticket {
            ifindex: header.ifindex,
            direction: header.direction,
            mark: header.mark,
            priority: header.priority,
        };
        if let Some(number) = self.numbers.get(&ticket) {
            return Ok(*number);
        }
        let bare = Ticket {
            mark: 0,
            priority: 0,
            ..ticket
        };
        // The last quarter is for those.
        let is_scarce = self.numbers.len() >= MAX_TICKETS / 4 * 3;
        let ticket = if is_scarce { bare } else { ticket };
        if let Some(number) = self.numbers.get(&ticket) {
            return Ok(*number);
        }
        let number = u16::try_from(self.numbers.len() % MAX_TICKETS).expect("tickets are few");
        maps.ticket(number, ticket)?;
        self.numbers.insert(ticket, number);
        Ok(number)
    }
}
