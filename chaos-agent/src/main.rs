//! The node agent's process.
#![forbid(unsafe_code)]

use clap::Parser;

fn main() -> anyhow::Result<()> {
    chaos_agent::node::run(&chaos_agent::node::Args::parse())
}
