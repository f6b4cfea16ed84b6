//! A directory that no one else uses: where this run's holders listen and leave receipts, and where
//! it keeps what is temporary.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use super::holder;

/// Where netfault reads it from.
pub(crate) const VARIABLE: &str = "NETFAULT_RUN_DIR";

/// The directory; dropping it clears it away.
#[derive(Debug)]
pub(crate) struct RunDirectory;

/// This process with a directory of its own. A process is told of it by its environment, so one that
/// was not begins again; its id, and with it the directory's name, stays the same.
pub(crate) fn own() -> RunDirectory {
    let name = format!("netfault-bench-{}", process::id());
    if given().is_some_and(|given| given.ends_with(&name)) {
        return RunDirectory;
    }
    let directory = env::temp_dir().join(name);
    let made = DirBuilder::new().mode(0o700).create(&directory);
    made.unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let error = begin_again(&directory);
    panic!("this program cannot be started again: {error}");
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        clear();
    }
}

/// Ends the holders that are left, and removes the directory.
pub(super) fn clear() {
    holder::end_all();
    let directory = given().expect("every run begins with its own");
    // Nobody can be told, and it holds nothing that matters.
    drop(fs::remove_dir_all(directory));
}

fn given() -> Option<PathBuf> {
    env::var_os(VARIABLE).map(PathBuf::from)
}

fn begin_again(directory: &Path) -> std::io::Error {
    Command::new("/proc/self/exe")
        .args(env::args_os().skip(1))
        .envs([(VARIABLE, directory), ("TMPDIR", directory)])
        .exec()
}
