//! The controller's process.
#![forbid(unsafe_code)]

use chaos_control::{Args, run};
use clap::Parser;

/// One thread: what there is to compute is little, and each further one costs memory.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    run(Args::parse()).await
}
