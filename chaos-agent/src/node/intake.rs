//! Which of the plans that are read is the one to carry out.

use chaos_api::{NodePlanSpec, PlanId};
use chaos_plan::{PlanBody, Unsupported, decode};

/// A plan that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Which one.
    pub(super) id: PlanId,
    /// What it says.
    pub(super) body: PlanBody,
}

/// What becomes of a plan that was read.
#[derive(Debug)]
pub(super) enum Offer {
    /// It is the one to carry out now.
    Taken(Box<Plan>),
    /// It is the one that is carried out.
    Same,
    /// It was written before this one, which stays.
    Older(PlanId),
    /// It cannot be read; the one before it stays.
    Unreadable(Unsupported),
}

/// Takes plans by their number, so that a late answer or a restored database turns nothing back.
#[derive(Debug, Default)]
pub(super) struct Intake {
    newest: PlanId,
    /// Whether the newest one is carried out; a process that was just started only knows its id.
    held: bool,
}

impl Intake {
    /// For a process that finds this plan acknowledged.
    pub(super) fn after(newest: PlanId) -> Self {
        Self {
            newest,
            held: false,
        }
    }

    /// Judges a plan. One with the newest number and another text is taken: it is what the API
    /// server says now.
    pub(super) fn offer(&mut self, spec: &NodePlanSpec) -> Offer {
        let id = spec.id();
        if self.newest.is_after(&id) {
            return Offer::Older(self.newest.clone());
        }
        if self.held && id == self.newest {
            return Offer::Same;
        }
        match read(spec) {
            Ok(body) => {
                self.newest = id.clone();
                self.held = true;
                Offer::Taken(Box::new(Plan { id, body }))
            }
            Err(error) => Offer::Unreadable(error),
        }
    }

    /// There is no plan any more; the same one would be taken again.
    pub(super) fn gone(&mut self) {
        self.held = false;
    }
}

fn read(spec: &NodePlanSpec) -> Result<PlanBody, Unsupported> {
    let body = decode(&spec.encoding, &spec.plan)?;
    Unsupported::verify(&spec.plan, &spec.hash)?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    use chaos_api::ENCODING;
    use chaos_plan::encode;

    use super::*;

    fn plan(epoch: i64, sequence: i64, spread: u32) -> NodePlanSpec {
        let body = PlanBody {
            spread,
            ..PlanBody::default()
        };
        let (plan, hash) = encode(&body);
        NodePlanSpec {
            epoch,
            sequence,
            hash,
            encoding: ENCODING.into(),
            published: 0,
            plan,
        }
    }

    fn taken(offer: &Offer) -> bool {
        matches!(offer, Offer::Taken(_))
    }

    #[test]
    fn newer_plans_are_taken_and_the_same_one_once() {
        let mut intake = Intake::default();
        assert!(taken(&intake.offer(&plan(1, 1, 0))));
        assert!(matches!(intake.offer(&plan(1, 1, 0)), Offer::Same));
        assert!(taken(&intake.offer(&plan(1, 2, 0))));
        assert!(taken(&intake.offer(&plan(2, 1, 0))));
        intake.gone();
        assert!(taken(&intake.offer(&plan(2, 1, 0))));
    }

    #[test]
    fn an_older_plan_is_refused_and_the_newer_one_named() {
        let mut intake = Intake::default();
        intake.offer(&plan(2, 7, 0));
        for older in [plan(2, 6, 1), plan(1, 9, 1)] {
            let Offer::Older(newest) = intake.offer(&older) else {
                panic!("taken: {older:?}");
            };
            assert_eq!(newest, plan(2, 7, 0).id());
        }
    }

    #[test]
    fn an_equal_number_with_another_text_is_what_is_true_now() {
        let mut intake = Intake::default();
        intake.offer(&plan(1, 1, 0));
        assert!(taken(&intake.offer(&plan(1, 1, 5))));
    }

    #[test]
    fn a_new_process_reads_the_acknowledged_plan_once_and_nothing_older() {
        let mut intake = Intake::after(plan(1, 4, 0).id());
        assert!(matches!(intake.offer(&plan(1, 3, 0)), Offer::Older(_)));
        assert!(taken(&intake.offer(&plan(1, 4, 0))));
        assert!(matches!(intake.offer(&plan(1, 4, 0)), Offer::Same));
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        let mut intake = Intake::default();
        intake.offer(&plan(1, 1, 0));
        let mut foreign = plan(1, 2, 0);
        foreign.encoding = "cbor/1".into();
        let mut damaged = plan(1, 2, 0);
        damaged.plan = "{\"spread\":9}".into();
        for wrong in [foreign, damaged] {
            assert!(matches!(intake.offer(&wrong), Offer::Unreadable(_)));
        }
        assert!(matches!(intake.offer(&plan(1, 1, 0)), Offer::Same));
        assert!(taken(&intake.offer(&plan(1, 2, 0))));
    }
}
