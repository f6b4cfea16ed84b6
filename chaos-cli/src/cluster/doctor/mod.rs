//! `netfault doctor` in a cluster: can it be done here, and what is missing.

mod agents;
mod rights;
mod system;

use anyhow::Result;
use serde::Serialize;

use super::session::Session;
use crate::{
    args::Doctor,
    exit::{Exit, Usage},
    output,
    table::table,
};

/// One need, and what was found.
#[derive(Clone, Debug, Serialize)]
struct Check {
    need: String,
    /// Absent where the user may not see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<bool>,
    found: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    fix: String,
}

impl Check {
    fn ok(need: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            need: need.into(),
            ok: Some(true),
            found: found.into(),
            fix: String::new(),
        }
    }

    fn no(need: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            ok: Some(false),
            fix: fix.into(),
            ..Self::ok(need, found)
        }
    }

    /// What the user may not see.
    fn unseen(need: impl Into<String>) -> Self {
        Self {
            ok: None,
            ..Self::ok(need, "you may not read it")
        }
    }
}

pub(super) async fn doctor(session: &Session, args: &Doctor) -> Result<Exit> {
    if args.clean {
        let line = "--clean: is for this machine, each node's agent cleans its own: add --local";
        return Err(Usage(line.into()).into());
    }
    let checks = checks(session).await;
    output::print(args.output.format, &checks, |_| {
        let rows = checks.iter().map(|check| {
            let mark = match check.ok {
                Some(true) => "ok",
                Some(false) => "no",
                None => "?",
            };
            [
                check.need.clone(),
                mark.to_owned(),
                check.found.clone(),
                check.fix.clone(),
            ]
        });
        table(["NEED", "", "FOUND", "WHAT TO DO"], rows)
    })?;
    let well = checks.iter().all(|check| check.ok != Some(false));
    Ok(if well { Exit::Done } else { Exit::Error })
}

/// The checks in the order in which one needs the other; the first that all others need ends them.
async fn checks(session: &Session) -> Vec<Check> {
    let server = system::server(session).await;
    if server.ok == Some(false) {
        return vec![server];
    }
    let kinds = system::kinds(session).await;
    let missing = kinds.ok == Some(false);
    let mut checks = vec![server, kinds];
    if missing {
        return checks;
    }
    checks.push(system::controller(session).await);
    checks.extend(agents::agents(session).await);
    checks.push(system::halt(session).await);
    checks.push(rights::namespace(session).await);
    checks.extend(rights::rights(session).await);
    checks
}
