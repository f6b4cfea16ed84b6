//! Words survive the way through memory, and unknown ones are told apart.

use crate::{Action, ActorAnswer, Bank, Direction, EventKind, PortClasses, Protocol, Side, Traits};

#[test]
fn words_are_read_back_and_unknown_ones_refused() {
    for action in [Action::Reset, Action::Blackhole] {
        assert_eq!(Action::from_word(action.word()), Some(action));
    }
    assert_eq!([0, 3, u32::MAX].map(Action::from_word), [None; 3]);
    for kind in [
        EventKind::FirstHit,
        EventKind::Reset,
        EventKind::Refused,
        EventKind::Expired,
    ] {
        assert_eq!(EventKind::from_word(kind as u32), Some(kind));
    }
    assert_eq!([0, 5, u32::MAX].map(EventKind::from_word), [None; 3]);
}

#[test]
fn an_answer_carries_its_slot() {
    let answers = [
        ActorAnswer::Unmatched,
        ActorAnswer::Reset,
        ActorAnswer::NoSocket,
        ActorAnswer::Failed,
        ActorAnswer::Malformed,
    ];
    for answer in answers {
        for slot in [0, 1, 63] {
            let word = answer.returned(u32::from(slot));
            assert_eq!(ActorAnswer::from_return(word), Some((answer, slot)));
        }
    }
    assert_eq!(ActorAnswer::from_return(5), None);
    assert_eq!(ActorAnswer::from_return(0xff), None);
}

#[test]
fn a_stronger_action_is_the_greater_word() {
    assert!(Action::Blackhole > Action::Reset);
    assert!(Action::Blackhole.word() > Action::Reset.word());
}

#[test]
fn each_side_of_each_bank_has_a_table_of_its_own() {
    let banks =
        [Bank::A, Bank::B].map(|bank| [Side::Local, Side::Peer].map(|side| side.index(bank)));
    assert_eq!(banks, [[0, 1], [2, 3]]);
    let spares = [Bank::A, Bank::B].map(|bank| [0, 63].map(|slot| bank.spares(slot)));
    assert_eq!(spares, [[0, 63], [64, 127]]);
    assert_eq!([Bank::A, Bank::B].map(Bank::other), [Bank::B, Bank::A]);
    assert_eq!([0, 1, 7].map(Bank::from_word), [Bank::A, Bank::B, Bank::B]);
}

#[test]
fn every_port_has_an_index_of_its_own() {
    let mut taken = vec![false; 65536];
    for port in 0..=u16::MAX {
        let index = PortClasses::index(port.to_be_bytes());
        assert!(!core::mem::replace(&mut taken[index], true));
    }
}

#[test]
fn protocols_are_classed_by_their_iana_number() {
    let classes = [6, 17, 1, 58, 0, 2, 44, 132].map(Protocol::from_number);
    let [tcp, udp, icmp, other] = [
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Icmp,
        Protocol::Other,
    ];
    assert_eq!(classes, [tcp, udp, icmp, icmp, other, other, other, other]);
}

#[test]
fn traits_select_what_satisfies_all_three() {
    let traits = Traits {
        direction: [0b0111, 0b1110],
        protocol: [0b0101, 0b1111, 0, 0b1000],
        family: [0b1100, 0b0111],
        portless: u64::MAX,
        sparing: 0,
    };
    let select = |way, protocol, v6| traits.select(way, protocol, v6);
    assert_eq!(select(Direction::Ingress, Protocol::Tcp, true), 0b0101);
    assert_eq!(select(Direction::Egress, Protocol::Udp, false), 0b1100);
    assert_eq!(select(Direction::Egress, Protocol::Icmp, false), 0);
    assert_eq!(select(Direction::Egress, Protocol::Other, true), 0);
}
