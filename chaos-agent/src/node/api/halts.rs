//! Whether everything is stopped.

use std::sync::mpsc::Sender;

use chaos_api::{HALT, Halt};
use kube::{Api, core::PartialObjectMeta};

use super::{Reach, follow::follow, outage::Outage};
use crate::node::executor::Command;

/// Tells the executor whether the halt exists, for ever. What is written in it does not matter.
pub(in crate::node) async fn halts(reach: Reach, commands: Sender<Command>) {
    let mut outage = Outage::of("watching the halt", &reach.metrics);
    let api: Api<PartialObjectMeta<Halt>> = Api::all(reach.client.clone());
    let tell = |found: Option<PartialObjectMeta<Halt>>| {
        // An executor that is gone takes the process with it.
        let _ = commands.send(Command::Halt(found.is_some()));
        reach.health.halt_seen();
    };
    follow(api, HALT, &mut outage, tell).await;
}
