//! A ledger from what the process before this one reported last.

use chaos_api::{EndReason, PlanId};
use chaos_plan::{Report, ReportState};

use super::{Ledger, entry::Entry};

impl Ledger {
    /// The ledger of a process that finds this report. What was in force ended with the process that
    /// held it, which was at work until `lost` on the boot clock; what was stopped by hand stays so.
    pub(in crate::node) fn restored(acknowledged: PlanId, report: Report, lost: u64) -> Self {
        let mut ledger = Self {
            lost: Some(acknowledged.clone()),
            acknowledged,
            ..Self::default()
        };
        for pod in report.pods {
            let key = (pod.uid.clone(), pod.fault.clone());
            let mut entry = Entry::read(pod);
            match &entry.report.state {
                ReportState::Armed => {
                    entry.end(EndReason::AgentRestarted, None);
                    entry.lost = Some(lost);
                }
                ReportState::Ended {
                    reason: EndReason::AgentRestarted,
                } => entry.lost = Some(lost),
                ReportState::Ended {
                    reason: reason @ (EndReason::Stopped | EndReason::Halted),
                } => {
                    ledger.barred.insert(key.1.uid.clone(), *reason);
                }
                ReportState::Previewed
                | ReportState::Refused { .. }
                | ReportState::Ended { .. } => {}
            }
            ledger.entries.insert(key, entry);
        }
        ledger
    }
}
