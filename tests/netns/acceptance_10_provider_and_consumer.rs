//! A consumer that calls a provider, without and with a delay and resets.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use chaos_tests::bed::servers::{HttpServer, get_once};
use chaos_tests::bed::{Host, Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault] is_late_by_100_ms_and_fails_one_time_in_ten }

const CALLERS: u16 = 10;
const CALLS: usize = 60;

fn is_late_by_100_ms_and_fails_one_time_in_ten() {
    let pair = Pair::new();
    let server = HttpServer::start(&pair.server);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let (base, failed) = calls(&pair.client, server.target());
    assert_eq!(failed, 0);
    let words = format!(
        "delay 100ms apply payload reset 10% --to {} --for 60s",
        server.target()
    );
    let fault = netfault.inject(&pair.client, &words);
    let (late, failed) = calls(&pair.client, server.target());
    let more = late.saturating_sub(base).as_millis();
    assert!((90..=110).contains(&more), "{base:?} became {late:?}");
    // 600 draws at 0.1: outside of this once in 7,000 times.
    assert!((35..=90).contains(&failed), "{failed} failures");
    let receipt = fault.stop();
    assert_eq!(receipt.faults, ["delay 100ms apply payload", "reset 10%"]);
    let (after, failed) = calls(&pair.client, server.target());
    assert_eq!(failed, 0);
    assert!(after < base + Duration::from_millis(10), "{after:?}");
    unchanged.assert();
}

/// What a quarter of those that are answered take at most, since a busy machine makes others later, and
/// how many are not answered.
fn calls(from: &Host, to: SocketAddr) -> (Duration, usize) {
    let mut times = Vec::new();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| (0..CALLS).map(|_| call(from, to)).collect::<Vec<_>>()))
            .collect();
        for caller in callers {
            times.extend(caller.join().expect("a caller ends"));
        }
    });
    let failed = times.iter().filter(|time| time.is_none()).count();
    let mut answered: Vec<_> = times.into_iter().flatten().collect();
    answered.sort();
    (answered[answered.len() / 4], failed)
}

fn call(from: &Host, to: SocketAddr) -> Option<Duration> {
    let start = Instant::now();
    get_once(from, to, "/").ok().map(|_| start.elapsed())
}
