//! The broom: what guards could not clean up, since a test was stuck or a signal ended the run.

use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::bed::{gate, namespace, process};

/// Ends this run's processes and deletes its namespaces; gives what there was.
pub(crate) fn this_run() -> Vec<String> {
    let mut left: Vec<String> = process::kill_all()
        .into_iter()
        .map(|pid| format!("process {pid}"))
        .collect();
    let own = namespace::prefix(std::process::id());
    for name in namespace::names()
        .into_iter()
        .filter(|name| name.starts_with(&own))
    {
        namespace::delete(&name);
        left.push(format!("namespace {name}"));
    }
    left
}

/// Deletes the namespaces of runs that were killed.
pub fn dead_runs() {
    for name in namespace::names() {
        let pid = name.split('-').nth(1).and_then(|pid| pid.parse().ok());
        if pid.is_some_and(|pid| !process::is_alive(pid)) {
            namespace::delete(&name);
        }
    }
}

/// Sweeps before a signal ends the run, and then does what else is to be done.
pub fn on_signals(last: impl FnOnce() + Send + 'static) {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).expect("signals can be handled");
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _closed = gate::close();
            this_run();
            last();
            std::process::exit(128 + signal);
        }
    });
}
