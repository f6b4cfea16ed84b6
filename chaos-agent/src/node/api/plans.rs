//! The node's plan as it changes.

use std::sync::{Mutex, PoisonError, mpsc::Sender};

use chaos_api::{NodePlan, NodePlanSpec, PlanId};
use kube::{Api, core::DeserializeGuard};

use super::{Reach, follow::follow, outage::Outage};
use crate::node::{
    executor::Command,
    intake::{Intake, Offer},
    metrics::{Metrics, Refused},
};

/// Hands the node's plans to the executor, for ever.
/// `acknowledged` is the plan that the process before this one acknowledged.
pub(in crate::node) async fn plans(reach: Reach, acknowledged: PlanId, commands: Sender<Command>) {
    let Reach {
        health, metrics, ..
    } = &reach;
    let intake = Mutex::new(Intake::after(acknowledged));
    let mut outage = Outage::of("watching the plan", metrics);
    // One that cannot be read at all is news as well.
    let api: Api<DeserializeGuard<NodePlan>> = Api::all(reach.client.clone());
    let tell = |found: Option<DeserializeGuard<NodePlan>>| {
        let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
        let command = match found {
            None => {
                intake.gone();
                Some(Command::Plan(None))
            }
            Some(DeserializeGuard(Ok(plan))) => offer(&mut intake, &plan.spec, metrics),
            Some(DeserializeGuard(Err(invalid))) => Some(unreadable(&invalid, metrics)),
        };
        if let Some(command) = command {
            // An executor that is gone takes the process with it.
            let _ = commands.send(command);
        }
        health.plan_seen();
    };
    follow(api, &reach.node, &mut outage, tell).await;
}

fn offer(intake: &mut Intake, spec: &NodePlanSpec, metrics: &Metrics) -> Option<Command> {
    match intake.offer(spec) {
        Offer::Taken(plan) => {
            let (id, pods) = (&plan.id, plan.body.pods.len());
            tracing::info!("plan {}.{} for {pods} pods", id.epoch, id.sequence);
            metrics.plans_taken.inc();
            Some(Command::Plan(Some(plan)))
        }
        Offer::Same => None,
        Offer::Older(newest) => {
            let (own, other) = (spec.id(), newest);
            tracing::warn!(
                "plan {}.{} is older than {}.{} and is not taken",
                own.epoch,
                own.sequence,
                other.epoch,
                other.sequence
            );
            count(metrics, "older");
            None
        }
        Offer::Unreadable(error) => Some(unreadable(&error, metrics)),
    }
}

fn unreadable(error: &dyn std::error::Error, metrics: &Metrics) -> Command {
    tracing::error!("the plan is not taken: {error}");
    count(metrics, "unreadable");
    Command::Unreadable(error.to_string())
}

fn count(metrics: &Metrics, reason: &'static str) {
    let refused = metrics.plans_refused.get_or_create(&Refused { reason });
    refused.inc();
}
