//! `cargo xtask demo --cluster`: two publishers of a Deployment lose their connections to a NATS
//! Service, a bystander on the same broker does not notice, and everything heals.
#![forbid(unsafe_code)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use chaos_tests::cluster::{
    Pod, Town, Untouched, Workload, await_gone, sweep_dead_runs, sweep_this_run,
};
use chaos_tests::demo::{done, say, shell, title};
use chaos_tests::sweep;
use chaos_witness::now;

const SOON: Duration = Duration::from_secs(20);

/// How long the fault is watched.
const WATCHED: Duration = Duration::from_secs(4);

const MILLISECOND: u64 = 1_000_000;

fn main() {
    sweep_dead_runs();
    sweep::on_signals(sweep_this_run);
    let start = Instant::now();
    let scene = Scene::set();
    scene.fault();
    drop(scene);
    await_gone();
    say(&format!(
        "\nThe demo took {:.0} s.",
        start.elapsed().as_secs_f32()
    ));
}

/// The broker's namespace, the publishers', and what must stay as it is.
struct Scene {
    messaging: Town,
    shop: Town,
    publishers: Vec<Pod>,
    bystander: Pod,
    untouched: Untouched,
}

impl Scene {
    fn set() -> Self {
        title("A broker in one namespace, two publishers and a bystander in another");
        let messaging = Town::closed("messaging");
        messaging.start([Workload::nats("nats")]);
        let publish = format!("nats-publish --server nats.{}:4222", messaging.name());
        let shop = Town::open("shop");
        let bystander = format!("{publish} --name bystander --subject others");
        shop.start([
            Workload::witness("orders", &publish).replicas(2),
            Workload::witness("bystander", &bystander),
        ]);
        let publishers = shop.pods("orders");
        let bystander = shop.pod("bystander");
        for pod in publishers.iter().chain([&bystander]) {
            pod.await_lines("main", "it is connected", SOON, |lines| {
                lines.connects().first().map(drop)
            });
            done(&format!(
                "{} on {}: connected",
                pod.name(),
                pod.node().name()
            ));
        }
        let all = publishers.iter().chain([&bystander]).cloned();
        let untouched = Untouched::watch(all.collect::<Vec<_>>());
        Self {
            messaging,
            shop,
            publishers,
            bystander,
            untouched,
        }
    }

    fn fault(&self) {
        title("netfault: reset app=orders' connections to the NATS Service");
        let to = format!("svc/nats.{}:4222", self.messaging.name());
        let words = format!("reset deploy/orders --to {to} --for 30s");
        shell(&format!("netfault plan {words}"));
        say(&self.told(&format!("plan {words}")));
        shell(&format!("netfault inject {words}"));
        let fault = self.shop.inject(&words);
        let took = (fault.in_force - fault.asked) / MILLISECOND;
        done(&format!("in force on every node after {took} ms"));
        sleep(WATCHED);
        for pod in &self.publishers {
            let lines = pod.lines().from(fault.asked);
            let told = lines.disconnects().first().copied().expect("it was told");
            assert_eq!(lines.connects(), [], "it found no way back");
            let told = told.saturating_sub(fault.asked) / MILLISECOND;
            let (name, watched) = (pod.name(), WATCHED.as_secs());
            done(&format!(
                "{name}: disconnected after {told} ms, refused for {watched} s"
            ));
        }
        shell("netfault list");
        say(&self.told("list"));

        title("Stop, and the receipt");
        shell(&format!("netfault stop {}", fault.name()));
        let healed = now();
        say(&self.told(&format!("stop {}", fault.name())));
        self.heals(healed);
    }

    fn heals(&self, healed: u64) {
        for pod in &self.publishers {
            let back = pod.await_lines("main", "it is back", SOON, |lines| {
                lines.from(healed).connects().first().map(|(at, _)| *at)
            });
            let after = (back - healed) / MILLISECOND;
            done(&format!("{}: back after {after} ms", pod.name()));
        }
        assert_eq!(self.bystander.lines().disconnects(), [0_u64; 0]);
        done("the bystander kept its connection");
        self.untouched.assert();
        done("pods, restarts, readiness and the pods' networks: as before");
    }

    /// What netfault prints for a person.
    fn told(&self, words: &str) -> String {
        let outcome = self.shop.netfault(words);
        outcome.expect_code(0);
        outcome.stdout.trim_end().to_owned()
    }
}
