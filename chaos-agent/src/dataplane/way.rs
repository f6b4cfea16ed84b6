//! How the hooks are attached: by tcx or, where the kernel has none, by a clsact qdisc.

use std::{fmt, sync::OnceLock};

use aya::{
    programs::{ProgramError, SchedClassifier, TcAttachType},
    sys::SyscallError,
};

use super::DataplaneError;

/// What a kernel answers whose `bpf(2)` does not know the kind of hook asked for.
const EINVAL: i32 = 22;

/// Every namespace has it.
const LOOPBACK: &str = "lo";

static CHOSEN: OnceLock<Way> = OnceLock::new();

/// A way to attach the hooks to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// Links that the kernel closes with the process that holds them (Linux 6.6, kernel commit
    /// e420bed02507).
    Tcx,
    /// Filters of a clsact qdisc, which stay when that process is killed.
    Clsact,
}

impl Way {
    /// That of this process: the best that the kernel has, asked once.
    pub fn of_kernel() -> Result<Self, DataplaneError> {
        if let Some(way) = CHOSEN.get() {
            return Ok(*way);
        }
        let way = ask()?;
        Ok(*CHOSEN.get_or_init(|| way))
    }

    /// Has this process attach in this way, whatever the kernel has; to be called before anything is
    /// attached.
    pub fn insist(self) {
        // What was chosen before is in use.
        let _ = CHOSEN.set(self);
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcx => "tcx",
            Self::Clsact => "clsact",
        })
    }
}

/// Asks for the programs that tcx has on the loopback interface: nothing is changed.
fn ask() -> Result<Way, DataplaneError> {
    match SchedClassifier::query_tcx(LOOPBACK, TcAttachType::Ingress) {
        Ok(_) => Ok(Way::Tcx),
        Err(ProgramError::SyscallError(SyscallError { call, io_error }))
            if call == "bpf_prog_query" && io_error.raw_os_error() == Some(EINVAL) =>
        {
            Ok(Way::Clsact)
        }
        Err(error) => Err(DataplaneError::Way(Box::new(error))),
    }
}
