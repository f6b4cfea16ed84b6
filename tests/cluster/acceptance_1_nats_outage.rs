//! A NATS outage without touching NATS: the connections of one workload are cut and stay cut, and
//! neither the broker nor a bystander on the same node notices.

use std::io::ErrorKind;
use std::net::{IpAddr, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use chaos_api::{ConditionType, NetworkFaultStatus};
use chaos_tests::bed::tools::Tool;
use chaos_tests::bed::{Capture, Namespace};
use chaos_tests::cluster::{Fault, Pod, Town, Untouched, Workload, nanoseconds};
use chaos_tests::promises;
use chaos_witness::now;
use serde_json::Value;

promises! { [Cluster, Nft, Tcpdump] reset_cuts_every_publisher_and_rollback_heals_them }

const SOON: Duration = Duration::from_secs(20);
const AT_ONCE: Duration = Duration::from_secs(1);
/// How long the publishers are watched while they are cut off.
const WATCHED: Duration = Duration::from_secs(4);
/// What clients wait between two attempts to connect.
const RECONNECT: Duration = Duration::from_millis(250);
/// What a `NetworkPolicy` does: what is established goes on, what is new is dropped.
const POLICY: &str = "table inet control { chain out { type filter hook output priority 0; \
    tcp dport 4222 tcp flags & (syn | ack) == syn drop; }; }";

fn reset_cuts_every_publisher_and_rollback_heals_them() {
    let scene = Scene::set();
    let untouched = Untouched::watch(scene.everyone());
    scene.a_policy_cuts_nothing();
    let bystander = scene.broker_side_id("other");

    let capture = Capture::start(&scene.broker.network());
    let to = format!("svc/nats.{}:4222", scene.messaging.name());
    let fault = scene
        .shop
        .inject(&format!("reset deploy/app --to {to} --for 30s"));
    sleep(WATCHED);
    let cut = scene.each_is_cut(&fault);
    let dials = capture.count(|packet| {
        packet.opening
            && scene
                .publishers
                .iter()
                .any(|pod| pod.ip() == packet.from.ip())
    });
    assert_eq!(dials, 0, "attempts that reached the broker");
    drop(capture);

    let healed = now();
    let status = fault.stop();
    scene.each_is_back(&cut, healed);
    scene.other_traffic_went_on(fault.asked);
    scene.the_bystander_noticed_nothing();
    assert_eq!(scene.broker_side_id("other"), bystander, "at the broker");
    the_account_is_whole(&status);
    untouched.assert();
}

/// The broker's town, and the one that is faulted.
struct Scene {
    messaging: Town,
    shop: Town,
    broker: Pod,
    publishers: Vec<Pod>,
    bystander: Pod,
}

impl Scene {
    fn set() -> Self {
        let messaging = Town::closed("messaging");
        messaging.start([Workload::nats("nats"), Workload::web("web")]);
        let collect = "nats-collect --server nats:4222";
        messaging.start([Workload::witness("collector", collect)]);
        let shop = Town::open("shop");
        let publish = format!("nats-publish --server nats.{}:4222", messaging.name());
        let get = format!("http-poll --server web.{}:80", messaging.name());
        let app = Workload::witness("app", &publish)
            .with_witness("web", &get)
            .with_witness("names", &format!("resolve web.{}", messaging.name()))
            .replicas(2);
        shop.start([app]);
        let publishers = shop.pods("app");
        let node = publishers[0].node();
        let bystander = format!("{publish} --name other --subject others");
        shop.start([Workload::witness("other", &bystander).on(node.name())]);
        let scene = Self {
            broker: messaging.pod("nats"),
            bystander: shop.pod("other"),
            messaging,
            shop,
            publishers,
        };
        for subject in scene.subjects() {
            scene.await_more(&subject, 50);
        }
        scene
    }

    fn everyone(&self) -> Vec<Pod> {
        let messaging = ["nats", "web", "collector"].map(|name| self.messaging.pod(name));
        let mut all = self.publishers.clone();
        all.extend(messaging);
        all.push(self.bystander.clone());
        all
    }

    /// What is published on: each publisher its own name, and the bystander.
    fn subjects(&self) -> Vec<String> {
        let names = self.publishers.iter().map(|pod| pod.name().to_owned());
        names.chain(["others".to_owned()]).collect()
    }

    /// Waits until so many more numbers have arrived on a subject; gives how many are missing.
    fn await_more(&self, subject: &str, more: u64) -> u64 {
        let collector = self.messaging.pod("collector");
        let (before, ..) = collector.lines().collected(subject);
        collector.await_lines("main", "numbers arrive", SOON, |lines| {
            let (received, missing, _) = lines.collected(subject);
            (received >= before + more).then_some(missing)
        })
    }

    fn a_policy_cuts_nothing(&self) {
        let publisher = &self.publishers[0];
        let network = publisher.network();
        let nft = |rules: &str| network.succeed(Tool::expect("nft").command().arg(rules));
        nft(POLICY);
        let attempt = dial(&network, self.service(), Duration::from_millis(300));
        assert_eq!(attempt.expect_err("it is new").kind(), ErrorKind::TimedOut);
        assert_eq!(self.await_more(publisher.name(), 50), 0, "numbers missing");
        nft("delete table inet control");
        assert_eq!(publisher.lines().disconnects(), [0_u64; 0]);
    }

    /// The address of the broker's Service.
    fn service(&self) -> IpAddr {
        let service = self.messaging.get("service nats");
        let address = service["spec"]["clusterIP"].as_str();
        let address = address.expect("it has an address");
        address.parse().expect("it is one")
    }

    /// Each publisher was told at once and has found no way back; gives when each was told.
    fn each_is_cut(&self, fault: &Fault<'_>) -> Vec<u64> {
        let told = |pod: &Pod| {
            let lines = pod.lines().from(fault.asked);
            let told = *lines.disconnects().first().expect("it was told");
            let late = told.saturating_sub(fault.in_force);
            assert!(late < nanoseconds(AT_ONCE), "{late} ns too late");
            assert_eq!(lines.connects(), [], "found a way back");
            let attempt = dial(&pod.network(), self.service(), AT_ONCE);
            let refused = attempt.expect_err("as long as it lasts").kind();
            assert_eq!(refused, ErrorKind::ConnectionRefused);
            told
        };
        self.publishers.iter().map(told).collect()
    }

    /// Each publisher is back within its own wait, and what it published meanwhile arrives.
    fn each_is_back(&self, cut: &[u64], healed: u64) {
        for (publisher, cut) in self.publishers.iter().zip(cut) {
            let back = publisher.await_lines("main", "it is back", SOON, |lines| {
                lines.from(*cut).connects().first().map(|(at, _)| *at)
            });
            assert!(back > healed, "before the fault was stopped");
            let wait = back - healed;
            assert!(
                wait < nanoseconds(RECONNECT + AT_ONCE * 2),
                "{wait} ns to come back"
            );
            let missing = self.await_more(publisher.name(), 250);
            // At the cut, one may have been on its way and one in the socket.
            assert!(missing <= 2, "{missing} numbers are missing");
            assert_eq!(publisher.lines().published().1, 0, "publishes failed");
        }
    }

    fn other_traffic_went_on(&self, asked: u64) {
        for publisher in &self.publishers {
            let web = publisher.lines_of("web").from(asked);
            assert_eq!(web.failures(), [], "requests to another Service");
            assert!(web.answers() > 30, "only {} answers", web.answers());
            let names = publisher.lines_of("names").from(asked);
            assert!(names.looked_up().iter().all(Result::is_ok), "look-ups");
        }
    }

    fn the_bystander_noticed_nothing(&self) {
        let lines = self.bystander.lines();
        assert_eq!(lines.disconnects(), [0_u64; 0]);
        assert_eq!(lines.connects().len(), 1);
        assert_eq!(self.await_more("others", 50), 0, "numbers missing");
    }

    /// The id by which the broker itself knows the connection of that name.
    fn broker_side_id(&self, name: &str) -> u64 {
        let connections = self.broker.proxied(8222, "connz");
        let connections: Value = serde_json::from_str(&connections).expect("it is JSON");
        let all = connections["connections"].as_array().expect("a list");
        let mut named = all.iter().filter(|one| one["name"] == name);
        let cid = named.next().and_then(|one| one["cid"].as_u64());
        cid.expect("it is connected")
    }
}

fn dial(from: &Namespace, to: IpAddr, limit: Duration) -> std::io::Result<TcpStream> {
    from.enter(|| TcpStream::connect_timeout(&(to, 4222).into(), limit))
}

fn the_account_is_whole(status: &NetworkFaultStatus) {
    assert!(status.is(ConditionType::TrafficMatched), "{status:#?}");
    assert!(status.is(ConditionType::Succeeded), "{status:#?}");
    assert_eq!(
        (status.selected, status.chosen, status.receipts.len()),
        (2, 2, 2)
    );
    for receipt in &status.receipts {
        let refused = receipt.counters.refused;
        // Attempts are 250 ms apart.
        assert!(refused >= 10, "{receipt:#?}");
        assert_eq!(receipt.connections_reset, 1 + refused, "{status:#?}");
    }
    let all: u64 = status
        .receipts
        .iter()
        .map(|one| one.connections_reset)
        .sum();
    assert_eq!(status.totals.connections_reset, all);
}
