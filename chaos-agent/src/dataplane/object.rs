//! The kernel object that was built into this program.

use super::DataplaneError;

/// Aligned as the ELF reader wants it.
#[repr(C, align(32))]
struct Aligned<Bytes: ?Sized>(Bytes);

static OBJECT: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/netfault.o")));

/// Whether this build has a kernel object; one made without a BPF toolchain has a stub.
pub fn have_object() -> bool {
    !OBJECT.0.is_empty()
}

pub(super) fn object() -> Result<&'static [u8], DataplaneError> {
    if have_object() {
        Ok(&OBJECT.0)
    } else {
        Err(DataplaneError::Stub)
    }
}
