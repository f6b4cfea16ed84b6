//! What is wanted of each fault in a pod.

use std::collections::{BTreeMap, BTreeSet};

use chaos_api::Span;
use chaos_plan::{FaultId, PlanBody, PodPlan};
use jiff::Timestamp;

use super::{Key, Ledger, decide::Wish};

impl Ledger {
    /// What is wanted of each fault that a pod has in the plan or in the accounts.
    pub(super) fn wishes(
        &self,
        pod: &str,
        left: impl Fn(Timestamp) -> Span,
    ) -> BTreeMap<FaultId, Wish> {
        let mut wishes = BTreeMap::new();
        for ((uid, fault), entry) in &self.entries {
            if uid == pod {
                let ends = entry.order.as_ref().map(|order| order.ends);
                let over = ends.is_some_and(|ends| left(ends).is_zero());
                wishes.insert(fault.clone(), Wish::Absent { over });
            }
        }
        if let Some(plan) = &self.plan {
            for planned in plan.body.pods.iter().filter(|planned| planned.uid == pod) {
                self.planned_wishes(&plan.body, planned, &left, &mut wishes);
            }
        }
        wishes
    }

    fn planned_wishes(
        &self,
        body: &PlanBody,
        pod: &PodPlan,
        left: impl Fn(Timestamp) -> Span,
        wishes: &mut BTreeMap<FaultId, Wish>,
    ) {
        for fault in faults(body, pod) {
            wishes.insert(fault.clone(), self.overruled(fault).unwrap_or(Wish::Over));
        }
        for order in body.orders(pod, left) {
            if self.overruled(&order.id).is_none() {
                wishes.insert(order.id.clone(), Wish::Order(Box::new(order)));
            }
        }
    }

    /// What is wanted in spite of the plan.
    fn overruled(&self, fault: &FaultId) -> Option<Wish> {
        if let Some(reason) = self.barred.get(&fault.uid) {
            return Some(Wish::Barred(*reason));
        }
        let plan = self.plan.as_ref()?;
        (self.lost.as_ref() == Some(&plan.id)).then_some(Wish::Lost)
    }

    /// All that the plan has.
    pub(super) fn planned(&self) -> BTreeSet<Key> {
        let bodies = self.plan.iter().map(|plan| &plan.body);
        let pods = bodies.flat_map(|body| body.pods.iter().map(move |pod| (body, pod)));
        let keys = pods.flat_map(|(body, pod)| {
            faults(body, pod).map(|fault| (pod.uid.clone(), fault.clone()))
        });
        keys.collect()
    }
}

fn faults<'a>(body: &'a PlanBody, pod: &'a PodPlan) -> impl Iterator<Item = &'a FaultId> {
    pod.faults.iter().filter_map(|index| {
        let index = usize::try_from(*index).ok()?;
        body.faults.get(index).map(|fault| &fault.id)
    })
}
