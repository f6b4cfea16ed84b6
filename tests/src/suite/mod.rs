//! Running a suite: promises, what they need, and the broom behind them.

mod need;

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::sweep;

pub use need::Need;

/// The longest any promise may take to be shown.
const LIMIT: Duration = Duration::from_secs(90);

/// One promise of netfault's, and the test that shows it.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// Its path, the suite's name first.
    pub name: &'static str,
    /// What must be installed.
    pub needs: &'static [Need],
    /// The test; it panics when the promise is broken.
    pub test: fn(),
}

/// Declares a module's `PROMISES`: what some need and the functions that show them; more of it.
#[macro_export]
macro_rules! promises {
    (@one [$($need:ident),*] $test:ident) => {
        $crate::suite::Promise {
            name: concat!(module_path!(), "::", stringify!($test)),
            needs: &[$($crate::suite::Need::$need),*],
            test: $test,
        }
    };
    ($($needs:tt $($test:ident),+);+ $(;)?) => {
        pub(crate) const PROMISES: &[$crate::suite::Promise] =
            &[$($($crate::promises!(@one $needs $test)),+),+];
    };
}

/// Runs promises under libtest's command line, then sweeps.
pub fn run<'list>(lists: impl IntoIterator<Item = &'list [Promise]>) -> ExitCode {
    let arguments = Arguments::from_args();
    sweep::dead_runs();
    sweep::on_signals(|| ());
    let trials = lists
        .into_iter()
        .flatten()
        .map(|promise| trial(*promise))
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let left = sweep::this_run();
    if left.is_empty() {
        return conclusion.exit_code();
    }
    eprintln!("left behind, and swept: {}", left.join(", "));
    ExitCode::FAILURE
}

fn trial(promise: Promise) -> Trial {
    let (_, name) = promise
        .name
        .split_once("::")
        .expect("a module path begins with the crate");
    Trial::ignorable_test(name, move || {
        let mut missing = promise.needs.iter().filter_map(|need| need.missing());
        if let Some(reason) = missing.next().or_else(not_root) {
            return Ok(Completion::ignored_with(format!("skipped: {reason}")));
        }
        within_limit(promise.test)
    })
}

fn not_root() -> Option<String> {
    (!rustix::process::geteuid().is_root()).then(|| "network namespaces need root".to_owned())
}

/// Runs a test on a thread; one that is stuck is left to the sweep.
fn within_limit(test: fn()) -> Result<Completion, Failed> {
    let (done, over) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _done = done;
        test();
    });
    if over.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
        return Err(format!("not over within {LIMIT:?}").into());
    }
    thread
        .join()
        .map(|()| Completion::Completed)
        .map_err(|panic| message(&*panic).into())
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let literal = || panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(literal)
        .unwrap_or_else(|| "it panicked".to_owned())
}
