//! The loaders of this process. Making one reads all types of the kernel, tens of megabytes that our
//! programs ask nothing of; so each is made once, and lets go of them.

use std::sync::{Mutex, OnceLock, PoisonError};

use aya::{Ebpf, EbpfLoader};

use super::{DataplaneError, object::object};

/// Bytes of the log ring in a load that does not trace: the least there can be.
const NO_LOG: u32 = 4096;

/// Makes the maps of the object, and its programs ready to be loaded; with `trace`, verdicts are
/// logged.
pub(super) fn create(trace: bool) -> Result<Ebpf, DataplaneError> {
    static LOADERS: [OnceLock<Mutex<EbpfLoader<'static>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let object = object()?;
    let loader = LOADERS[usize::from(trace)].get_or_init(|| Mutex::new(loader(trace)));
    let mut loader = loader.lock().unwrap_or_else(PoisonError::into_inner);
    let made = loader.load(object);
    made.map_err(|error| DataplaneError::Load(Box::new(error)))
}

fn loader(trace: bool) -> EbpfLoader<'static> {
    let mut loader = EbpfLoader::new();
    loader.btf(None);
    loader.override_global("TRACE", if trace { &1_u8 } else { &0_u8 }, true);
    if !trace {
        loader.map_max_entries("AYA_LOGS", NO_LOG);
    }
    loader
}
