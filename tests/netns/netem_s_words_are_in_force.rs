//! netem's faults, asked for in netem's words: what programs see, and what the receipt says.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use chaos_api::Receipt;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Connection, Wire};
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged, quickest};
use chaos_tests::promises;

use crate::line::{Probe, delays};

promises! { [Netfault]
    an_edited_delay_loses_no_packet_that_it_holds,
    every_third_packet_is_lost_and_the_receipt_says_so,
    packets_come_twice,
    a_table_of_one_s_own_is_drawn_from,
    a_kept_stream_is_late_by_250_ms,
    a_mebibyte_takes_its_time_at_100_kilobytes_a_second,
    three_of_ten_connections_lose_everything,
    what_came_through_the_line_is_as_it_was_after_a_reset_and_a_blackhole
}

const UDP: &str = "--proto udp --for 60s";
const MEBIBYTE: usize = 1 << 20;

fn an_edited_delay_loses_no_packet_that_it_holds() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, &format!("delay 30s {UDP}"));
    path.send(100).expect("sendto never fails");
    assert_eq!(path.arrivals(), 0, "all are held");
    let edited = netfault.call(&format!("edit {} delay 200ms -o json", fault.name()));
    let edited = edited.expect_code(0).receipt();
    assert_eq!(edited.faults, ["delay 200ms"]);
    let mut arrived = 0;
    let end = Instant::now() + Duration::from_secs(3);
    while arrived < 100 && Instant::now() < end {
        arrived += path.arrivals();
    }
    assert_eq!(arrived, 100);
    assert_eq!(total(&fault.stop()).delayed, 100);
    unchanged.assert();
}

fn every_third_packet_is_lost_and_the_receipt_says_so() {
    let (receipt, arrived) = hundred("loss nth 3");
    assert_eq!(arrived, 67);
    assert_eq!((total(&receipt).lost, total(&receipt).diverted), (33, 100));
}

fn packets_come_twice() {
    let (receipt, arrived) = hundred("duplicate 100%");
    assert_eq!((arrived, total(&receipt).duplicated), (200, 100));
}

/// How many of a hundred datagrams arrive.
fn hundred(words: &str) -> (Receipt, usize) {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, &format!("{words} {UDP}"));
    path.send(100).expect("sendto never fails");
    let arrived = path.arrivals();
    let receipt = fault.stop();
    assert_eq!(receipt.faults, [words]);
    (receipt, arrived)
}

fn a_table_of_one_s_own_is_drawn_from() {
    let pair = Pair::new();
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("two.dist");
    fs::write(&file, "# Three of four\n-8192 -8192 -8192\n8192\n").expect("there is room");
    let netfault = Netfault::new();
    let words = format!(
        "delay 60ms 40ms distribution table {} {UDP}",
        file.display()
    );
    let fault = netfault.inject(&pair.client, &words);
    let delays = delays(&probe.run(400, Duration::from_millis(1), Duration::from_secs(1)));
    assert_eq!(delays.len(), 400, "none is lost");
    let millis = |millis| Duration::from_millis(millis);
    assert!(delays[0] >= millis(20), "none is early: {:?}", delays[0]);
    // 100 ± 4 standard deviations, and some that a busy machine makes late.
    let late = delays.iter().filter(|delay| **delay >= millis(100)).count();
    assert!(
        (65..=140).contains(&late),
        "{late} of 400 took the long way"
    );
    assert_eq!(fault.stop().faults, ["delay 60ms 40ms distribution table"]);
}

fn a_kept_stream_is_late_by_250_ms() {
    for (words, range) in [("delay 250ms", 250..265), ("delay 250ms 50ms", 200..315)] {
        let time = quickest(|| pushed(words, 1)).as_millis();
        assert!(range.contains(&time), "{words}: {time} ms");
    }
}

fn a_mebibyte_takes_its_time_at_100_kilobytes_a_second() {
    let time = pushed("rate 100kbps", MEBIBYTE).as_secs_f64();
    assert!((9.975..=11.025).contains(&time), "{time} s");
}

/// How long bytes take on a connection that was there before.
fn pushed(words: &str, bytes: usize) -> Duration {
    let pair = Pair::new();
    let connection = Connection::open(&pair, Wire::V4);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, &format!("{words} --for 60s"));
    let [client, server] = connection.ends();
    let mut server = server.try_clone().expect("a socket has two names");
    server.set_read_timeout(None).expect("no limit");
    let (start, mut client): (_, &TcpStream) = (Instant::now(), client);
    let reader = thread::spawn(move || {
        server.read_exact(&mut vec![0; bytes]).expect("all arrives");
        start.elapsed()
    });
    client.write_all(&vec![7; bytes]).expect("all is sent");
    let time = reader.join().expect("it arrives");
    fault.stop();
    time
}

fn three_of_ten_connections_lose_everything() {
    let pair = Pair::new();
    let paths: Vec<_> = (0..40)
        .map(|_| UdpPath::open(&pair.client, &pair.server, Wire::V4))
        .collect();
    let netfault = Netfault::new();
    let words = format!("loss 30% per connection --seed 3 {UDP}");
    let fault = netfault.inject(&pair.client, &words);
    for path in &paths {
        path.send(5).expect("sendto never fails");
    }
    let arrivals: Vec<_> = paths.iter().map(UdpPath::arrivals).collect();
    let dead = arrivals.iter().filter(|count| **count == 0).count();
    assert!(arrivals.iter().all(|count| [0, 5].contains(count)));
    assert!((3..=22).contains(&dead), "{dead} of 40");
    assert_eq!(total(&fault.stop()).dropped, 5 * dead as u64);
}

fn what_came_through_the_line_is_as_it_was_after_a_reset_and_a_blackhole() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let delay = netfault.inject(&pair.client, &format!("delay 20ms {UDP}"));
    let more = netfault.inject(&pair.client, &format!("delay 30ms {UDP}"));
    let took = quickest(|| {
        let start = Instant::now();
        path.send(1).expect("sendto never fails");
        path.await_first(Duration::from_secs(1));
        start.elapsed()
    });
    let took = took.as_millis();
    assert!((50..65).contains(&took), "delays add up: {took} ms");
    let hole = netfault.inject(&pair.client, &format!("blackhole {UDP}"));
    path.send(10).expect("sendto never fails");
    assert_eq!(path.arrivals(), 0, "what is dropped is not delayed");
    hole.stop();
    more.stop();
    // The first one's process holds them all.
    let counted = total(&delay.stop());
    assert_eq!((counted.delayed, counted.outranked), (4, 10));
    assert!(path.passes());
}
