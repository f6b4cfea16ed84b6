//! Toxics that a broker's tests ask a proxy for, on connections that are kept: latency, with jitter and
//! without, and bandwidth.

use chaos_tests::cluster::{Pod, Town, Untouched, Workload};
use chaos_tests::promises;

promises! { [Cluster]
    a_kept_stream_is_late_by_250_ms,
    a_mebibyte_takes_its_time_at_100_kilobytes_a_second
}

fn scene(label: &str, poll: &str) -> (Town, Pod, Untouched) {
    let town = Town::open(label);
    let poll = format!("http-poll --server web:80 --keep-alive 1 --timeout 30000 {poll}");
    town.start([Workload::web("web"), Workload::witness("client", &poll)]);
    let client = town.pod("client");
    client.await_answers("main");
    let untouched = Untouched::watch([client.clone(), town.pod("web")]);
    (town, client, untouched)
}

fn a_kept_stream_is_late_by_250_ms() {
    let (town, client, untouched) = scene("latency", "--pace 50");
    for (words, range) in [("delay 250ms", 250..265), ("delay 250ms 50ms", 200..265)] {
        let fault = town.inject(&format!("{words} deploy/client --to svc/web --for 5m"));
        let took = client.quickest("main", fault.in_force, 8).as_millis();
        assert!(range.contains(&took), "{words}: {took} ms");
        fault.stop();
    }
    assert_eq!(client.lines().open().len(), 1, "the connection is kept");
    untouched.assert();
}

fn a_mebibyte_takes_its_time_at_100_kilobytes_a_second() {
    let (town, client, untouched) = scene("bandwidth", "--path /bytes/1048576 --pace 500");
    // As a proxy does, it lets all wait that TCP sends.
    let words = "rate 100kbps limit 2mb deploy/web --to label:app=client";
    let fault = town.inject(&format!("{words} --for 5m"));
    let took = client.quickest("main", fault.in_force, 2).as_secs_f64();
    assert!((9.975..=11.025).contains(&took), "{took} s");
    fault.stop();
    untouched.assert();
}
