//! The delay line and the kernel's netem on the same work, in turns: a path of 50 ms is the same to TCP,
//! a delay as exact, and a loss with a correlation is as much as was said, which netem's is not.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use chaos_tests::bed::tcp::{Bulk, Listener, Wire, tcp_info};
use chaos_tests::bed::{Host, Pair};
use chaos_tests::promises;
use serde_json::json;

use crate::line::{Hits, Line, Probe, Spread, constant, delays, is_share_of_alike};

promises! { [Netem]
    over_50_ms_tcp_is_as_fast_and_has_as_much_on_its_way,
    a_delay_is_as_exact,
    a_loss_with_a_correlation_keeps_its_share
}

const LATENCY: Duration = Duration::from_millis(50);
/// Datagrams, on average a millisecond apart where they are delayed.
const COUNT: u32 = 2_000;
const LONG: u32 = 4_000;
const GAP: Duration = Duration::from_millis(1);
const TRAFFIC: &str = "traffic: {direction: Egress}";

/// How long a sender takes until its window is as large as its buffers let it be.
const WARM: Duration = Duration::from_millis(1_500);
const MEASURED: Duration = Duration::from_secs(1);

/// Who is at work on what a host sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Line,
    Netem,
}

impl By {
    /// Runs something while packets fare so, in the words of each.
    fn run<T>(self, host: &Host, (line, netem): (&str, &str), run: impl FnOnce() -> T) -> T {
        match self {
            Self::Line => {
                let engine = Line::open(host.name());
                engine.inject("held", TRAFFIC, line);
                run()
            }
            Self::Netem => {
                // Its own limit, of a thousand packets, is none of a path.
                let words = format!("qdisc add dev eth0 root netem limit 1000000 {netem}");
                host.succeed(Command::new("tc").args(words.split(' ')));
                let result = run();
                host.succeed(Command::new("tc").args("qdisc del dev eth0 root".split(' ')));
                result
            }
        }
    }

    /// What each does with a constant delay.
    fn delaying<T>(self, host: &Host, run: impl FnOnce() -> T) -> T {
        let netem = format!("delay {}ms", LATENCY.as_millis());
        self.run(host, (&constant(LATENCY), &netem), run)
    }
}

fn over_50_ms_tcp_is_as_fast_and_has_as_much_on_its_way() {
    let [line, netem] = [By::Line, By::Netem].map(stream);
    let rates = [line.0, netem.0];
    let windows = [line.1, netem.1].map(f64::from);
    figure("line_vs_netem", "Gbit/s", rates);
    figure("line_vs_netem_window", "segments", windows);
    // A sender that waits for each packet to leave the machine is a thousand times slower.
    assert!(rates[0] > rates[1] * 0.7, "{rates:?} Gbit/s");
    assert!(windows[0] > windows[1] * 0.7, "{windows:?} segments");
}

/// Gbit/s that arrive, and the sender's window.
fn stream(by: By) -> (f64, u32) {
    let pair = Pair::new();
    by.delaying(&pair.client, || {
        let listener = Listener::on(&pair.server, Wire::V4, 0);
        let bulk = Bulk::start(listener.accept_from(&pair.client));
        sleep(WARM);
        let rate = bulk.speed(MEASURED);
        let info = tcp_info(&pair.client, &bulk.connection().client);
        (rate, info.expect("it lives").window)
    })
}

fn a_delay_is_as_exact() {
    let [line, netem] = [By::Line, By::Netem].map(|by| {
        let pair = Pair::new();
        let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
        let send = || probe.run(COUNT, GAP, LATENCY);
        let samples = by.delaying(&pair.client, send);
        assert_eq!(samples.len(), COUNT as usize, "{by:?}: none is lost");
        let spread = Spread::beyond(LATENCY, &delays(&samples));
        eprintln!("{by:?}: late by {spread}");
        spread
    });
    let micros = |late: Duration| late.as_secs_f64() * 1e6;
    let both = |of: fn(&Spread) -> Duration| [micros(of(&line)), micros(of(&netem))];
    figure("line_vs_netem_err_p50", "µs", both(|spread| spread.half));
    figure("line_vs_netem_err_p99", "µs", both(|spread| spread.most));
    let due = netem.half + Duration::from_micros(250);
    assert!(line.half < due, "{line}, netem {netem}");
}

fn a_loss_with_a_correlation_keeps_its_share() {
    let words = ("loss: {loss: 25%, correlation: 25%}", "loss 25% 25%");
    let [line, netem] = [By::Line, By::Netem].map(|by| {
        let pair = Pair::new();
        let probe = Probe::open(&pair.client, &pair.server, Wire::V4);
        let send = || probe.run(LONG, GAP / 5, Duration::ZERO);
        let samples = by.run(&pair.client, words, send);
        u32::try_from(Hits::missing(&samples, LONG).count()).expect("not more than all")
    });
    let share = |lost| f64::from(lost) / f64::from(LONG) * 100.0;
    figure("line_vs_netem_loss", "%", [share(line), share(netem)]);
    is_share_of_alike("lost by the line", line as usize, LONG, (0.25, 0.25));
    // Its generator gives a sixth (net/sched/sch_netem.c, get_crandom).
    assert!((13.0..20.5).contains(&share(netem)), "netem: {netem}");
}

/// Says a figure as `cargo xtask bench` reads it: the line's beside netem's.
fn figure(name: &str, unit: &str, [value, baseline]: [f64; 2]) {
    let ratio = value / baseline;
    let figure = json!({"value": value, "unit": unit, "baseline": baseline, "ratio": ratio});
    eprintln!("figure {name} {figure}");
}
