//! `cargo xtask bench`: what netfault costs, in figures that stand beside a baseline.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    chaos_tests::bench::run()
}
