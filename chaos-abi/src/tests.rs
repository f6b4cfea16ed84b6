//! Words survive the way through memory, and unknown ones are told apart.

use std::collections::BTreeSet;

use crate::bank::{self, NAMES};
use crate::{
    Action, ActorAnswer, Answer, Bank, Birth, Block, CERTAIN, Direction, EventKind, Head, Opener,
    Protocol, Rule, RuleSet,
    flag::{BY_PEER, BY_TARGET, EXISTING, NEW},
};

#[test]
fn words_are_read_back_and_unknown_ones_refused() {
    for action in [
        Action::Reset,
        Action::Reject,
        Action::Loss,
        Action::Blackhole,
        Action::Line,
    ] {
        assert_eq!(Action::from_word(action.word()), Some(action));
    }
    assert_eq!([0, 5, u16::MAX].map(Action::from_word), [None; 3]);
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
        ActorAnswer::Sent,
    ];
    for answer in answers {
        for slot in [0, 1, 63, 1023] {
            let word = answer.returned(u32::from(slot));
            assert_eq!(ActorAnswer::from_return(word), Some((answer, slot)));
        }
    }
    assert_eq!(ActorAnswer::from_return(6), None);
    assert_eq!(ActorAnswer::from_return(0xff), None);
}

#[test]
fn a_stronger_action_is_the_greater_word() {
    let order = [
        Action::Reset,
        Action::Reject,
        Action::Loss,
        Action::Blackhole,
    ];
    assert!(order.is_sorted());
    assert!(order.map(Action::word).is_sorted());
}

#[test]
fn an_answer_stands_in_two_bits_of_the_flags() {
    for answer in [Answer::TcpReset, Answer::Port, Answer::Host, Answer::Admin] {
        assert_eq!(Answer::from_flags(answer.flags()), answer);
        assert_eq!(Answer::from_flags(answer.flags() | 0xcfff), answer);
        assert_eq!(answer.flags() & 0xcfff, 0);
    }
}

#[test]
fn there_are_two_banks() {
    assert_eq!([Bank::A, Bank::B].map(Bank::other), [Bank::B, Bank::A]);
    assert_eq!([0, 1, 7].map(Bank::from_word), [Bank::A, Bank::B, Bank::B]);
}

#[test]
fn every_port_has_a_place_of_its_own() {
    let places: BTreeSet<_> = (0..=u16::MAX).map(bank::port).collect();
    assert_eq!(places.len(), 65536);
    let last = places.last().copied();
    assert_eq!(last, Some((15, 63, 63)), "sixteen blocks of names a side");
}

#[test]
fn names_are_read_where_they_were_put() {
    let mut all = [0; NAMES];
    (1..).zip(&mut all).for_each(|(n, name)| *name = n * 997);
    let block = bank::names(&all);
    let read: Vec<u16> = (0..64).map(|place| bank::name(&block, place)).collect();
    assert_eq!(read, all);
}

#[test]
fn a_head_is_read_as_it_was_written() {
    let head = Head {
        words: 16,
        rules: 34,
        local: 0xffff,
        peer: 0x1234,
        traits: 0x8000_0000_0000_0001,
        peers: 1,
    };
    assert_eq!(Head::of(&head.block()), head);
}

#[test]
fn four_rules_share_a_block() {
    let rule = |n: u16| Rule {
        deadline: u64::MAX - u64::from(n),
        seed: u64::from(n) << 60,
        threshold: CERTAIN,
        action: n,
        rank: 0xff00 + n,
        spared_by: 1024,
        flags: 0xa500 + n,
        block: 1023 - n,
        anchor: 0x1f_fff0 + u32::from(n),
    };
    let mut block = Block::default();
    (4..8).for_each(|slot| rule(slot).put(&mut block, slot));
    for slot in 4..8 {
        assert_eq!(Rule::at(&block, u32::from(slot)), rule(slot));
    }
}

#[test]
fn every_combination_of_traits_has_a_row_of_its_own() {
    let mut rows = BTreeSet::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        for protocol in [6, 17, 1, 0].map(Protocol::from_number) {
            for rest in 0..8 {
                let [v6, ported, loopback] = [1, 2, 4].map(|bit| rest & bit != 0);
                rows.insert(bank::traits(direction, protocol, v6, ported, loopback));
            }
        }
    }
    assert!(rows.into_iter().eq(0..bank::TRAITS));
}

#[test]
fn a_set_holds_the_slots_that_were_put_in() {
    let slots = [0, 1, 63, 64, 700, 1023];
    let mut set: RuleSet = slots.into_iter().collect();
    assert_eq!(set.iter().collect::<Vec<_>>(), slots);
    assert!(set.contains(700) && !set.contains(701) && !set.contains(u16::MAX));
    set.remove(700);
    assert!(!set.contains(700));
    let other: RuleSet = [1, 2].into_iter().collect();
    assert_eq!(set.and(&other).iter().collect::<Vec<_>>(), [1]);
    assert_eq!(set.or(&other).iter().count(), 6);
    assert!(set.and(&RuleSet::EMPTY).is_empty());
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
fn a_rule_takes_the_connections_that_it_asks_for() {
    let asks = |flags, anchor| Rule {
        flags,
        anchor,
        ..Rule::default()
    };
    let birth = |cut, opener| Birth { at: 0, cut, opener };
    let (target, peer) = (Opener::Target as u32, Opener::Peer as u32);
    for opener in [0, target, peer] {
        assert!(asks(EXISTING, 3).takes(&birth(2, opener)));
        assert!(!asks(EXISTING, 3).takes(&birth(3, opener)));
        assert!(!asks(NEW, 3).takes(&birth(2, opener)));
        assert!(asks(NEW, 3).takes(&birth(3, opener)));
        assert!(asks(0, 3).takes(&birth(2, opener)) && asks(0, 0).takes(&birth(2, opener)));
        assert_eq!(
            asks(BY_TARGET, 3).takes(&birth(1, opener)),
            opener == target
        );
        assert_eq!(asks(BY_PEER, 3).takes(&birth(4, opener)), opener == peer);
        let both = asks(EXISTING | BY_PEER, 3);
        assert_eq!(both.takes(&birth(2, opener)), opener == peer);
        assert!(!both.takes(&birth(3, opener)));
    }
    let unknown = Birth::UNKNOWN;
    let taken =
        [EXISTING, NEW, BY_TARGET, BY_PEER].map(|flag| asks(flag, 0x1f_ffff).takes(&unknown));
    assert_eq!(taken, [false, true, false, false]);
}
