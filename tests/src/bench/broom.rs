//! What guards cannot clean up, since a signal ends the run.

use std::process;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::run_directory;
use crate::bed::process::kill_all;
use crate::bed::{gate, namespace};

/// Ends this run's processes and deletes its namespaces before a signal ends it.
pub(super) fn on_signals() {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).expect("signals can be handled");
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _closed = gate::close();
            sweep();
            process::exit(128 + signal);
        }
    });
}

fn sweep() {
    kill_all();
    let own = namespace::prefix(process::id());
    let names = namespace::names().into_iter();
    names
        .filter(|name| name.starts_with(&own))
        .for_each(|name| namespace::delete(&name));
    run_directory::clear();
}
