//! What is put into a map that is short of memory.

use std::io::Error;

use aya::maps::MapError;
use aya::sys::SyscallError;

use super::{REFILLS, patiently};

/// `ENOMEM` and `E2BIG` of errno(3).
const ENOMEM: i32 = 12;
const E2BIG: i32 = 7;

/// How often it is tried where the first tries fail, and how that ends.
fn tried(fails: u32, errno: i32) -> (u32, bool) {
    let mut tries = 0;
    let outcome = patiently(|| {
        tries += 1;
        if tries > fails {
            return Ok(());
        }
        Err(MapError::SyscallError(SyscallError {
            call: "bpf_map_update_elem",
            io_error: Error::from_raw_os_error(errno),
        }))
    });
    (tries, outcome.is_ok())
}

#[test]
fn memory_that_comes_a_moment_later_is_waited_for() {
    assert_eq!(tried(0, ENOMEM), (1, true));
    assert_eq!(tried(3, ENOMEM), (4, true));
    assert_eq!(tried(u32::MAX, ENOMEM), (REFILLS + 1, false));
}

#[test]
fn nothing_else_is() {
    assert_eq!(tried(3, E2BIG), (1, false));
}
