//! Engines whose targets are quiet need next to no time, however many they are.

use std::thread;
use std::time::{Duration, Instant};

use chaos_agent::engine::{Engine, TICK};
use chaos_agent::inventory::{Namespace as Target, Target as Word};
use chaos_tests::bed::Namespace;
use chaos_tests::promises;
use rustix::time::{ClockId, clock_gettime};

use crate::held::order;
use crate::lodger::Lodger;

promises! { [Object] with_ten_targets }

const TARGETS: usize = 10;
/// Of one core, for all of them.
const SHARE: f64 = 0.01;
const LONG: Duration = Duration::from_secs(8);

fn with_ten_targets() {
    let host = Namespace::new("host");
    let lodgers: Vec<_> = (0..TARGETS).map(|n| Lodger::of(&host, n)).collect();
    let mut engines: Vec<_> = lodgers.iter().map(engine).collect();
    for engine in &mut engines {
        let reset = order("a", "faults: {reset: {}, blackhole: {probability: 50%}}");
        engine.inject(reset).expect("it comes into force");
    }
    let (begun, before) = (Instant::now(), spent());
    while begun.elapsed() < LONG {
        for engine in &mut engines {
            assert_eq!(engine.tick().expect("the kernel is there"), []);
        }
        thread::sleep(TICK);
    }
    let share = spent().saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    assert!(share < SHARE, "{:.2} % of a core", share * 100.0);
}

fn engine(lodger: &Lodger) -> Engine {
    let word = Word::Pid(lodger.pid());
    let target = Target::find(&word).expect("the lodger lives");
    Engine::open(target, &word, false).expect("the kernel takes the programs")
}

/// The time that all threads of this process have had a core.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.try_into().expect("it is not negative")
}
