//! A Redis client loses its connection, whether it waits for an answer or not.

use std::io::ErrorKind;
use std::time::Duration;

use chaos_tests::bed::servers::{RedisClient, RedisServer};
use chaos_tests::bed::tcp::{count_of_sockets, read_error};
use chaos_tests::bed::{Netfault, Pair, Star, Unchanged, eventually, process};
use chaos_tests::promises;

promises! { [Netfault, Redis]
    while_it_is_idle,
    while_it_waits_for_an_answer,
    and_a_bystander_is_not
}

const AT_ONCE: Duration = Duration::from_secs(1);

fn while_it_is_idle() {
    is_cut(|_| ());
}

fn while_it_waits_for_an_answer() {
    is_cut(|client| {
        client
            .send(&["BLPOP", "nothing", "0"])
            .expect("it is connected");
    });
}

fn is_cut(prepare: fn(&mut RedisClient)) {
    let pair = Pair::new();
    let server = RedisServer::start(&pair.server);
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let netfault = Netfault::new();
    let connect = || RedisClient::connect(&pair.client, pair.server.v4().into());
    let mut client = connect().expect("redis listens");
    assert_eq!(client.call(&["PING"]).expect("an answer"), "+PONG");
    prepare(&mut client);
    let words = format!(
        "reset --to {}:{} --for 30s",
        pair.server.v4(),
        server.port()
    );
    let fault = netfault.inject(&pair.client, &words);
    assert_eq!(
        read_error(client.stream(), AT_ONCE),
        ErrorKind::ConnectionReset
    );
    let gone = || (count_of_sockets(&pair.server, server.port()) == 0).then_some(());
    eventually("the server has no connection left", AT_ONCE, gone);
    assert_eq!(
        connect().expect_err("refused").kind(),
        ErrorKind::ConnectionRefused
    );
    fault.stop();
    assert_eq!(
        connect()
            .expect("it is over")
            .call(&["PING"])
            .expect("an answer"),
        "+PONG"
    );
    assert!(
        process::is_alive(server.pid()),
        "the server was never touched"
    );
    unchanged.assert();
}

fn and_a_bystander_is_not() {
    let star = Star::new(&["target", "bystander", "redis"]);
    let [target, bystander, redis] = ["target", "bystander", "redis"].map(|name| star.host(name));
    let server = RedisServer::start(redis);
    let unchanged = Unchanged::watch(star.hosts());
    let netfault = Netfault::new();
    let connect = |host| RedisClient::connect(host, redis.v4().into()).expect("redis listens");
    let (client, mut witness) = (connect(target), connect(bystander));
    let before = witness.call(&["INCR", "count"]).expect("an answer");
    let words = format!("reset --port {} --for 30s", server.port());
    let fault = netfault.inject(target, &words);
    assert_eq!(
        read_error(client.stream(), AT_ONCE),
        ErrorKind::ConnectionReset
    );
    let after = witness
        .call(&["INCR", "count"])
        .expect("the same connection answers");
    assert_eq!((before.as_str(), after.as_str()), (":1", ":2"));
    fault.stop();
    unchanged.assert();
}
