//! `netfault edit` changes the parameters and the time of a fault that a command holds.

use std::time::Duration;

use chaos_api::{EndReason, Receipt};
use chaos_tests::bed::netfault::{Injection, total};
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    and_its_parameters_are_in_force_when_it_returns,
    and_what_the_delay_line_did_stays_in_its_books,
    and_its_time_counts_from_its_start,
    and_what_makes_no_sense_changes_nothing
}

const PORT: u16 = 7000;
const WORDS: &str = "blackhole --proto udp --for 30s";

fn and_its_parameters_are_in_force_when_it_returns() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open_on(&pair.client, &pair.server, Wire::V4, PORT);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, WORDS);
    let arrivals = |share: &str| {
        edit(&netfault, &fault, &format!("blackhole {share}"));
        path.send(10).expect("sendto never fails");
        path.arrivals()
    };
    assert_eq!(arrivals("0%"), 10);
    assert_eq!(arrivals("100%"), 0);
    let counted = total(&fault.stop());
    assert_eq!((counted.matched, counted.dropped), (20, 10));
    unchanged.assert();
}

fn and_what_the_delay_line_did_stays_in_its_books() {
    let pair = Pair::new();
    let path = UdpPath::open_on(&pair.client, &pair.server, Wire::V4, PORT);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "loss 100% --proto udp --for 30s");
    // A connection is lost without the line.
    let (packets, connections) = ("loss 100%", "loss 100% per connection");
    for (turn, words) in (1..).zip([connections, packets, connections, packets]) {
        path.send(10).expect("sendto never fails");
        assert_eq!(path.arrivals(), 0);
        let counted = total(&edit(&netfault, &fault, words));
        assert_eq!(counted.lost + counted.dropped, 10 * turn, "{counted:?}");
        assert_eq!(counted.overflowed, 0, "{counted:?}");
    }
    let counted = total(&fault.stop());
    assert_eq!((counted.lost, counted.dropped), (20, 20), "{counted:?}");
}

fn and_its_time_counts_from_its_start() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, WORDS);
    let before = fault.status();
    let after = edit(&netfault, &fault, "--for 90s");
    let end = |receipt: &Receipt| receipt.ends_at.expect("it has an end").as_millisecond();
    assert_eq!(after.started_at, before.started_at);
    assert_eq!(end(&after) - end(&before), 60_000);
    edit(&netfault, &fault, "--for 10ms");
    let receipt = fault.await_end(Duration::from_secs(5));
    assert_eq!(receipt.reason, Some(EndReason::Expired));
}

fn and_what_makes_no_sense_changes_nothing() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, WORDS);
    let before = fault.status();
    for (words, code, named) in [
        ("reset", 1, "it has \"blackhole\""),
        ("blackhole 101%", 2, "101%"),
        ("--for 25h", 1, "25h"),
    ] {
        let outcome = netfault.call(&format!("edit {} {words}", fault.name()));
        outcome.expect_code(code);
        assert!(
            outcome.stderr.contains(named),
            "{words}: {}",
            outcome.stderr
        );
    }
    netfault.call("edit nobody --for 1s").expect_code(1);
    assert_eq!(fault.stop().faults, before.faults);
}

#[track_caller]
fn edit(netfault: &Netfault, fault: &Injection, words: &str) -> Receipt {
    let edited = netfault.call(&format!("edit {} {words} -o json", fault.name()));
    edited.expect_code(0).receipt()
}
