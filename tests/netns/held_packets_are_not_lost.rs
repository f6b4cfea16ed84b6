//! What is held goes on: when the fault is stopped, when it is edited, when its time is over. What is
//! held when its holder is killed is lost once, and no longer.

use std::net::UdpSocket;
use std::time::Duration;

use chaos_agent::dataplane::Way;
use chaos_tests::bed::netfault::total;
use chaos_tests::bed::tcp::{Bulk, Listener, Wire, tcp_info};
use chaos_tests::bed::{Netfault, Pair, UdpPath, Unchanged, eventually, once_in_three, quickest};
use chaos_tests::promises;

use crate::line::{Holder, Line, Probe, constant, delays, is_in_order};

promises! {
    []
    when_it_is_stopped_or_edited_and_when_its_time_is_over,
    unless_there_are_too_many_which_is_told,
    and_so_it_does_where_its_filters_stay,
    and_tcp_recovers_when_its_holder_is_killed;
    [Netfault] unless_too_many_come_at_once_which_is_told;
    [Tcx] and_traffic_flows_at_once_when_its_holder_is_killed;
}

const SECOND: Duration = Duration::from_secs(1);
const GAP: Duration = Duration::from_millis(1);
const TRAFFIC: &str = "traffic: {protocol: UDP, direction: Egress}";

fn when_it_is_stopped_or_edited_and_when_its_time_is_over() {
    // Each in namespaces of its own, and most of the time they wait.
    std::thread::scope(|scope| {
        scope.spawn(when_it_is_stopped);
        scope.spawn(when_it_is_edited);
        when_its_time_is_over();
    });
}

fn when_it_is_stopped() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, &constant(30 * SECOND));
    let samples = std::thread::scope(|scope| {
        let sent = scope.spawn(|| probe.run(300, GAP, 2 * SECOND));
        std::thread::sleep(SECOND);
        assert_eq!(line.report().line.held, 300);
        line.stop("held");
        assert_eq!(line.tally().flushed, 300);
        sent.join().expect("it does not panic")
    });
    assert_eq!(samples.len(), 300, "none is lost");
    assert!(is_in_order(&samples), "their order stays");
    assert!(delays(&samples)[299] < 2 * SECOND, "they went at once");
    drop(line);
    unchanged.assert();
}

fn when_it_is_edited() {
    let pair = Pair::new();
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, &constant(30 * SECOND));
    let samples = std::thread::scope(|scope| {
        let sent = scope.spawn(|| probe.run(2_000, GAP, 2 * SECOND));
        for millis in [10, 2_000, 200] {
            std::thread::sleep(SECOND / 2);
            line.change("held", &constant(Duration::from_millis(millis)));
        }
        sent.join().expect("it does not panic")
    });
    assert_eq!(samples.len(), 2_000, "none is lost");
    assert!(is_in_order(&samples), "their order stays");
    let last = delays(&samples[1_700..]);
    assert!(last[0].as_millis() >= 195, "{last:?}");
    assert!(last[150].as_millis() < 230, "{last:?}");
}

fn unless_there_are_too_many_which_is_told() {
    let pair = Pair::new();
    let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, &constant(30 * SECOND));
    let flood = pair.client.enter(|| UdpSocket::bind((pair.client.v4(), 0)));
    let flood = flood.expect("a port is free");
    // To a port that nobody listens on, and in fragments: 64 MiB and some more.
    let datagram = vec![0; 65_000];
    for number in 0..1_100 {
        let target = (pair.server.v4(), probe.port() ^ 1);
        flood
            .send_to(&datagram, target)
            .expect("sendto never fails");
        if number % 10 == 0 {
            std::thread::sleep(GAP);
        }
    }
    std::thread::sleep(SECOND);
    let (told, report) = (line.tally(), line.report().line);
    eprintln!(
        "{} dropped, {} held in {} bytes",
        told.memory_full, report.held, report.held_bytes
    );
    assert!(told.memory_full > 0 && report.held > 30_000);
    assert_eq!(told.memory_full + report.held, report.taken);
    assert!(report.most_bytes <= 64 << 20);
    line.stop("held");
    assert_eq!(
        probe.run(10, GAP, SECOND).len(),
        10,
        "and then traffic flows"
    );
}

/// While its holder stands still, 8,192 packets wait in front of the line and no more, until hooks pass
/// it by.
fn unless_too_many_come_at_once_which_is_told() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    path.hear_all();
    let netfault = Netfault::new();
    for _ in 0..10 {
        let fault = netfault.inject(&pair.client, "delay 1ms --proto udp --for 60s");
        fault.holder().freeze();
        path.send(60_000).expect("sendto never fails");
        fault.holder().thaw();
        let mut arrived = 0;
        let told = eventually("each arrived or is told", 5 * SECOND, || {
            arrived += path.arrivals() as u64;
            let told = total(&fault.status());
            (arrived + told.overflowed == 60_000).then_some(told)
        });
        assert_eq!(told.diverted + told.bypassed, 60_000, "{told:?}");
        assert_eq!(total(&fault.stop()), told, "it was told before its end");
        if told.overflowed > 0 {
            eprintln!("{told:?}");
            return;
        }
    }
    panic!("never 8,192 packets in the time after which hooks pass the line by");
}

fn when_its_time_is_over() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let probe = Probe::open(&pair.client, &pair.server, Wire::V6);
    let line = Line::open(pair.client.name());
    once_in_three(|| {
        line.inject_for("1s", TRAFFIC, &constant(30 * SECOND));
        let samples = probe.run(200, GAP, 2 * SECOND);
        assert_eq!(samples.len(), 200, "none is lost");
        assert!(is_in_order(&samples), "their order stays");
        let first = samples.iter().find(|one| one.number == 0).expect("it came");
        std::thread::sleep(SECOND);
        let late = first.delay.saturating_sub(SECOND);
        let told = format!("they went {late:?} after the deadline");
        (late < Duration::from_millis(20)).then_some(()).ok_or(told)
    });
    drop(line);
    unchanged.assert();
}

fn and_traffic_flows_at_once_when_its_holder_is_killed() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let open = quickest(|| {
        let mut holder = Holder::start(pair.client.name(), 5 * SECOND);
        assert!(!path.passes(), "it holds");
        path.send(50).expect("sendto never fails");
        holder.kill();
        let open = path.await_open(SECOND);
        unchanged.assert();
        open
    });
    assert!(open < Duration::from_millis(100), "{open:?}");
}

fn and_so_it_does_where_its_filters_stay() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let open = quickest(|| {
        let mut holder = Holder::attaching(Some(Way::Clsact), pair.client.name(), 5 * SECOND);
        assert!(!path.passes(), "it holds");
        holder.kill();
        path.await_open(SECOND)
    });
    assert!(open < Duration::from_millis(100), "{open:?}");
}

fn and_tcp_recovers_when_its_holder_is_killed() {
    let pair = Pair::new();
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let bulk = Bulk::start(listener.accept_from(&pair.client));
    for _ in 0..3 {
        let mut holder = Holder::start(pair.client.name(), Duration::from_millis(50));
        bulk.await_bytes(1_000_000, 5 * SECOND);
        holder.kill();
        bulk.await_bytes(10_000_000, 5 * SECOND);
    }
    let info = tcp_info(&pair.client, &bulk.connection().client).expect("it lives");
    eprintln!("{info:?}");
}
