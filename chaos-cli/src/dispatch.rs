//! From the verb to the mode that does it.

use anyhow::Result;
use chaos_agent::dataplane::Way;
use clap::FromArgMatches;

use crate::{
    args::{self, Args, Verb},
    cluster, completion,
    exit::Exit,
    local,
    mode::{self, Mode},
    replay,
};

/// Does what the command line says.
pub(crate) fn main() -> Result<Exit> {
    completion::answer();
    let matches = args::command().get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    dispatch(args)
}

fn dispatch(args: Args) -> Result<Exit> {
    if let Some(attach) = args.reach.attach {
        Way::from(attach).insist();
    }
    match args.verb {
        Verb::Completion { shell } => completion::completion(shell),
        Verb::Version => {
            println!("netfault {}", env!("CARGO_PKG_VERSION"));
            Ok(Exit::Done)
        }
        Verb::Replay(replay) => replay::replay(&replay),
        Verb::Install(install) if install.print => cluster::print_manifests(&install),
        verb => match mode::choose(&args.reach, verb.target())? {
            Mode::Local => local::dispatch(verb),
            Mode::Cluster(cluster) => cluster::dispatch(*cluster, verb),
        },
    }
}
