//! Half of the connections are reset and half are 15 s late, the same ones each time; taken away one
//! by one.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use chaos_tests::bed::servers::HttpServer;
use chaos_tests::bed::tcp::Wire;
use chaos_tests::bed::{Host, Netfault, Pair, UdpPath, Unchanged};
use chaos_tests::promises;

promises! { [Netfault]
    compose_and_go_one_by_one,
    really_delay_by_15_s
}

const CALLS: usize = 12;
const LATE: Duration = Duration::from_secs(15);
const BOUND: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Reset,
    Late,
    Prompt,
}

fn compose_and_go_one_by_one() {
    let pair = Pair::new();
    let server = HttpServer::start(&pair.server);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let at = format!("--to {} --seed 7 --for 90s", server.target());
    // The first one's process holds both.
    let reset = netfault.inject(&pair.client, &format!("reset 50% {at}"));
    let delay = "delay 15s apply payload probability 50%";
    let delay = netfault.inject(&pair.client, &format!("{delay} {at}"));
    let first = calls(&pair.client, server.target(), LATE + BOUND);
    for outcome in [Outcome::Reset, Outcome::Late, Outcome::Prompt] {
        assert!(first.contains(&outcome), "{first:?}");
    }
    delay.stop();
    let second = calls(&pair.client, server.target(), BOUND);
    assert!(!second.contains(&Outcome::Late), "{second:?}");
    assert!(second.contains(&Outcome::Reset), "{second:?}");
    reset.stop();
    let third = calls(&pair.client, server.target(), BOUND);
    assert_eq!(third, [Outcome::Prompt; CALLS]);
    unchanged.assert();
}

/// A datagram, so that nothing is sent again meanwhile.
fn really_delay_by_15_s() {
    let pair = Pair::new();
    let path = UdpPath::open(&pair.client, &pair.server, Wire::V4);
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, "delay 15s --proto udp --for 60s");
    let start = Instant::now();
    path.send(1).expect("sendto never fails");
    path.await_first(LATE + BOUND);
    let took = start.elapsed();
    assert!(took >= LATE && took < LATE + BOUND, "{took:?}");
    fault.stop();
}

/// One request each on new connections, made one after the other.
fn calls(from: &Host, to: SocketAddr, limit: Duration) -> Vec<Outcome> {
    let connect = |_| {
        let stream = from.enter(|| TcpStream::connect_timeout(&to, LATE));
        thread::spawn(move || stream.map_or(Outcome::Reset, |stream| ask(stream, limit)))
    };
    let calls: Vec<_> = (0..CALLS).map(connect).collect();
    let end = |call: thread::JoinHandle<Outcome>| call.join().expect("a call ends");
    calls.into_iter().map(end).collect()
}

fn ask(mut stream: TcpStream, limit: Duration) -> Outcome {
    let start = Instant::now();
    let request = b"GET / HTTP/1.1\r\nHost: bed\r\n\r\n";
    stream.write_all(request).expect("it goes to the socket");
    stream.set_read_timeout(Some(limit)).expect("a limit");
    match stream.read(&mut [0; 1024]) {
        Ok(_) if start.elapsed() < BOUND => Outcome::Prompt,
        Ok(_) => {
            let off = start.elapsed().abs_diff(LATE);
            assert!(off <= BOUND, "late by {off:?} too much or too little");
            Outcome::Late
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Outcome::Reset,
        Err(error) => panic!("{error}"),
    }
}
