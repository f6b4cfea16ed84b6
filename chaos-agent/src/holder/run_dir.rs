//! The directory in which holders lock namespaces and listen.

use std::{
    env,
    ffi::OsStr,
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use super::HolderError;

/// Where it is unless `NETFAULT_RUN_DIR` says otherwise.
const DEFAULT: &str = "/run/netfault";

/// The run directory. It and what is in it can be read by its owner alone.
#[derive(Clone, Debug)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// The directory of this process: `NETFAULT_RUN_DIR`, or `/run/netfault`.
    pub fn of_env() -> Self {
        Self(env::var_os("NETFAULT_RUN_DIR").map_or_else(|| DEFAULT.into(), PathBuf::from))
    }

    /// Makes the directory where it is missing.
    pub(super) fn make(&self) -> Result<(), HolderError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(&self.0).map_err(at(&self.0))
    }

    /// The lock of a namespace, or `None` while another process holds it. It lasts as long as the
    /// file is open, so that it ends with its holder however that ends.
    pub(crate) fn lock(&self, inode: u64) -> Result<Option<File>, HolderError> {
        self.make()?;
        lock_file(&self.lock_path(inode))
    }

    /// Whether a process that lives has the lock of a namespace.
    pub(crate) fn is_held(&self, inode: u64) -> Result<bool, HolderError> {
        let path = self.lock_path(inode);
        match File::open(&path) {
            Ok(file) => Ok(flock(&file, FlockOperation::NonBlockingLockShared).is_err()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(at(&path)(error)),
        }
    }

    /// The same for the one agent of this machine.
    pub(crate) fn lock_agent(&self) -> Result<Option<File>, HolderError> {
        self.make()?;
        lock_file(&self.0.join("agent.lock"))
    }

    fn lock_path(&self, inode: u64) -> PathBuf {
        self.0.join(format!("ns-{inode}.lock"))
    }

    /// The socket of a namespace's holder.
    pub(super) fn socket(&self, inode: u64) -> PathBuf {
        self.0.join(format!("ns-{inode}.sock"))
    }

    /// The socket of the machine's agent.
    pub(crate) fn agent_socket(&self) -> PathBuf {
        self.0.join("agent.sock")
    }

    /// Where the machine's agent marks that it is at work.
    pub(crate) fn agent_mark(&self) -> PathBuf {
        self.0.join("agent.mark")
    }

    /// All sockets, of holders that live and that have died.
    pub(super) fn sockets(&self) -> Result<Vec<PathBuf>, HolderError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(at(&self.0)(error)),
        };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        Ok(paths
            .filter(|p| p.extension() == Some(OsStr::new("sock")))
            .collect())
    }

    /// The file of a fault's final receipt; one of a cluster has its namespace before a slash.
    pub(super) fn receipt(&self, name: &str) -> PathBuf {
        let name = name.replace('/', "_");
        self.receipts().join(format!("{name}.json"))
    }

    /// The directory of final receipts.
    pub(super) fn receipts(&self) -> PathBuf {
        self.0.join("receipts")
    }
}

fn lock_file(path: &Path) -> Result<Option<File>, HolderError> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).mode(0o600);
    let file = options.open(path).map_err(at(path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(at(path)(error.into())),
    }
}

/// Names the path in an error.
pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> HolderError {
    let path = path.to_owned();
    move |source| HolderError::Io {
        path: path.clone(),
        source,
    }
}
