//! Every program loads, and is far from what the verifier refuses.

use chaos_agent::dataplane::Program;
use chaos_tests::promises;

use crate::bench::door::Door;

promises! { [] with_trace_off, with_trace_on }

/// Instructions that the verifier may look at; it gives up at a million. What stays below on one
/// kernel can be ten times as much on an older one.
const BOUND: u32 = 100_000;

fn with_trace_off() {
    loads(false);
}

fn with_trace_on() {
    loads(true);
}

fn loads(trace: bool) {
    let (_dataplane, door) = Door::load(trace);
    for program in Program::ALL {
        if let Some(count) = door.instructions(program) {
            eprintln!("{program:?}: {count} instructions");
            assert!(count < BOUND, "{program:?} takes {count} instructions");
        }
    }
}
