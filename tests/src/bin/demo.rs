//! `cargo xtask demo`: a running NATS publisher loses its existing connection, a bystander on the
//! same broker does not notice, and everything heals.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use chaos_tests::bed::nats::{Happening, NatsClient, Publisher, RECONNECT_WAIT, Subscription};
use chaos_tests::bed::servers::NatsServer;
use chaos_tests::bed::tools::Tool;
use chaos_tests::bed::{Host, Netfault, Star, Unchanged, eventually, holds_for};
use chaos_tests::demo::{done, say, shell, title};
use chaos_tests::sweep;

const PACE: Duration = Duration::from_millis(5);
const AT_ONCE: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(10);

/// What a `NetworkPolicy` does to connections that it finds: they go on. `deny` is empty at first.
const POLICY: &str = "table inet control { chain deny { }; chain out { type filter hook output \
    priority 0; ct state established,related accept; jump deny; }; }";

fn main() {
    sweep::dead_runs();
    sweep::on_signals(|| ());
    let start = Instant::now();
    let scene = Star::new(&["publisher", "bystander", "broker"]);
    nft(scene.host("publisher"), POLICY);
    let server = NatsServer::start(scene.host("broker"));
    let unchanged = Unchanged::watch(scene.hosts());
    let traffic = baseline(&scene, &server);
    control_arm(&scene, &server, &traffic);
    fault(&scene, &server, traffic);
    title("Nothing is left");
    unchanged.assert();
    drop(scene);
    done("links, routes, qdiscs, filters, programs, sysctls: as before");
    say(&format!(
        "\nThe demo took {:.0} s.",
        start.elapsed().as_secs_f32()
    ));
}

/// The two clients, and their messages on the way.
struct Traffic {
    publisher: NatsClient,
    bystander: NatsClient,
    _consumer: NatsClient,
    orders: Subscription,
    others: Subscription,
    order_task: Publisher,
    other_task: Publisher,
}

fn baseline(scene: &Star, server: &NatsServer<'_>) -> Traffic {
    title("A broker and two clients, each in a network namespace of its own");
    let connect =
        |host: &str, name: &str| NatsClient::connect(scene.host(host), server.address(), name);
    let consumer = connect("broker", "consumer");
    let publisher = connect("publisher", "publisher");
    let bystander = connect("bystander", "bystander");
    let orders = consumer.subscribe_numbers("orders");
    let others = bystander.subscribe_numbers("others");
    let order_task = publisher.publish_numbers("orders", PACE);
    let other_task = bystander.publish_numbers("others", PACE);
    orders.await_more(100, SOON);
    others.await_more(100, SOON);
    done(&format!("nats-server on {}", server.address()));
    done(&format!(
        "publisher: connection {}, {} messages",
        publisher.connection_id(),
        orders.count()
    ));
    done(&format!(
        "bystander: connection {}, {} messages",
        bystander.connection_id(),
        others.count()
    ));
    Traffic {
        publisher,
        bystander,
        _consumer: consumer,
        orders,
        others,
        order_task,
        other_task,
    }
}

fn control_arm(scene: &Star, server: &NatsServer<'_>, traffic: &Traffic) {
    title("Control: a policy that accepts established connections and drops new ones");
    let host = scene.host("publisher");
    nft(
        host,
        "add rule inet control deny tcp dport 4222 ct state new drop",
    );
    let limit = Duration::from_millis(500);
    let attempt = host.enter(|| std::net::TcpStream::connect_timeout(&server.address(), limit));
    assert!(attempt.is_err(), "the policy drops new connections");
    done("a new connection to the broker times out");
    let before = traffic.orders.count();
    traffic.orders.await_more(200, SOON);
    assert_eq!(
        traffic.publisher.disconnects(),
        0,
        "the publisher keeps its connection"
    );
    let more = traffic.orders.count() - before;
    done(&format!(
        "the publisher goes on: {more} more messages, no disconnect"
    ));
    nft(host, "flush chain inet control deny");
}

fn fault(scene: &Star, server: &NatsServer<'_>, traffic: Traffic) {
    title("netfault: reset the publisher's connection to the broker");
    let netfault = Netfault::new();
    let host = scene.host("publisher");
    let (own, other) = (
        traffic.publisher.connection_id(),
        traffic.bystander.connection_id(),
    );
    let address = server.address();
    shell(&format!(
        "netfault inject reset --netns {} --to {address} --for 30s",
        host.name()
    ));
    let start = Instant::now();
    let fault = netfault.inject(host, &format!("reset --to {address} --for 30s"));
    let told = traffic
        .publisher
        .await_happening(&Happening::Disconnected, start, AT_ONCE);
    done(&format!(
        "the publisher is told within {} ms",
        told.as_millis()
    ));
    eventually("the broker has lost the connection", AT_ONCE, || {
        server
            .connections()
            .iter()
            .all(|open| open.cid != own)
            .then_some(())
    });
    done(&format!("the broker has lost connection {own}"));
    let before = traffic.others.count();
    holds_for("reconnects are refused", Duration::from_secs(3), || {
        server.connection_of("publisher").is_none()
    });
    done("the publisher's attempts to reconnect are refused for 3 s");
    bystander_is_untouched(server, &traffic, other, before);
    shell("netfault list");
    say(netfault.call("list").expect_code(0).stdout.trim_end());
    let buffered = traffic.order_task.sent();

    title("Stop, and the receipt");
    shell(&format!("netfault stop {}", fault.name()));
    let healed = Instant::now();
    say(netfault
        .call(&format!("stop {}", fault.name()))
        .expect_code(0)
        .stdout
        .trim_end());
    recovery(traffic, healed, buffered);
}

fn bystander_is_untouched(server: &NatsServer<'_>, traffic: &Traffic, id: u64, before: usize) {
    let still = server
        .connection_of("bystander")
        .expect("the bystander is connected");
    assert_eq!(
        (still.cid, traffic.bystander.disconnects()),
        (id, 0),
        "the bystander is untouched"
    );
    let more = traffic.others.count() - before;
    assert!(more > 0, "the bystander's messages flow");
    done(&format!(
        "the bystander keeps connection {id}: {more} more messages meanwhile"
    ));
}

fn recovery(traffic: Traffic, healed: Instant, buffered: u64) {
    let limit = RECONNECT_WAIT + AT_ONCE * 2;
    let back = traffic
        .publisher
        .await_happening(&Happening::Connected, healed, limit);
    done(&format!(
        "the publisher is back after {} ms (it tries every {} ms)",
        back.as_millis(),
        RECONNECT_WAIT.as_millis()
    ));
    let sent = traffic.order_task.stop();
    traffic.orders.await_all(buffered..sent, SOON);
    let others = traffic.other_task.stop();
    traffic.others.await_all(0..others, SOON);
    done(&format!("the bystander's {others} messages all arrived"));
}

fn nft(host: &Host, rules: &str) {
    host.succeed(Tool::expect("nft").command().arg(rules));
}
