//! What the executor is told, and what it tells.

use std::sync::{Arc, mpsc::Sender};

use chaos_api::{PlanId, Receipt};
use chaos_plan::Report;

use super::job::Done;
use crate::node::intake::Plan;

/// What the executor is told.
pub(in crate::node) enum Command {
    /// Carry this plan out from now on; without one hold nothing.
    Plan(Option<Box<Plan>>),
    /// There is a plan that cannot be read, for this reason.
    Unreadable(String),
    /// Whether everything is stopped.
    Halt(bool),
    /// Tell the receipts of the faults in force, one for each fault.
    List(Sender<Vec<Receipt>>),
    /// End a fault, given as `namespace/name`, for good; tell its receipt where it was in force.
    Stop(String, Sender<Option<Receipt>>),
    /// Work in a pod is done.
    Done(Box<Done>),
    /// End everything and come to an end.
    Leave,
}

/// What the executor tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::node) struct Account {
    /// The plan that is carried out.
    pub(in crate::node) acknowledged: PlanId,
    /// Over how many milliseconds the agents spread their answers to it.
    pub(in crate::node) spread: u32,
    /// Where each fault stands.
    pub(in crate::node) report: Arc<Report>,
    /// Why the newest plan cannot be read.
    pub(in crate::node) unreadable: Option<String>,
    /// Nothing is in force any more, and nothing will be: the process ends.
    pub(in crate::node) leaving: bool,
}
