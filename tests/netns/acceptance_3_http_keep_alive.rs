//! A pool of five kept HTTP connections, reset while requests are in flight and while all idle.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_tests::bed::servers::{HttpPool, HttpServer, get_once};
use chaos_tests::bed::tcp::{count_of_sockets, read_error};
use chaos_tests::bed::{Netfault, Pair, Unchanged, eventually};
use chaos_tests::promises;

promises! { [Netfault]
    is_reset_while_requests_are_in_flight,
    is_reset_while_all_are_idle
}

const POOL: usize = 5;
const AT_ONCE: Duration = Duration::from_secs(1);

fn is_reset_while_requests_are_in_flight() {
    is_reset(|pool, server| {
        for index in 0..POOL {
            pool.send(index, "/held").expect("the connection is open");
        }
        let held = || (server.held() == POOL).then_some(());
        eventually("the server works on all of them", AT_ONCE * 5, held);
    });
}

fn is_reset_while_all_are_idle() {
    is_reset(|_, _| ());
}

fn is_reset(prepare: fn(&mut HttpPool, &HttpServer)) {
    let pair = Pair::new();
    let server = HttpServer::start(&pair.server);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let port = server.target().port();
    let mut pool = HttpPool::open(&pair.client, server.target(), POOL);
    prepare(&mut pool, &server);

    let start = Instant::now();
    let fault = netfault.inject(
        &pair.client,
        &format!("reset --to {} --for 30s", server.target()),
    );
    let armed = Instant::now();
    for index in 0..POOL {
        let error = read_error(pool.stream(index), AT_ONCE);
        assert_eq!(
            error,
            ErrorKind::ConnectionReset,
            "connection {index} at the client"
        );
    }
    let ended = || Some(server.ended()).filter(|ended| ended.len() == POOL);
    let ended = eventually("the server is told of all", AT_ONCE, ended);
    for end in ended {
        assert_eq!(
            end.error,
            ErrorKind::ConnectionReset,
            "{end:?} at the server"
        );
        assert!(
            end.at > start && end.at < armed + AT_ONCE,
            "at once, not at the next request"
        );
    }
    assert_eq!(server.open(), 0);
    assert_eq!(
        count_of_sockets(&pair.server, port),
        0,
        "half-open leftovers"
    );
    server.release();
    for index in 0..POOL {
        pool.get(index, "/")
            .expect_err("no request succeeds on an old connection");
    }
    let refused = get_once(&pair.client, server.target(), "/").expect_err("not while it lasts");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

    let receipt = fault.stop();
    assert_eq!(
        receipt.connections_reset,
        POOL as u64 + 1,
        "the pool, and the refused one"
    );
    assert_eq!(
        get_once(&pair.client, server.target(), "/").expect("it is over"),
        200
    );
    unchanged.assert();
}
