//! A frame goes back where it came from, however many ways there are.

use std::collections::HashMap;
use std::convert::Infallible;

use chaos_abi::{LineHeader, MAX_TICKETS, Ticket};

use super::{BARE, Tickets};

/// Tickets, and what the hooks were told of them.
#[derive(Default)]
struct Told {
    tickets: Tickets,
    ways: HashMap<u16, Ticket>,
    times: usize,
}

impl Told {
    fn of(&mut self, header: &LineHeader, is_held: impl Fn(u16) -> bool) -> Option<u16> {
        let (ways, times) = (&mut self.ways, &mut self.times);
        let given = self.tickets.of(header, is_held, |number, ticket| {
            ways.insert(number, ticket);
            *times += 1;
            Ok::<_, Infallible>(())
        });
        let Ok(given) = given;
        given
    }

    /// Where a frame with this header goes back to.
    fn way(&mut self, header: &LineHeader) -> Ticket {
        let number = self.of(header, |_| false).expect("nothing is held");
        self.ways[&number]
    }
}

fn header(ifindex: u32, direction: u32, mark: u32) -> LineHeader {
    LineHeader {
        ifindex,
        direction,
        mark,
        priority: mark / 2,
        ..LineHeader::default()
    }
}

fn is_as_it_was(ticket: &Ticket, header: &LineHeader) -> bool {
    (ticket.mark, ticket.priority) == (header.mark, header.priority)
}

fn leads_back(ticket: &Ticket, header: &LineHeader) -> bool {
    (ticket.ifindex, ticket.direction) == (header.ifindex, header.direction)
}

#[test]
fn the_same_way_has_one_ticket_which_is_told_once() {
    let mut told = Told::default();
    let there = header(2, 0, 7);
    for _ in 0..3 {
        assert_eq!(told.of(&there, |_| false), Some(0));
    }
    assert_eq!(told.times, 1);
    for (other, number) in [
        (header(3, 0, 7), 1),
        (header(2, 1, 7), 2),
        (header(2, 0, 8), 3),
    ] {
        assert_eq!(told.of(&other, |_| false), Some(number));
    }
}

#[test]
fn more_marks_than_tickets_cost_the_later_ones_their_mark_alone() {
    let mut told = Told::default();
    for mark in 1..=1_000 {
        let header = header(2, mark % 2, mark);
        let ticket = told.way(&header);
        assert!(leads_back(&ticket, &header), "{ticket:?}");
        assert_eq!(
            is_as_it_was(&ticket, &header),
            mark as usize <= BARE,
            "{mark}"
        );
    }
    assert_eq!(told.ways.len(), BARE + 2, "one more for each direction");
    let first = header(2, 1, 1);
    assert!(
        is_as_it_was(&told.way(&first), &first),
        "it keeps what it had"
    );
}

#[test]
fn more_ways_than_tickets_still_lead_back() {
    let mut told = Told::default();
    for round in 0..3 {
        for ifindex in 1..=1_000 {
            let header = header(ifindex, 0, 0);
            let ticket = told.way(&header);
            assert!(leads_back(&ticket, &header), "round {round}: {ticket:?}");
        }
    }
    assert_eq!(told.ways.len(), MAX_TICKETS);
}

#[test]
fn a_ticket_by_which_a_frame_is_held_is_not_given_to_another_way() {
    let mut told = Told::default();
    let ways = 1..=u32::try_from(MAX_TICKETS).expect("they are few");
    let first: Vec<_> = ways
        .map(|ifindex| told.of(&header(ifindex, 0, 0), |_| false))
        .collect();
    assert_eq!(first.last(), Some(&Some(255)));
    let held = |number: u16| number != 200;
    for ifindex in [1_000, 1_001, 1_002] {
        assert_eq!(told.of(&header(ifindex, 0, 0), held), Some(200));
    }
    assert_eq!(
        told.of(&header(1_003, 0, 0), |_| true),
        None,
        "there is none"
    );
    assert_eq!(
        told.of(&header(1_002, 0, 0), |_| true),
        Some(200),
        "it has one"
    );
}

#[test]
fn a_ticket_that_could_not_be_told_was_not_given() {
    let mut tickets = Tickets::default();
    let there = header(2, 0, 0);
    assert_eq!(tickets.of(&there, |_| false, |_, _| Err("no")), Err("no"));
    let told = tickets.of(&there, |_| false, |_, _| Ok::<_, &str>(()));
    assert_eq!(told, Ok(Some(0)));
}
