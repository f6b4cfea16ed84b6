//! From the words of the command line to a `NetworkFault`, checked as the API server will.

use anyhow::Result;
use chaos_api::{Enforcement, Mode, NetworkFault, NetworkFaultSpec, Probes, check_name};

use super::{peers, pods, session::Session};
use crate::{
    args::{self, Fault},
    exit::Usage,
    words,
};

/// Hexadecimal digits that make a name ours: ended faults keep theirs.
const DIGITS: usize = 6;

/// The object that the words make, in its namespace, with a name.
pub(super) async fn object(
    session: &Session,
    fault: &Fault,
    enforcement: Option<Enforcement>,
) -> Result<NetworkFault> {
    if fault.trace {
        let line = "--trace is for local mode; run it on the node";
        return Err(Usage(line.into()).into());
    }
    let mut object = match &fault.file {
        Some(file) => words::from_file(file, NetworkFault::from_cluster_yaml)?,
        None => NetworkFault::new("", from_words(session, fault).await?),
    };
    let spec = &mut object.spec;
    spec.duration = fault.duration.unwrap_or(spec.duration);
    spec.seed = fault.seed.or(spec.seed);
    spec.enforcement = enforcement.unwrap_or(spec.enforcement);
    spec.validate().map_err(|list| words::wrong(&list))?;
    name(session, fault, &mut object)?;
    Ok(object)
}

/// Gives the object its name and its namespace.
fn name(session: &Session, fault: &Fault, object: &mut NetworkFault) -> Result<()> {
    let meta = &mut object.metadata;
    let own = meta.name.take().filter(|name| !name.is_empty());
    let name = match fault.name.clone().or(own) {
        Some(name) => name,
        None => words::generated_name(&object.spec.faults, DIGITS)?,
    };
    check_name(&name).map_err(|wrong| Usage(format!("--name: {}", wrong.problem)))?;
    meta.name = Some(name);
    match &meta.namespace {
        Some(own) if *own != session.namespace => {
            let line = format!(
                "metadata.namespace: the file says \"{own}\", and the namespace that is meant is \
                 \"{}\"; write --namespace {own}",
                session.namespace
            );
            Err(Usage(line).into())
        }
        _ => {
            meta.namespace = Some(session.namespace.clone());
            Ok(())
        }
    }
}

async fn from_words(session: &Session, fault: &Fault) -> Result<NetworkFaultSpec> {
    let (faults, words) = fault.split_words();
    let faults = words::faults(&faults)?;
    let choice = &fault.pods;
    let wanted = pods::wanted(session, &words, choice.selector.as_deref()).await?;
    let peers = peers::peers(session, &fault.traffic).await?;
    let mode = mode(choice.mode);
    Ok(NetworkFaultSpec {
        selector: wanted.selector,
        pods: wanted.names,
        mode: Some(mode),
        value: choice.value.clone(),
        traffic: words::traffic(&fault.traffic, peers)?,
        faults,
        duration: fault.duration.unwrap_or_default(),
        start_before: None,
        enforcement: Enforcement::Enforce,
        probes: match choice.probes {
            Some(args::Probes::Include) => Probes::Include,
            Some(args::Probes::Spare) | None => Probes::Spare,
        },
        dynamic: mode == Mode::All && !choice.no_dynamic,
        seed: None,
        atomic: false,
        stopped: false,
    })
}

fn mode(word: Option<args::Mode>) -> Mode {
    match word {
        None | Some(args::Mode::All) => Mode::All,
        Some(args::Mode::One) => Mode::One,
        Some(args::Mode::Fixed) => Mode::Fixed,
        Some(args::Mode::FixedPercent) => Mode::FixedPercent,
        Some(args::Mode::RandomMaxPercent) => Mode::RandomMaxPercent,
    }
}
