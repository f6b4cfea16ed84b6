//! `netfault completion`.

use std::io::stdout;

use clap_complete::{Shell, generate};

use crate::{args, exit::Exit};

pub(crate) fn completion(shell: Shell) -> Exit {
    generate(shell, &mut args::command(), "netfault", &mut stdout());
    Exit::Done
}
