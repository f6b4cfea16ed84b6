//! Four look-alikes that poll each other, each with a limit of 300 ms: what one of them hears late.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chaos_tests::bed::servers::{HttpPool, HttpServer, get_once};
use chaos_tests::bed::{Host, Netfault, Star, Unchanged, quickest};
use chaos_tests::promises;

promises! { [Netfault]
    is_late_by_250_ms_in_its_row_alone,
    is_unhealthy_in_its_row_alone_at_350_ms,
    pays_twice_on_a_new_connection_where_all_packets_are_late
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const LIMIT: Duration = Duration::from_millis(300);

struct Town {
    star: Star,
    servers: Vec<HttpServer>,
}

impl Town {
    fn new() -> Self {
        let star = Star::new(&NAMES);
        let servers = star.hosts().map(HttpServer::start).collect();
        Self { star, servers }
    }

    fn target(&self) -> &Host {
        self.star.host("a")
    }

    /// The words that name the answers to the first one's calls.
    fn answers(&self) -> String {
        let others = self.servers[1..].iter();
        let peers: Vec<_> = others.map(|s| format!("--to {}", s.target())).collect();
        format!("--direction ingress {} --for 60s", peers.join(" "))
    }

    /// How long a call on a new connection takes, from each to each other.
    fn matrix(&self) -> Vec<(usize, Duration)> {
        let hosts = self.star.hosts().enumerate();
        let row = |(from, host): (usize, &Host)| {
            let others = self.servers.iter().enumerate();
            let others = others.filter(|(to, _)| *to != from);
            let calls = others.map(|(_, server)| (from, call(host, server.target())));
            calls.collect::<Vec<_>>()
        };
        hosts.flat_map(row).collect()
    }
}

fn call(from: &Host, to: SocketAddr) -> Duration {
    quickest(|| {
        let start = Instant::now();
        assert_eq!(get_once(from, to, "/").expect("it is answered"), 200);
        start.elapsed()
    })
}

fn is_late_by_250_ms_in_its_row_alone() {
    let town = Town::new();
    let unchanged = Unchanged::watch(town.star.hosts());
    let netfault = Netfault::new();
    let words = format!("delay 250ms apply payload {}", town.answers());
    let fault = netfault.inject(town.target(), &words);
    for (row, time) in town.matrix() {
        let expected = if row == 0 { 250 } else { 0 };
        let late = time.as_millis().abs_diff(expected);
        assert!(late <= 15, "row {row}: {time:?}");
        assert!(time < LIMIT, "row {row} is healthy: {time:?}");
    }
    let receipt = fault.stop();
    assert_eq!(receipt.faults, ["delay 250ms apply payload"]);
    let delayed: u64 = receipt.rules.iter().map(|rule| rule.counters.delayed).sum();
    assert!(delayed >= 3, "{receipt:?}");
    unchanged.assert();
}

fn is_unhealthy_in_its_row_alone_at_350_ms() {
    let town = Town::new();
    let netfault = Netfault::new();
    let words = format!("delay 350ms apply payload {}", town.answers());
    let fault = netfault.inject(town.target(), &words);
    for (row, time) in town.matrix() {
        assert_eq!(time > LIMIT, row == 0, "row {row}: {time:?}");
    }
    fault.stop();
}

/// The answer to the SYN is late, and so is that to the request.
fn pays_twice_on_a_new_connection_where_all_packets_are_late() {
    let town = Town::new();
    let netfault = Netfault::new();
    let mut kept = HttpPool::open(town.target(), town.servers[1].target(), 1);
    let fault = netfault.inject(town.target(), &format!("delay 250ms {}", town.answers()));
    let fresh = call(town.target(), town.servers[1].target()).as_millis();
    assert!((500..=555).contains(&fresh), "a new connection: {fresh} ms");
    let time = quickest(|| {
        let start = Instant::now();
        kept.get(0, "/").expect("it is answered");
        start.elapsed()
    });
    let time = time.as_millis();
    assert!((250..=265).contains(&time), "a kept one: {time} ms");
    fault.stop();
}
