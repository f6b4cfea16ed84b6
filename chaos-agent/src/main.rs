//! The node agent's process.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use chaos_agent::node::{Args, run};
use clap::Parser;

fn main() -> ExitCode {
    run(&Args::parse())
}
