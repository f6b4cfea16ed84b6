//! A run directory that no one else uses: where this run's holders listen and leave receipts.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{self, Command};

use super::holder;

/// Where netfault reads it from.
pub(crate) const VARIABLE: &str = "NETFAULT_RUN_DIR";

/// The directory; dropping it clears it away.
#[derive(Debug)]
pub(crate) struct RunDirectory;

/// This process with a run directory of its own. A process is told of it by its environment, so one
/// that was not begins again; its id, and with it the directory's name, stays the same.
pub(crate) fn own() -> RunDirectory {
    let directory = env::temp_dir().join(format!("netfault-bench-{}", process::id()));
    if env::var_os(VARIABLE).is_some_and(|set| set == *directory) {
        return RunDirectory;
    }
    let error = Command::new("/proc/self/exe")
        .args(env::args_os().skip(1))
        .env(VARIABLE, directory)
        .exec();
    panic!("this program cannot be started again: {error}");
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        clear();
    }
}

/// Ends the holders that are left, and removes the directory, which the first of them made.
pub(super) fn clear() {
    holder::end_all();
    let directory = env::var_os(VARIABLE).expect("every run begins with its own");
    // It is not there where no holder was.
    drop(fs::remove_dir_all(directory));
}
