//! `netfault inject` in a cluster.

use anyhow::Result;
use chaos_api::Enforcement;

use super::{
    bring::{Brought, bring},
    create::{create, named},
    object::object,
    plan,
    session::Session,
    signals::{self, Signals},
    text,
};
use crate::{
    args::{Format, Inject, Output},
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
    show(brought, args.output)
}

fn show(brought: Brought, form: Output) -> Result<Exit> {
    let (fault, lines) = match brought {
        Brought::Whole(fault) => (fault, Vec::new()),
        Brought::Part(fault, lines) => (fault, lines),
        Brought::Not(exit, why) => return Ok(not(exit, &why)),
        Brought::Interrupted(signal) => return Ok(Exit::Command(signals::code(signal))),
    };
    if !form.quiet {
        let name = named(&fault);
        eprintln!("{}; `netfault stop {name}` ends it", text::in_force(&fault));
    }
    text::print(form, &fault)?;
    let exit = if lines.is_empty() {
        Exit::Done
    } else {
        Exit::Partly
    };
    output::complain("not in force", &lines);
    Ok(exit)
}

/// Says why it is not in force.
pub(super) fn not(exit: Exit, why: &str) -> Exit {
    output::complain("error", why.lines());
    exit
}
