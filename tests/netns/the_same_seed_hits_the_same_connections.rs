//! Half of the connections by their number: a second run, whose connections have other ports, hits the
//! same ones.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use chaos_api::Draw;
use chaos_tests::bed::tcp::{Listener, Wire};
use chaos_tests::bed::{Netfault, Pair, Unchanged};
use chaos_tests::promises;

promises! { [Netfault] whatever_their_ports_are, idle_ones_by_their_order }

const CONNECTIONS: usize = 60;
const LIMIT: Duration = Duration::from_secs(2);

fn whatever_their_ports_are() {
    for wire in Wire::ALL {
        let pair = Pair::new();
        let unchanged = Unchanged::watch([&pair.client, &pair.server]);
        let netfault = Netfault::new();
        let runs = [(); 2].map(|()| {
            let listener = Listener::on(&pair.server, wire, 0);
            let words = format!("reset 50% --seed 7 --port {} --for 60s", listener.port());
            let fault = netfault.inject(&pair.client, &words);
            let mut held = Vec::new();
            let refused: Vec<bool> = (0..CONNECTIONS)
                .map(|_| match listener.attempt_from(&pair.client, LIMIT) {
                    Ok(stream) => {
                        held.push(stream);
                        false
                    }
                    Err(error) => {
                        assert_eq!(error, ErrorKind::ConnectionRefused);
                        true
                    }
                })
                .collect();
            let receipt = fault.stop();
            assert_eq!((receipt.seed, receipt.draw), (7, Draw::Ordinal));
            let count = refused.iter().filter(|refused| **refused).count();
            assert_eq!(receipt.connections_reset, count as u64);
            (refused, held)
        });
        assert_eq!(runs[0].0, runs[1].0, "{wire:?}");
        // Some may have one again, since their server's port is another.
        let [first, second] = [&runs[0].1, &runs[1].1].map(|held| held.iter().map(port));
        assert!(first.ne(second), "{wire:?}: their ports are others");
        let hit = runs[0].0.iter().filter(|refused| **refused).count();
        // Outside with probability 0.001 (exact binomial).
        assert!((18..=42).contains(&hit), "{hit} of {CONNECTIONS}");
        drop(runs);
        unchanged.assert();
    }
}

/// Those that are there are numbered by their addresses and ports in rising order.
fn idle_ones_by_their_order() {
    let pair = Pair::new();
    let netfault = Netfault::new();
    let runs = [(); 2].map(|()| {
        let listener = Listener::on(&pair.server, Wire::V4, 0);
        let mut all = listener.accept_many(&pair.client, CONNECTIONS);
        all.sort_by_key(|connection| port(connection.ends()[0]));
        let words = format!("reset 50% --seed 7 --port {} --for 60s", listener.port());
        let fault = netfault.inject(&pair.client, &words);
        let hit = |connection: &chaos_tests::bed::tcp::Connection| {
            let [mut client, _] = connection.ends();
            client
                .set_nonblocking(true)
                .expect("it can be non-blocking");
            let read = std::io::Read::read(&mut client, &mut [0]);
            read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
        };
        let hit: Vec<bool> = all.iter().map(hit).collect();
        let reset = fault.stop().connections_reset;
        assert_eq!(reset, hit.iter().filter(|hit| **hit).count() as u64);
        hit
    });
    assert_eq!(runs[0], runs[1]);
}

fn port(end: &TcpStream) -> u16 {
    end.local_addr().expect("it is connected").port()
}
