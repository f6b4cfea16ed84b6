//! `netfault plan` on this machine: what a fault would hit.

use anyhow::Result;
use chaos_api::FlowInfo;
use chaos_plan::{Fault, Table, explain, lower, meets};
use serde::Serialize;

use super::{flows, order};
use crate::{
    args::{Format, Plan},
    exit::Exit,
    output,
};

/// What a fault would do now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    /// The faults in words.
    faults: Vec<String>,
    /// The live connections that match. A share hits some of them, drawn when it is in force.
    flows: Vec<FlowInfo>,
    /// How many live connections there are.
    live: usize,
}

pub(super) fn plan(args: &Plan) -> Result<Exit> {
    let order = order::order(&args.fault)?;
    let faults = order.spec.faults.words();
    let fault = Fault {
        name: order.name,
        spec: order.spec,
        deadline: 0,
        seed: order.seed,
        anchor: 1,
        spare: order.spare,
    };
    let table = lower(&Table::default(), &[fault])?;
    let (live, reached) = flows::within_reach(&args.fault.target)?;
    let preview = Preview {
        faults,
        live,
        flows: reached
            .into_iter()
            .filter(|flow| meets(&table, flow))
            .collect(),
    };
    if !args.output.quiet {
        if args.output.format == Format::Wide {
            eprint!("{}", explain(&table));
        }
        eprintln!(
            "{} of {} live connections match; nothing was changed",
            preview.flows.len(),
            preview.live
        );
    }
    output::print(args.output.format, &preview, |_| {
        flows::table(&preview.flows)
    })?;
    Ok(Exit::Done)
}
