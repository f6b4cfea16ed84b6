//! Running a suite: promises, what they need, and the broom behind them.

mod need;
mod turn;

use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use crate::{bed, sweep};

pub use need::Need;

use turn::Turn;

/// The longest that a promise may take to be shown unless it says otherwise.
const LIMIT: u64 = 90;

/// One promise of netfault's, and the test that shows it.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    /// Its path, the suite's name first.
    pub name: &'static str,
    /// What must be installed.
    pub needs: &'static [Need],
    /// The longest it may take to be shown.
    pub limit: Duration,
    /// The test; it panics when the promise is broken.
    pub test: fn(),
}

impl Promise {
    /// The same, with another limit, in seconds.
    #[must_use]
    pub const fn within(mut self, limit: u64) -> Self {
        self.limit = Duration::from_secs(limit);
        self
    }

    /// Whether no other may be shown meanwhile.
    fn is_alone(&self) -> bool {
        self.needs.contains(&Need::ClusterAlone)
    }

    /// A promise with the usual limit.
    pub const fn new(name: &'static str, needs: &'static [Need], test: fn()) -> Self {
        let limit = Duration::from_secs(LIMIT);
        Self {
            name,
            needs,
            limit,
            test,
        }
    }
}

/// Declares a module's `PROMISES`: what some need, the functions that show them, each with its limit
/// in seconds if that is not the usual one; more of it.
#[macro_export]
macro_rules! promises {
    (@one [$($need:ident),*] $test:ident $($limit:literal)?) => {
        $crate::suite::Promise::new(
            concat!(module_path!(), "::", stringify!($test)),
            &[$($crate::suite::Need::$need),*],
            $test,
        )$(.within($limit))?
    };
    ($($needs:tt $($test:ident $(in $limit:literal)?),+);+ $(;)?) => {
        pub(crate) const PROMISES: &[$crate::suite::Promise] =
            &[$($($crate::promises!(@one $needs $test $($limit)?)),+),+];
    };
}

/// Runs promises under libtest's command line, then sweeps.
pub fn run<'list>(lists: impl IntoIterator<Item = &'list [Promise]>) -> ExitCode {
    run_then(lists, || ())
}

/// The same, with something else to be done before a signal ends the run.
pub fn run_then<'list>(lists: impl IntoIterator<Item = &'list [Promise]>, last: fn()) -> ExitCode {
    let arguments = Arguments::from_args();
    bed::insist_on_way();
    sweep::dead_runs();
    sweep::on_signals(last);
    let mut promises: Vec<_> = lists.into_iter().flatten().copied().collect();
    promises.sort_by_key(Promise::is_alone);
    let trials = promises.into_iter().map(trial).collect();
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
        within_limit(promise)
    })
}

fn not_root() -> Option<String> {
    (!rustix::process::geteuid().is_root()).then(|| "network namespaces need root".to_owned())
}

/// Runs a test on a thread; one that is stuck is left to the sweep.
fn within_limit(promise: Promise) -> Result<Completion, Failed> {
    let _turn = Turn::of(&promise);
    let (done, over) = mpsc::channel::<()>();
    let test = move || {
        let _done = done;
        (promise.test)();
    };
    let named = thread::Builder::new().name(promise.name.to_owned());
    let thread = named.spawn(test).expect("a thread can be started");
    if over.recv_timeout(promise.limit) == Err(RecvTimeoutError::Timeout) {
        return Err(format!("not over within {:?}", promise.limit).into());
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
