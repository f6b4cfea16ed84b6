//! Local mode: the verbs on this machine, a file each.

mod doctor;
mod edit;
mod flows;
mod foreground;
mod hold;
mod holders;
mod inject;
mod list;
mod order;
mod plan;
mod report;
mod run;
mod status;
mod stop;
mod text;

use anyhow::Result;
use chaos_agent::inventory;

use crate::{
    args::{Target, Verb},
    exit::{Exit, Usage},
};

/// Does a verb on this machine.
pub(crate) fn dispatch(verb: Verb) -> Result<Exit> {
    match verb {
        Verb::Inject(inject) => inject::inject(&inject),
        Verb::Run(run) => run::run(&run),
        Verb::Plan(plan) => plan::plan(&plan),
        Verb::Flows(flows) => flows::flows(&flows),
        Verb::List(list) => list::list(&list),
        Verb::Status(status) => status::status(&status),
        Verb::Report(report) => report::report(&report),
        Verb::Edit(edit) => edit::edit(&edit),
        Verb::Stop(stop) => stop::stop(&stop),
        Verb::Doctor(args) => doctor::doctor(&args),
        Verb::Hold(target) => hold::hold(&target),
        Verb::Resume(_) => refuse(["resume"]).map(|()| Exit::Usage),
        Verb::Install(_) => refuse(["install"]).map(|()| Exit::Usage),
        Verb::Uninstall(_) => refuse(["uninstall"]).map(|()| Exit::Usage),
        Verb::Completion { .. } | Verb::Version | Verb::Replay(_) => Ok(Exit::Done),
    }
}

/// The target on this machine.
fn target(target: &Target) -> Result<inventory::Target> {
    let named = target.to_inventory();
    named.ok_or_else(|| {
        let line = "no target is named; write --netns, --pid, --container or --cgroup for this \
                    machine, or give a kubeconfig for a cluster";
        Usage(line.into()).into()
    })
}

/// Refuses words that only a cluster can act on.
fn refuse<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<()> {
    match given.into_iter().next() {
        None => Ok(()),
        Some(word) => {
            let line = format!(
                "{word}: is for clusters, and this is local mode: no kubeconfig is usable, or a \
                 target on this machine or --local is named"
            );
            Err(Usage(line).into())
        }
    }
}
