//! `netfault`: the command line.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod exit;
mod local;
mod order;
mod output;
mod table;
mod text;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let args = args::Args::parse();
    commands::dispatch(args).unwrap_or_else(exit::report).into()
}
