//! An open network namespace, and code run inside it.

mod error;

use std::fmt;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::linux::fs::MetadataExt;
use std::panic;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use rustix::fs::{FsWord, Mode, OFlags, fstat, fstatfs};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{FindError, Target, find, processes};

pub use error::EnterError;

/// `NSFS_MAGIC` of linux/magic.h: the file system of namespace files.
const NSFS_MAGIC: FsWord = 0x6e73_6673;

/// What tells one network namespace from all others while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId {
    /// Device number of the namespace file system.
    pub device: u64,
    /// Inode in it.
    pub inode: u64,
}

impl NamespaceId {
    /// The namespace that the file at `path` stands for.
    pub(super) fn of_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        Ok(Self {
            device: meta.st_dev(),
            inode: meta.st_ino(),
        })
    }
}

impl fmt::Display for NamespaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "net:[{}]", self.inode)
    }
}

/// A network namespace other than the machine's own. It exists at least as long as this value.
#[derive(Debug)]
pub struct Namespace {
    file: OwnedFd,
    id: NamespaceId,
    /// A process that lived in it at the latest look.
    member: Option<u32>,
}

impl Namespace {
    /// Finds and opens the namespace of `target`. Refuses that of process 1 in every case.
    pub fn find(target: &Target) -> Result<Self, FindError> {
        find::find(target)
    }

    /// Opens a namespace file. `None` when the file is something else.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        if fstatfs(&file)?.f_type != NSFS_MAGIC {
            return Ok(None);
        }
        let stat = fstat(&file)?;
        Ok(Some(Self {
            file,
            id: NamespaceId {
                device: stat.st_dev,
                inode: stat.st_ino,
            },
            member: None,
        }))
    }

    /// The same namespace once more.
    pub(crate) fn again(&self) -> io::Result<Self> {
        Ok(Self {
            file: self.file.try_clone()?,
            id: self.id,
            member: self.member,
        })
    }

    /// The namespace's inode, as in `net:[4026532345]`.
    pub const fn inode(&self) -> u64 {
        self.id.inode
    }

    /// Device and inode.
    pub const fn id(&self) -> NamespaceId {
        self.id
    }

    /// Runs `f` on a thread of its own inside the namespace, and only there: the thread compares
    /// where it is with this namespace first. A panic of `f` goes on in the caller.
    pub fn enter<T: Send>(&self, f: impl FnOnce() -> T + Send) -> Result<T, EnterError> {
        let work = || self.move_here().map(|()| f());
        thread::scope(|scope| {
            let thread = thread::Builder::new()
                .name("inside".into())
                .spawn_scoped(scope, work);
            let thread = thread.map_err(|source| EnterError::Thread {
                id: self.id,
                source,
            })?;
            thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
        })
    }

    /// Runs `f` inside the namespace, as [`enter`](Self::enter) does, on a thread that goes on by
    /// itself; returns once it is there.
    pub fn spawn(&self, f: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, EnterError> {
        let id = self.id;
        let failed = |source| EnterError::Thread { id, source };
        let file = self.file.try_clone().map_err(failed)?;
        let (arrived, arrival) = mpsc::sync_channel(1);
        let work = move || {
            let outcome = move_to(file.as_fd(), id);
            let is_there = outcome.is_ok();
            drop(file);
            if arrived.send(outcome).is_ok() && is_there {
                f();
            }
        };
        let thread = thread::Builder::new().name("inside".into()).spawn(work);
        let thread = thread.map_err(failed)?;
        arrival.recv().expect("it says whether it is there")?;
        Ok(thread)
    }

    /// Whether nothing but open files keeps the namespace: no process lives in it, and no mount
    /// that this process sees names it. A process that may not be looked at counts as living in
    /// it. Costs a few microseconds, and as much for each process of the machine when the one that
    /// was found last has left.
    pub fn is_gone(&mut self) -> io::Result<bool> {
        self.member = self.member.filter(|pid| self.may_hold(*pid));
        if self.member.is_some() || self.is_mounted()? {
            return Ok(false);
        }
        let mut all = processes::all()?.into_iter();
        self.member = all.find(|pid| self.may_hold(*pid));
        Ok(self.member.is_none())
    }

    fn is_mounted(&self) -> io::Result<bool> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        let root = self.id.to_string();
        let mut roots = mounts.lines().map(|line| line.split(' ').nth(3));
        Ok(roots.any(|mounted| mounted == Some(root.as_str())))
    }

    fn may_hold(&self, pid: u32) -> bool {
        match NamespaceId::of_file(processes::namespace_file(pid)) {
            Ok(id) => id == self.id,
            // Process 1 was found to live elsewhere when the namespace was chosen.
            Err(error) => pid != 1 && !processes::has_ended(&error),
        }
    }

    fn move_here(&self) -> Result<(), EnterError> {
        move_to(self.as_fd(), self.id)
    }
}

/// Moves the calling thread, and looks where it is then.
fn move_to(file: BorrowedFd<'_>, id: NamespaceId) -> Result<(), EnterError> {
    move_into_link_name_space(file, Some(LinkNameSpaceType::Network))
        .map_err(|errno| EnterError::of_setns(id, errno))?;
    let found = NamespaceId::of_file("/proc/thread-self/ns/net")
        .map_err(|source| EnterError::Unknown { id, source })?;
    if found == id {
        Ok(())
    } else {
        Err(EnterError::Elsewhere { id, found })
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
