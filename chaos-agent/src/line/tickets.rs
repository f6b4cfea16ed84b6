//! The ways back that a line has named to the hooks.

use std::collections::HashMap;

use chaos_abi::{LineHeader, MAX_TICKETS, Ticket};

/// Tickets from this one on are without mark and priority, so that no mark takes the last ones.
const BARE: usize = MAX_TICKETS / 4 * 3;

/// The tickets that were given out.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    numbers: HashMap<Ticket, u16>,
    /// By number.
    given: Vec<Ticket>,
    /// Of the bare ones, the next to be given out again.
    again: usize,
}

impl Tickets {
    /// The ticket of a frame, which `tell` tells the hooks before it is used. Where there is no other
    /// left, one without its mark and priority, and then one that was given out before and by which
    /// no frame is held; `None` where all of those are.
    pub(super) fn of<E>(
        &mut self,
        header: &LineHeader,
        is_held: impl Fn(u16) -> bool,
        tell: impl FnOnce(u16, Ticket) -> Result<(), E>,
    ) -> Result<Option<u16>, E> {
        let ticket = Ticket {
            ifindex: header.ifindex,
            direction: header.direction,
            mark: header.mark,
            priority: header.priority,
        };
        if let Some(number) = self.numbers.get(&ticket) {
            return Ok(Some(*number));
        }
        let ticket = if self.given.len() < BARE {
            ticket
        } else {
            Ticket {
                mark: 0,
                priority: 0,
                ..ticket
            }
        };
        if let Some(number) = self.numbers.get(&ticket) {
            return Ok(Some(*number));
        }
        let Some(number) = self.free(is_held) else {
            return Ok(None);
        };
        tell(number, ticket)?;
        self.give(number, ticket);
        Ok(Some(number))
    }

    /// A number that leads nowhere, or nowhere that a frame is to go.
    fn free(&mut self, is_held: impl Fn(u16) -> bool) -> Option<u16> {
        if self.given.len() < MAX_TICKETS {
            return Some(number(self.given.len()));
        }
        let bare = MAX_TICKETS - BARE;
        let places = (0..bare).map(|step| (self.again + step) % bare);
        let place = places
            .into_iter()
            .find(|place| !is_held(number(BARE + place)))?;
        self.again = place + 1;
        Some(number(BARE + place))
    }

    fn give(&mut self, number: u16, ticket: Ticket) {
        match self.given.get_mut(usize::from(number)) {
            Some(before) => {
                self.numbers.remove(before);
                *before = ticket;
            }
            None => self.given.push(ticket),
        }
        self.numbers.insert(ticket, number);
    }
}

fn number(at: usize) -> u16 {
    u16::try_from(at).expect("tickets are few")
}

#[cfg(test)]
mod tests;
