//! From the words of the command line to a `NetworkFault`, checked as the API server will.

use anyhow::Result;
use chaos_api::{
    Blackhole, Draw, Enforcement, FaultSpec, Faults, Mode, NetworkFault, NetworkFaultSpec, Probes,
    Span, Traffic, check_name,
};

use super::{
    peers,
    pods::{self, Wanted},
    session::Session,
};
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
    spec.draw = fault.draw.map_or(spec.draw, Draw::from);
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
        Some(own) if session.is_namespace_named && *own != session.namespace => {
            let line = format!(
                "metadata.namespace: the file says \"{own}\", and --namespace \"{}\"; remove one of \
                 them",
                session.namespace
            );
            Err(Usage(line).into())
        }
        Some(_) => Ok(()),
        None => {
            meta.namespace = Some(session.namespace.clone());
            Ok(())
        }
    }
}

/// A fault that only shows what it would hit: any traffic of these pods.
pub(super) fn preview_of(wanted: Wanted, duration: Span) -> NetworkFaultSpec {
    let faults = Faults {
        blackhole: Some(Blackhole { probability: None }),
        ..Faults::default()
    };
    NetworkFaultSpec {
        selector: wanted.selector,
        pods: wanted.names,
        mode: Some(Mode::All),
        enforcement: Enforcement::Preview,
        probes: Probes::Include,
        ..bare(faults, duration)
    }
}

/// A fault that names no pods yet.
fn bare(faults: Faults, duration: Span) -> NetworkFaultSpec {
    NetworkFaultSpec::from(FaultSpec {
        traffic: Traffic::default(),
        faults,
        duration,
        seed: None,
        draw: Draw::default(),
    })
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
        probes: match choice.probes {
            Some(args::Probes::Include) => Probes::Include,
            Some(args::Probes::Spare) | None => Probes::Spare,
        },
        dynamic: mode == Mode::All && !choice.no_dynamic,
        ..bare(faults, fault.duration.unwrap_or_default())
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
