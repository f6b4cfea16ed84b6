//! Whether everything is stopped.

use std::sync::{Arc, mpsc::Sender};

use chaos_api::{HALT, Halt};
use kube::{Api, Client, core::PartialObjectMeta};

use super::{follow::follow, outage::Outage};
use crate::node::{executor::Command, health::Health, metrics::Metrics};

/// Tells the executor whether the halt exists, for ever. What is written in it does not matter.
pub(in crate::node) async fn halts(
    client: Client,
    commands: Sender<Command>,
    health: Arc<Health>,
    metrics: Metrics,
) {
    let mut outage = Outage::of("watching the halt", &metrics);
    let api: Api<PartialObjectMeta<Halt>> = Api::all(client);
    let tell = |found: Option<PartialObjectMeta<Halt>>| {
        // An executor that is gone takes the process with it.
        let _ = commands.send(Command::Halt(found.is_some()));
        health.halt_seen();
    };
    follow(api, HALT, &mut outage, tell).await;
}
