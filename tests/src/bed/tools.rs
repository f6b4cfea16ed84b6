//! Finding the programs the bed uses: in a directory of their own, or installed.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A directory laid out like `/` that holds unpacked packages; looked at before `PATH`.
const DIRECTORY: &str = "NETFAULT_TOOLS";

/// A program that was found.
#[derive(Debug, Clone)]
pub struct Tool {
    path: PathBuf,
    libraries: Option<PathBuf>,
}

impl Tool {
    /// Looks for a program in `NETFAULT_TOOLS` and then in `PATH`.
    pub fn find(name: &str) -> Option<Self> {
        unpacked(name).or_else(|| installed(name))
    }

    /// Looks for a program that the suite has checked for already.
    #[track_caller]
    pub fn expect(name: &str) -> Self {
        Self::find(name).unwrap_or_else(|| panic!("{name} is not installed"))
    }

    /// A command that runs it, with the libraries it was unpacked with.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

fn unpacked(name: &str) -> Option<Tool> {
    let root = PathBuf::from(env::var_os(DIRECTORY)?);
    let directories = ["usr/sbin", "usr/bin"].map(|directory| root.join(directory));
    let path = first_file(directories, name)?;
    let libraries = root
        .join("usr/lib")
        .join(format!("{}-linux-gnu", env::consts::ARCH));
    Some(Tool {
        path,
        libraries: Some(libraries),
    })
}

fn installed(name: &str) -> Option<Tool> {
    let search = env::var_os("PATH").unwrap_or_default();
    let directories = env::split_paths(&search).chain(["/usr/sbin".into(), "/sbin".into()]);
    let path = first_file(directories, name)?;
    Some(Tool {
        path,
        libraries: None,
    })
}

fn first_file(directories: impl IntoIterator<Item = PathBuf>, name: &str) -> Option<PathBuf> {
    let mut paths = directories
        .into_iter()
        .map(|directory| directory.join(name));
    paths.find(|path| Path::is_file(path))
}
