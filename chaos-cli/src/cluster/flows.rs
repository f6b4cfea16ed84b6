//! `netfault flows` in a cluster: the preview of a fault that would hit every connection.

use anyhow::Result;
use chaos_api::{
    Blackhole, Enforcement, Faults, Mode, NetworkFault, NetworkFaultSpec, Probes, Span, Traffic,
};

use super::{plan, pods, session::Session};
use crate::{args::Flows, exit::Exit, words};

/// How long the preview may stay if nobody deletes it.
const LONGEST: Span = Span::from_secs(60);

pub(super) async fn flows(session: &Session, args: &Flows) -> Result<Exit> {
    let wanted = pods::wanted(session, &args.words, args.selector.as_deref()).await?;
    let spec = NetworkFaultSpec {
        selector: wanted.selector,
        pods: wanted.names,
        mode: Some(Mode::All),
        value: None,
        traffic: Traffic::default(),
        faults: Faults {
            blackhole: Some(Blackhole { probability: None }),
            ..Faults::default()
        },
        duration: LONGEST,
        start_before: None,
        enforcement: Enforcement::Preview,
        probes: Probes::Include,
        dynamic: false,
        seed: None,
        atomic: false,
        stopped: false,
    };
    let name = format!("flows-{:08x}", words::random()?);
    let mut object = NetworkFault::new(&name, spec);
    object.metadata.namespace = Some(session.namespace.clone());
    plan::preview(session, &object, args.patience.timeout, args.output).await
}
