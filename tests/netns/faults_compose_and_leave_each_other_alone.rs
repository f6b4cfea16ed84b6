//! Loss, a reset and a blackhole on one target: each does its own, and when one is removed the others
//! go on unchanged to the counter.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_api::RuleCounters;
use chaos_tests::bed::netfault::{moved, total};
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    when_one_of_three_is_removed,
    and_a_later_one_counts_nothing_of_an_earlier_one
}

const DATAGRAMS: u32 = 200;
const LIMIT: Duration = Duration::from_secs(2);

fn when_one_of_three_is_removed() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let [lossy, mute] = [(); 2].map(|()| UdpPath::open(&pair.client, &pair.server, wire));
        let listener = Listener::on(&pair.server, wire, 0);
        let to = |words: &str, port: u16| {
            let words = format!("{words} --port {port} --for 60s");
            netfault.inject(&pair.client, &words)
        };
        let loss = to("loss 50% --proto udp --seed 7", lossy.port());
        let reset = to("reset", listener.port());
        let blackhole = to("blackhole --proto udp", mute.port());

        let arrived = meet(&lossy, &mute, &listener, &pair);
        let frame = total(&blackhole.status()).matched_bytes / u64::from(DATAGRAMS);
        let before = (loss.counters(), reset.counters());
        assert_eq!(before.0, lost(arrived, frame), "{wire:?}");
        assert_eq!((before.1.matched, before.1.refused), (1, 1), "{wire:?}");

        let removed = total(&blackhole.stop());
        assert_eq!(removed.dropped, u64::from(DATAGRAMS));
        assert_eq!((loss.counters(), reset.counters()), before, "{wire:?}");

        lossy.send(DATAGRAMS).expect("sendto never fails");
        let arrived = lossy.arrivals();
        mute.send(DATAGRAMS).expect("sendto never fails");
        assert_eq!(mute.arrivals(), DATAGRAMS as usize, "nothing is swallowed");
        let attempt = listener.attempt_from(&pair.client, LIMIT);
        assert_eq!(attempt.err(), Some(ErrorKind::ConnectionRefused));
        let after = (loss.counters(), reset.counters());
        assert_eq!(moved(before.0, after.0), lost(arrived, frame), "{wire:?}");
        assert_eq!((after.1.matched, after.1.refused), (2, 2), "{wire:?}");

        // The first one's process holds them all.
        assert_eq!(total(&reset.stop()), after.1);
        assert_eq!(total(&loss.stop()), after.0);
        lossy.await_open(LIMIT);
        unchanged.assert();
    }
}

fn and_a_later_one_counts_nothing_of_an_earlier_one() {
    counts_its_own_beside("blackhole");
    counts_its_own_beside("delay 1s");
}

/// The process of the one beside it holds them all, and its delay line.
fn counts_its_own_beside(other: &str) {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let to_it = |words: &str| {
        let words = format!("{words} --proto udp --port {} --for 60s", path.port());
        netfault.inject(&pair.client, &words)
    };
    let first = netfault.inject(&pair.client, &format!("{other} --port 9 --for 60s"));
    for words in ["delay 1ms", "blackhole", "delay 2ms", "loss 100%"] {
        let fault = to_it(words);
        path.send(10).expect("sendto never fails");
        let delayed = path.arrivals() as u64;
        let counted = total(&fault.stop());
        assert_eq!(counted.matched, 10, "{words}");
        assert_eq!(counted.delayed, delayed, "{words}");
        let fates = counted.delayed + counted.dropped + counted.lost;
        assert_eq!((fates, counted.overflowed), (10, 0), "{words}: {counted:?}");
    }
    first.stop();
}

/// Traffic for each of the three; the datagrams that the loss let pass.
fn meet(lossy: &UdpPath, mute: &UdpPath, listener: &Listener, pair: &Pair) -> usize {
    lossy.send(DATAGRAMS).expect("sendto never fails");
    mute.send(DATAGRAMS).expect("sendto never fails");
    assert_eq!(mute.arrivals(), 0, "the blackhole swallows all");
    let attempt = listener.attempt_from(&pair.client, LIMIT);
    assert_eq!(attempt.err(), Some(ErrorKind::ConnectionRefused));
    let arrived = lossy.arrivals();
    assert!(
        (1..DATAGRAMS as usize).contains(&arrived),
        "{arrived} at 50 %"
    );
    arrived
}

fn lost(arrived: usize, frame: u64) -> RuleCounters {
    let (all, arrived) = (u64::from(DATAGRAMS), arrived as u64);
    RuleCounters {
        matched: all,
        matched_bytes: all * frame,
        diverted: all,
        lost: all - arrived,
        ..RuleCounters::default()
    }
}
