//! A NATS outage without touching NATS: the publisher's connection is cut, its reconnects are
//! refused, and neither the broker nor a bystander notices anything of their own.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use chaos_tests::bed::nats::{Happening, NatsClient, Publisher, RECONNECT_WAIT, Subscription};
use chaos_tests::bed::netfault::{Injection, total};
use chaos_tests::bed::servers::{HttpServer, NatsServer, get_once};
use chaos_tests::bed::tools::Tool;
use chaos_tests::bed::{Capture, Host, Netfault, Star, Unchanged, eventually, holds_for};
use chaos_tests::promises;

promises! {
    [Netfault, Nats, Tcpdump] reset_cuts_the_publisher_and_rollback_heals_it;
    [Nats, Nft] a_policy_that_keeps_established_connections_does_not_cut_it;
}

const AT_ONCE: Duration = Duration::from_secs(1);
const SOON: Duration = Duration::from_secs(5);
const PACE: Duration = Duration::from_millis(5);

fn reset_cuts_the_publisher_and_rollback_heals_it() {
    let star = Star::new(&["publisher", "bystander", "broker"]);
    let server = NatsServer::start(star.host("broker"));
    let web = HttpServer::start(star.host("broker"));
    let unchanged = Unchanged::watch(star.hosts());
    let netfault = Netfault::new();
    let orders = Orders::flow(&star, &server);
    let bystander = Bystander::watch(&star, &server);

    let capture = Capture::start(star.host("broker"));
    let words = format!("reset --to {} --for 30s", server.address());
    let start = Instant::now();
    let fault = netfault.inject(star.host("publisher"), &words);
    orders.are_cut_at_once(start, &server);
    let unsent_from = orders.task.sent();
    bystander.goes_on_while(|| {
        holds_for("reconnects are refused", Duration::from_secs(3), || {
            server.connection_of("publisher").is_none()
        });
    });
    new_attempts_are_refused(star.host("publisher"), &server);
    let page = get_once(star.host("publisher"), web.target(), "/");
    assert_eq!(page.expect("the publisher's other traffic works"), 200);
    no_attempt_reached_the_broker(&capture, &star, &server);
    drop(capture);

    orders.heal_after(fault, unsent_from);
    bystander.has_lost_nothing(&server);
    unchanged.assert();
}

/// A publisher, and a consumer at the broker itself.
struct Orders {
    publisher: NatsClient,
    task: Publisher,
    arrived: Subscription,
    connection: u64,
    _consumer: NatsClient,
}

impl Orders {
    fn flow(star: &Star, server: &NatsServer<'_>) -> Self {
        let connect = |host, name| NatsClient::connect(star.host(host), server.address(), name);
        let consumer = connect("broker", "consumer");
        let publisher = connect("publisher", "publisher");
        let arrived = consumer.subscribe_numbers("orders");
        let task = publisher.publish_numbers("orders", PACE);
        arrived.await_more(50, SOON);
        let connection = publisher.connection_id();
        Self {
            publisher,
            task,
            arrived,
            connection,
            _consumer: consumer,
        }
    }

    fn are_cut_at_once(&self, start: Instant, server: &NatsServer<'_>) {
        let limit = start.elapsed() + AT_ONCE;
        let told = self
            .publisher
            .await_happening(&Happening::Disconnected, start, limit);
        assert!(
            told <= limit,
            "the client was told {told:?} after the start"
        );
        let open = || server.connections().into_iter().map(|open| open.cid);
        let cut = || open().all(|cid| cid != self.connection).then_some(());
        eventually("the broker has lost the connection", AT_ONCE, cut);
    }

    /// Orders that were taken while there was no connection arrive after it.
    fn heal_after(self, fault: Injection<'_>, unsent_from: u64) {
        let healed = Instant::now();
        let receipt = fault.stop();
        let limit = RECONNECT_WAIT + AT_ONCE * 2;
        self.publisher
            .await_happening(&Happening::Connected, healed, limit);
        let sent = self.task.stop();
        assert!(sent > unsent_from, "orders were taken meanwhile");
        self.arrived.await_all(unsent_from..sent, SOON);
        let counters = total(&receipt);
        let refused = counters.refused;
        assert!(refused >= 2, "the client's attempts and ours: {counters:?}");
        let all = receipt.connections_reset;
        assert_eq!(
            all,
            1 + refused,
            "one was cut, the others refused: {counters:?}"
        );
    }
}

/// A client of the same broker that must notice nothing.
struct Bystander {
    client: NatsClient,
    task: Publisher,
    arrived: Subscription,
    connection: u64,
}

impl Bystander {
    fn watch(star: &Star, server: &NatsServer<'_>) -> Self {
        let client = NatsClient::connect(star.host("bystander"), server.address(), "bystander");
        let arrived = client.subscribe_numbers("others");
        let task = client.publish_numbers("others", PACE);
        arrived.await_more(50, SOON);
        let connection = client.connection_id();
        Self {
            client,
            task,
            arrived,
            connection,
        }
    }

    fn goes_on_while(&self, something: impl FnOnce()) {
        let before = self.arrived.count();
        something();
        let more = self.arrived.count() - before;
        assert!(
            more > 100,
            "only {more} of the bystander's messages arrived meanwhile"
        );
    }

    fn has_lost_nothing(self, server: &NatsServer<'_>) {
        assert_eq!(self.task.failed(), 0);
        self.arrived.await_all(0..self.task.stop(), SOON);
        assert_eq!(self.client.disconnects(), 0);
        let still = server.connection_of("bystander").expect("it is connected");
        assert_eq!(
            still.cid, self.connection,
            "the broker knows it by the same connection"
        );
    }
}

fn new_attempts_are_refused(from: &Host, server: &NatsServer<'_>) {
    let attempt = from.enter(|| TcpStream::connect_timeout(&server.address(), AT_ONCE));
    assert_eq!(
        attempt.expect_err("refused").kind(),
        ErrorKind::ConnectionRefused
    );
}

fn no_attempt_reached_the_broker(capture: &Capture, star: &Star, server: &NatsServer<'_>) {
    capture.fence(star.host("broker"), star.host("bystander").v4().into());
    let publisher = star.host("publisher").v4();
    let dials = capture.count(|packet| {
        packet.opening && packet.from.ip() == publisher && packet.to.port() == server.port()
    });
    assert_eq!(dials, 0);
}

/// What a `NetworkPolicy` does: connections it finds are kept, new ones are dropped.
const TRACKING: &str = "table inet control { chain out { type filter hook output priority 0; \
    ct state established,related accept; }; }";
const DENIAL: &str = "add rule inet control out tcp dport 4222 ct state new drop";

fn a_policy_that_keeps_established_connections_does_not_cut_it() {
    let star = Star::new(&["publisher", "broker"]);
    let server = NatsServer::start(star.host("broker"));
    let publisher = star.host("publisher");
    let apply = |rules: &str| publisher.succeed(Tool::expect("nft").command().arg(rules));
    // Connection tracking must see connections begin, as it does on a node.
    apply(TRACKING);
    let orders = Orders::flow(&star, &server);
    apply(DENIAL);
    let limit = Duration::from_millis(300);
    let attempt = publisher.enter(|| TcpStream::connect_timeout(&server.address(), limit));
    assert_eq!(
        attempt.expect_err("new ones are dropped").kind(),
        ErrorKind::TimedOut
    );
    orders.arrived.await_more(200, SOON);
    orders.arrived.await_all(0..orders.task.stop(), SOON);
    assert_eq!(
        orders.publisher.disconnects(),
        0,
        "the publisher has noticed nothing"
    );
    assert_eq!(orders.publisher.connection_id(), orders.connection);
}
