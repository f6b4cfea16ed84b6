//! The node agent's process.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_agent::node::{Args, run};
use clap::Parser;

/// Returns what it does not need: the C library's keeps what loading programs took, for good.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(&Args::parse())
}
