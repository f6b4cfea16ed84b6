//! Verdicts of single packets, as the programs log them.

use std::fmt;

use aya::Ebpf;
use aya_log::EbpfLogger;

/// Hands the programs' log lines to the `log` crate.
pub(super) struct Tracer(EbpfLogger<&'static dyn log::Log>);

impl Tracer {
    /// `None` where the object has no log.
    pub(super) fn of(ebpf: &mut Ebpf) -> Option<Self> {
        EbpfLogger::init(ebpf).ok().map(Self)
    }

    pub(super) fn flush(&mut self) {
        self.0.flush();
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Tracer")
    }
}
