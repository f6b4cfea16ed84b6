//! TCP meets the line as it would meet a network: GSO packets stay whole, and what is lost is lost by
//! the packet of the wire.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics of samples that are few"
)]

use std::io::{Read, Write};
use std::thread::sleep;
use std::time::Duration;

use chaos_agent::engine::Order;
use chaos_agent::line::Tally;
use chaos_tests::bed::tcp::{Bulk, Connection, Listener, Wire, tcp_info};
use chaos_tests::bed::{Pair, Unchanged};
use chaos_tests::promises;

use crate::held::order;
use crate::line::{Line, constant, loss};

promises! { []
    at_nearly_full_speed_without_delay,
    as_over_a_path_of_50_ms,
    and_retransmits_what_it_loses
}

const SECOND: Duration = Duration::from_secs(1);

/// Transfers, of which one has few timeouts.
const COURSES: u32 = 5;
const TRAFFIC: &str = "traffic: {direction: Egress}";

fn at_nearly_full_speed_without_delay() {
    let pair = Pair::new();
    let bulk = bulk(&pair);
    let plain = bulk.speed(SECOND);
    let line = Line::open(pair.client.name());
    // The connection stands, so that none of its packets is held.
    line.inject("held", TRAFFIC, "delay: {latency: 1ms, stage: Syn}");
    let through = bulk.speed(SECOND);
    let report = line.report();
    eprintln!("{plain:.2} Gbit/s, through the line {through:.2}: {report:?}");
    assert!(through > plain / 10.0, "{through} of {plain} Gbit/s");
    assert_eq!(report.line.refused, 0);
}

fn as_over_a_path_of_50_ms() {
    let pair = Pair::new();
    let unchanged = Unchanged::watch([&pair.client, &pair.server]);
    let line = Line::open(pair.client.name());
    line.inject("held", TRAFFIC, &constant(Duration::from_millis(50)));
    let bulk = bulk(&pair);
    // Forty round trips.
    sleep(2 * SECOND);
    let through = bulk.speed(SECOND);
    let info = tcp_info(&pair.client, &bulk.connection().client).expect("it lives");
    eprintln!("{through:.3} Gbit/s at 50 ms: {info:?} {:?}", line.report());
    // What a window of some megabytes gives; a sender that waits for each packet to leave the
    // machine sends a thousand times less.
    assert!(through > 0.1, "{through} Gbit/s");
    line.stop("held");
    drop((bulk, line));
    unchanged.assert();
}

fn and_retransmits_what_it_loses() {
    // Of many losses some are those of what is sent again, which only a timeout finds: then all that
    // is on its way is sent again, how much that ever is.
    for (thousandths, bytes, most) in [(20, 60_000_000, 1.4), (1, 600_000_000, 1.1)] {
        let mut ratios = (0..COURSES).map(|_| sent_again(thousandths, bytes));
        assert!(ratios.any(|ratio| ratio < most), "always over {most}");
    }
}

/// How often segments were sent again for each that was lost, of so many bytes.
fn sent_again(thousandths: u32, bytes: u64) -> f64 {
    let pair = Pair::new();
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    let connection = listener.accept_from(&pair.client);
    let line = Line::open(pair.client.name());
    // The seed says which are lost: by some it is what is sent again, too, and timeouts follow.
    line.bring(Order {
        seed: 0,
        ..order(
            "held",
            &format!("faults: {{{}}}, {TRAFFIC}", loss(thousandths.into())),
        )
    });
    transfer(&connection, bytes);
    sleep(SECOND / 2);
    let Tally { lost, drawn, .. } = line.tally();
    let info = tcp_info(&pair.client, &connection.client).expect("it lives");
    let again = info.retransmitted;
    let share = lost as f64 / drawn as f64;
    eprintln!("{lost} of {drawn} lost ({share:.5}), {again} sent again");
    let asked = f64::from(thousandths) / 1000.0;
    let deviation = (asked * (1.0 - asked) / drawn as f64).sqrt();
    // Beyond 3.3 deviations are one in a thousand.
    assert!(
        (share - asked).abs() < 3.3 * deviation,
        "{lost} of {drawn} lost"
    );
    let ratio = f64::from(again) / lost as f64;
    assert!(ratio >= 0.95, "{again} sent again for {lost} lost");
    ratio
}

fn bulk(pair: &Pair) -> Bulk {
    let listener = Listener::on(&pair.server, Wire::V4, 0);
    Bulk::start(listener.accept_from(&pair.client))
}

/// Sends so many bytes, and returns when they have arrived.
fn transfer(connection: &Connection, bytes: u64) {
    let limit = Some(60 * SECOND);
    connection
        .server
        .set_read_timeout(limit)
        .expect("it is not zero");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut client, chunk) = (&connection.client, vec![0x5a; 200_000]);
            for _ in 0..bytes / 200_000 {
                client.write_all(&chunk).expect("the connection lives");
            }
        });
        let received = &mut (&connection.server).take(bytes / 200_000 * 200_000);
        let received = std::io::copy(received, &mut std::io::sink());
        assert_eq!(
            received.expect("the connection lives"),
            bytes / 200_000 * 200_000
        );
    });
}
