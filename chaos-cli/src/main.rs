//! `netfault`: the command line.
#![forbid(unsafe_code)]

mod args;
mod cluster;
mod completion;
mod dispatch;
mod exit;
mod local;
mod mode;
mod output;
mod replay;
mod table;
mod words;

fn main() -> std::process::ExitCode {
    dispatch::main().unwrap_or_else(exit::report).into()
}
