//! `netfault completion`.

use std::io::stdout;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::{args::Args, exit::Exit};

pub(super) fn completion(shell: Shell) -> Exit {
    generate(shell, &mut Args::command(), "netfault", &mut stdout());
    Exit::Done
}
