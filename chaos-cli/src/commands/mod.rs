//! The verbs, a file each.

mod completion;
mod doctor;
mod flows;
mod foreground;
mod hold;
mod inject;
mod list;
mod plan;
mod run;
mod status;
mod stop;

use anyhow::Result;

use crate::{
    args::{Args, Verb},
    exit::Exit,
};

/// Does what the command line says.
pub(crate) fn dispatch(args: Args) -> Result<Exit> {
    match args.verb {
        Verb::Inject(inject) => inject::inject(&inject),
        Verb::Run(run) => run::run(&run),
        Verb::Plan(plan) => plan::plan(&plan),
        Verb::Flows(flows) => flows::flows(&flows),
        Verb::List(output) => list::list(output),
        Verb::Status(status) => status::status(&status),
        Verb::Stop(stop) => stop::stop(&stop),
        Verb::Doctor(output) => doctor::doctor(output),
        Verb::Completion { shell } => Ok(completion::completion(shell)),
        Verb::Version => {
            println!("netfault {}", env!("CARGO_PKG_VERSION"));
            Ok(Exit::Done)
        }
        Verb::Hold(target) => hold::hold(&target),
    }
}
