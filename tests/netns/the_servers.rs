//! That the bed's servers and clients work where nothing is in their way.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chaos_tests::bed::nats::{Happening, NatsClient};
use chaos_tests::bed::servers::{HttpPool, HttpServer, NatsServer, RedisClient, RedisServer};
use chaos_tests::bed::tools::Tool;
use chaos_tests::bed::{Fingerprint, Pair, Star, eventually, process};
use chaos_tests::promises;

promises! {
    [] http_connections_are_kept_and_their_ends_are_noted;
    [Nats] a_nats_client_is_known_to_the_server_and_loses_nothing,
    jetstream_keeps_what_it_acknowledged;
    [Redis] redis_answers;
    [Nft] a_packet_filter_shows_in_the_fingerprint;
}

const SOON: Duration = Duration::from_secs(5);

fn http_connections_are_kept_and_their_ends_are_noted() {
    let pair = Pair::new();
    let server = HttpServer::start(&pair.server);
    let mut pool = HttpPool::open(&pair.client, server.target(), 5);
    for index in 0..5 {
        pool.send(index, "/held").expect("the connection is open");
    }
    eventually("5 are held", SOON, || (server.held() == 5).then_some(()));
    server.release();
    for index in 0..5 {
        assert_eq!(pool.receive(index).expect("an answer"), 200);
    }
    assert_eq!(server.open(), 5);
    drop(pool);
    let ended = || Some(server.ended()).filter(|ended| ended.len() == 5);
    let ended = eventually("5 have ended", SOON, ended);
    assert!(
        ended
            .iter()
            .all(|end| end.error == ErrorKind::UnexpectedEof),
        "{ended:?}"
    );
}

fn a_nats_client_is_known_to_the_server_and_loses_nothing() {
    let star = Star::new(&["publisher", "broker"]);
    let server = NatsServer::start(star.host("broker"));
    let start = Instant::now();
    let client = NatsClient::connect(star.host("publisher"), server.address(), "publisher");
    client.await_happening(&Happening::Connected, start, SOON);
    let known = server
        .connection_of("publisher")
        .expect("the server knows it");
    assert_eq!(known.cid, client.connection_id());
    let arrived = client.subscribe_numbers("numbers");
    let publisher = client.publish_numbers("numbers", Duration::from_millis(2));
    arrived.await_more(100, SOON);
    let sent = publisher.stop();
    arrived.await_all(0..sent, SOON);
    assert_eq!(client.disconnects(), 0);
}

fn jetstream_keeps_what_it_acknowledged() {
    let star = Star::new(&["publisher", "broker"]);
    let server = NatsServer::start(star.host("broker"));
    let client = NatsClient::connect(star.host("publisher"), server.address(), "publisher");
    client.create_stream();
    let publisher = client.publish_orders(Duration::from_millis(5), SOON);
    publisher.await_more(20, SOON);
    for (number, sequence) in publisher.stop() {
        assert_eq!(client.stored_order(sequence), Some(number));
    }
}

fn redis_answers() {
    let pair = Pair::new();
    let server = RedisServer::start(&pair.server);
    assert!(process::is_alive(server.pid()));
    let client = RedisClient::connect(&pair.client, pair.server.v6().into());
    let mut client = client.expect("it listens on both families");
    assert_eq!(
        client.call(&["SET", "key", "value"]).expect("an answer"),
        "+OK"
    );
    assert_eq!(client.call(&["INCR", "count"]).expect("an answer"), ":1");
}

fn a_packet_filter_shows_in_the_fingerprint() {
    let pair = Pair::new();
    let before = Fingerprint::of(&pair.client);
    let nft = Tool::expect("nft");
    pair.client
        .succeed(nft.command().args(["add", "table", "inet", "control"]));
    let difference = before.difference(&Fingerprint::of(&pair.client));
    assert_eq!(difference.names(), ["nft #0"]);
}
