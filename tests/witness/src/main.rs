//! The witness's process.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    chaos_witness::run()
}
