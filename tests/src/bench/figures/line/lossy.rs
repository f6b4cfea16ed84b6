//! `line_loss_retransmits`: segments that a TCP stream sends again to those that the line takes out of
//! it, at 0.1 %. `line_loss_gbps`: its bytes per second; the baseline is a stream on the same way whose
//! sender is made to cut everything into packets of the wire itself (`gso_max_segs 1`), which is what a
//! line would have to do that cannot take one packet out of a bundle.

use std::time::Duration;

use super::{Effort, Figure, Group, gbit, stream};
use crate::bed::tcp::tcp_info;
use crate::bed::{Netfault, Pair};
use crate::bench::stats::median;

pub(in super::super) const GROUP: Group = Group {
    names: &["line_loss_retransmits", "line_loss_gbps"],
    measure,
};

const LOSS: &str = "loss 0.1% --direction egress --proto tcp --for 2m";

/// What became of one stream.
struct Course {
    gbit: f64,
    lost: f64,
    again: f64,
}

fn measure(effort: Effort) -> Vec<Figure> {
    let (mut whole, mut cut) = (Vec::new(), Vec::new());
    for _ in 0..effort.times(5, 1) {
        whole.push(course(effort, false));
        cut.push(course(effort, true));
    }
    let each = |courses: &[Course], of: fn(&Course) -> f64| -> Vec<f64> {
        courses.iter().map(of).collect()
    };
    let (again, lost) = (each(&whole, |one| one.again), each(&whole, |one| one.lost));
    let rate = |courses: &[Course]| median(&each(courses, |one| one.gbit));
    vec![
        Figure::paired("line_loss_retransmits", "segments", &again, &lost)
            .note("sent again at a loss of 0.1 %; baseline: what the line took out"),
        Figure::alone("line_loss_gbps", "Gbit/s", rate(&whole))
            .against(rate(&cut))
            .note("at a loss of 0.1 %; baseline: all cut into packets of the wire"),
    ]
}

fn course(effort: Effort, cut: bool) -> Course {
    let pair = Pair::new();
    if cut {
        pair.client
            .ip(&["link", "set", "eth0", "gso_max_segs", "1"]);
    }
    let netfault = Netfault::new();
    let fault = netfault.inject(&pair.client, LOSS);
    let stream = stream(&pair);
    let sample = effort.lasting(Duration::from_secs(4), Duration::from_millis(500));
    let gbit = gbit(&stream, sample);
    let lost = fault.counters().lost;
    let info = tcp_info(&pair.client, &stream.connection().client).expect("it lives");
    fault.stop();
    #[expect(clippy::cast_precision_loss, reason = "some thousand segments")]
    Course {
        gbit,
        lost: lost as f64,
        again: f64::from(info.retransmitted),
    }
}
