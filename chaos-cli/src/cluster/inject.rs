//! `netfault inject` in a cluster.

use anyhow::Result;
use chaos_api::Enforcement;

use super::{
    bring::{bring, told},
    create::{create, named},
    object::object,
    plan,
    session::Session,
    signals::Signals,
    text,
};
use crate::{
    args::{Format, Inject},
    exit::{Exit, Usage},
    output,
};

pub(super) async fn inject(session: &Session, args: &Inject) -> Result<Exit> {
    if args.detach {
        let line = "--detach is for local mode; in a cluster netfault returns when the fault is in \
                    force";
        return Err(Usage(line.into()).into());
    }
    let enforcement = args.way.preview.then_some(Enforcement::Preview);
    let object = object(session, &args.fault, enforcement).await?;
    if args.way.dry_run {
        let form = match args.output.format {
            Format::Json => Format::Json,
            Format::Table | Format::Wide | Format::Yaml => Format::Yaml,
        };
        output::print(form, &object, |_| String::new())?;
        return Ok(Exit::Done);
    }
    if args.way.no_wait {
        let fault = create(session, &object).await?;
        if !args.output.quiet {
            eprintln!("created: {}", named(&fault));
        }
        text::print(args.output, &fault)?;
        return Ok(Exit::Done);
    }
    let mut signals = Signals::take()?;
    let quiet = args.output.quiet;
    let brought = bring(session, &object, args.patience.timeout, quiet, &mut signals).await?;
    if object.spec.enforcement == Enforcement::Preview {
        return plan::show(brought, args.output);
    }
    told(brought, "not in force", |fault| {
        if !quiet {
            let name = named(fault);
            eprintln!("{}; `netfault stop {name}` ends it", text::in_force(fault));
        }
        text::print(args.output, fault)
    })
}
