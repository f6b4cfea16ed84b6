//! A blackhole on the way to NATS: no error for a while, detection by the client's own pings, and
//! nothing that `JetStream` acknowledged is lost.

use std::time::{Duration, Instant};

use chaos_tests::bed::nats::{ALLOWED_PINGS, Happening, NatsClient};
use chaos_tests::bed::servers::NatsServer;
use chaos_tests::bed::{Netfault, Star, Unchanged, holds_for};
use chaos_tests::promises;

promises! { [Netfault, Nats] nothing_that_was_acknowledged_is_lost }

const PINGS: Duration = Duration::from_secs(1);
const PACE: Duration = Duration::from_millis(10);
const SOON: Duration = Duration::from_secs(5);
/// An attempt to connect that the blackhole took may have to time out first.
const RECOVERY: Duration = Duration::from_secs(10);

fn nothing_that_was_acknowledged_is_lost() {
    let star = Star::new(&["publisher", "bystander", "broker"]);
    let server = NatsServer::start(star.host("broker"));
    let unchanged = Unchanged::watch(star.hosts());
    let netfault = Netfault::new();
    let publisher =
        NatsClient::connect_pinging(star.host("publisher"), server.address(), "publisher", PINGS);
    let bystander = NatsClient::connect(star.host("bystander"), server.address(), "bystander");
    publisher.create_stream();
    let others = bystander.subscribe_numbers("others");
    let other_task = bystander.publish_numbers("others", PACE);
    let plain_task = publisher.publish_numbers("plain", PACE);
    let order_task = publisher.publish_orders(PACE, Duration::from_secs(1));
    order_task.await_more(20, SOON);
    let bystander_id = bystander.connection_id();

    let words = format!("blackhole --to {} --for 30s", server.address());
    let fault = netfault.inject(star.host("publisher"), &words);
    let armed = Instant::now();
    let acknowledged = order_task.acknowledged().len();
    holds_for("publishes give no error, and nobody is told", PINGS, || {
        plain_task.failed() == 0 && publisher.disconnects() == 0
    });
    let detection = publisher.await_happening(&Happening::Disconnected, armed, SOON);
    println!("blackhole detected after {detection:?}, pings every {PINGS:?}");
    let margin = Duration::from_millis(500);
    let (least, most) = (PINGS * ALLOWED_PINGS, PINGS * (ALLOWED_PINGS + 1));
    assert!(
        detection + margin >= least,
        "by its pings, not by an error: {detection:?}"
    );
    assert!(
        detection <= most + margin,
        "within its allowed pings: {detection:?}"
    );
    let more = order_task.acknowledged().len() - acknowledged;
    assert!(more <= 1, "{more} acknowledgements came through");

    let healed = Instant::now();
    let receipt = fault.stop();
    assert_eq!(receipt.connections_reset, 0, "a blackhole resets nothing");
    publisher.await_happening(&Happening::Connected, healed, RECOVERY);
    order_task.await_more(20, SOON);
    for (number, sequence) in order_task.stop() {
        assert_eq!(
            publisher.stored_order(sequence),
            Some(number),
            "acknowledged, so stored"
        );
    }
    assert_eq!(plain_task.failed(), 0, "a publish never failed");
    others.await_all(0..other_task.stop(), SOON);
    assert_eq!(
        (bystander.disconnects(), bystander.connection_id()),
        (0, bystander_id)
    );
    unchanged.assert();
}
