//! What the kernel counted, as the reader of a receipt sees it.

use std::collections::BTreeMap;

use chaos_abi::{Counters, Direction, Seen};
use chaos_api::{Block, EndReason, Receipt, Span, State};
use chaos_plan::{Clock, Fault, Life, LineCounts, Observed, Table, lower, raise, total};

use crate::faults_become_rules::read;

fn fault() -> Fault {
    read(include_str!("../../../examples/reset.yaml"))
}

fn receipt(counters: Counters, life: &Life) -> Receipt {
    let fault = fault();
    let table = lower(&Table::default(), std::slice::from_ref(&fault)).unwrap();
    let seen = Seen {
        packets: 7,
        bytes: 700,
    };
    let observed = Observed {
        counters: [(0, counters)].into(),
        seen: vec![("eth0".into(), Direction::Egress, seen)],
        connections: [("cut-nats".into(), 3), ("another".into(), 9)].into(),
        untold: 3,
        unborn: 5,
        ..Observed::default()
    };
    let clock = Clock {
        boot: 1_700_000_000_000_000_000,
    };
    raise(&fault, &table, life, &observed, clock)
}

fn alive() -> Life {
    Life {
        target: "netns orders".into(),
        started: 1_000_000_000,
        ended: None,
        interrupted: Span::ZERO,
        untold: 3,
        unborn: 5,
        past: BTreeMap::new(),
    }
}

#[test]
fn a_running_fault_tells_what_it_hit() {
    let counters = Counters {
        matched: 5,
        matched_bytes: 500,
        reset: 4,
        undrawn: 1,
        spared: 6,
        first: 2_000_999_999,
        last: 3_000_000_000,
        ..Counters::default()
    };
    let receipt = receipt(counters, &alive());
    assert_eq!((receipt.state, receipt.reason), (State::Active, None));
    assert!(receipt.traffic_matched);
    assert_eq!(receipt.connections_reset, 3);
    assert_eq!(receipt.faults, ["reset"]);
    let time = |at: Option<jiff::Timestamp>| at.unwrap().to_string();
    assert_eq!(time(receipt.started_at), "2023-11-14T22:13:21Z");
    assert_eq!(time(receipt.first_hit), "2023-11-14T22:13:22Z");
    assert_eq!(time(receipt.ends_at), "2023-11-14T22:13:50Z");
    assert_eq!(
        receipt.rules[0].traffic,
        "TCP, peer 10.0.0.0/8, peer port 4222"
    );
    let counted = receipt.rules[0].counters;
    assert_eq!(
        (counted.matched, counted.undrawn, counted.spared),
        (5, 1, 6)
    );
    assert_eq!(receipt.seen[0].packets, 7);
    assert!(receipt.warnings.is_empty());
}

#[test]
fn a_fault_that_met_nothing_says_so_when_it_is_over() {
    let ended = Life {
        ended: Some((2_000_000_000, EndReason::Stopped)),
        interrupted: "1.5s".parse().unwrap(),
        ..alive()
    };
    let lost = Counters {
        failed: 2,
        spared: 3,
        expired: 5,
        ..Counters::default()
    };
    let receipt = receipt(lost, &ended);
    assert_eq!(
        (receipt.state, receipt.reason),
        (State::Ended, Some(EndReason::Stopped))
    );
    assert!(!receipt.traffic_matched);
    assert_eq!((receipt.first_hit, receipt.last_hit), (None, None));
    let expected = [
        "no traffic met this fault",
        "packets dropped because the kernel made no answer to them: 2",
        "for 1.5s in all the holder stood still and everything passed",
    ];
    assert_eq!(receipt.warnings, expected);
}

#[test]
fn what_an_edit_took_away_stays_counted() {
    let before = Counters {
        matched: 4,
        reset: 4,
        first: 1_500_000_000,
        last: 1_600_000_000,
        ..Counters::default()
    };
    let life = Life {
        past: [(Block::Reset, (before, LineCounts::default()))].into(),
        ..alive()
    };
    let receipt = receipt(Counters::default(), &life);
    assert!(receipt.traffic_matched);
    assert_eq!(
        receipt.first_hit.unwrap().to_string(),
        "2023-11-14T22:13:21.5Z"
    );
    let traffic: Vec<_> = receipt.rules.iter().map(|rule| &rule.traffic[..]).collect();
    assert_eq!(
        traffic,
        ["TCP, peer 10.0.0.0/8, peer port 4222", "before an edit"]
    );
    let counted = receipt.rules.iter().map(|rule| rule.counters.reset);
    assert_eq!(counted.collect::<Vec<_>>(), [0, 4]);
}

#[test]
fn events_that_were_lost_in_its_time_are_told_where_they_matter() {
    let lost = |yaml, before| {
        let fault = read(yaml);
        let table = lower(&Table::default(), std::slice::from_ref(&fault)).unwrap();
        let observed = Observed {
            untold: 5,
            ..Observed::default()
        };
        let life = Life {
            untold: before,
            ..alive()
        };
        raise(&fault, &table, &life, &observed, Clock { boot: 0 }).warnings
    };
    let reset = include_str!("../../../examples/reset.yaml");
    let expected = ["2 events were lost: connectionsReset may be short"];
    assert_eq!(lost(reset, 3), expected);
    assert!(lost(reset, 5).is_empty());
    assert!(lost(include_str!("../../../examples/blackhole.yaml"), 0).is_empty());
}

#[test]
fn cpus_that_saw_nothing_have_no_part_in_the_first_hit() {
    let cpu = |matched, first, last| Counters {
        matched,
        first,
        last,
        ..Counters::default()
    };
    let sum = total(&[cpu(0, 0, 0), cpu(2, 30, 40), cpu(1, 20, 20)]);
    assert_eq!(sum, cpu(3, 20, 40));
}

#[test]
fn connections_that_could_not_be_remembered_are_told_where_it_matters() {
    let forgotten = |yaml, before| {
        let fault = read(yaml);
        let table = lower(&Table::default(), std::slice::from_ref(&fault)).unwrap();
        let observed = Observed {
            unborn: 7,
            ..Observed::default()
        };
        let life = Life {
            unborn: before,
            ..alive()
        };
        raise(&fault, &table, &life, &observed, Clock { boot: 0 }).warnings
    };
    let drain = include_str!("../../../examples/drain.yaml");
    let expected =
        "2 connections began while no more could be remembered: who opened them is not known";
    assert_eq!(forgotten(drain, 5), [expected]);
    assert!(forgotten(drain, 7).is_empty());
    let reset = include_str!("../../../examples/reset.yaml");
    assert!(forgotten(reset, 5).is_empty());
}
