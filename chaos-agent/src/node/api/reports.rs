//! The node's report: read once at the start, and written ever after.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use chaos_api::{Condition, NodeReport, NodeReportStatus, PlanId};
use jiff::Timestamp;
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{Clock, REQUEST, backoff::Pauses, outage::Outage, status::status};
use crate::node::{executor::Account, health::Health, metrics::Metrics};

/// Who owns the fields that the agent writes.
const MANAGER: &str = "netfault-agent";

/// Writes the node's report.
pub(in crate::node) struct Reporter {
    pub(in crate::node) client: Client,
    pub(in crate::node) node: String,
    pub(in crate::node) clock: Clock,
    pub(in crate::node) health: Arc<Health>,
    pub(in crate::node) metrics: Metrics,
    /// What the condition said last.
    pub(in crate::node) ready: Option<Condition>,
}

/// Reads what the process before this one reported last, until the API server answers.
pub(in crate::node) async fn previous(
    client: &Client,
    node: &str,
    metrics: &Metrics,
) -> NodeReportStatus {
    let api: Api<NodeReport> = Api::all(client.clone());
    let mut outage = Outage::of("reading the last report", metrics);
    let mut pauses = Pauses::default();
    loop {
        match timeout(REQUEST, api.get_opt(node)).await {
            Ok(Ok(found)) => return found.and_then(|report| report.status).unwrap_or_default(),
            Ok(Err(error)) => outage.error(&error),
            Err(error) => outage.error(&error),
        }
        pauses.pause().await;
    }
}

impl Reporter {
    /// Writes each account, or the last one where there were several meanwhile, until it is taken;
    /// ends after the account of a process that leaves.
    pub(in crate::node) async fn run(mut self, mut accounts: watch::Receiver<Option<Account>>) {
        let mut outage = Outage::of("writing the report", &self.metrics);
        let mut pauses = Pauses::default();
        let mut answered = PlanId::default();
        let mut sent = None;
        while accounts.changed().await.is_ok() {
            loop {
                let Some(account) = accounts.borrow_and_update().clone() else {
                    break;
                };
                if account.acknowledged != answered {
                    answered = account.acknowledged.clone();
                    sleep(self.jitter(&account)).await;
                    accounts.mark_changed();
                    continue;
                }
                if sent.as_ref() == Some(&account) {
                    break;
                }
                match self.send(&account).await {
                    Ok(()) => {
                        outage.over();
                        pauses = Pauses::default();
                        let leaving = account.leaving;
                        sent = Some(account);
                        if leaving {
                            return;
                        }
                        break;
                    }
                    Err(error) => {
                        self.metrics.reports_failed.inc();
                        outage.error(error.as_ref());
                        pauses.pause().await;
                    }
                }
            }
        }
    }

    async fn send(&mut self, account: &Account) -> anyhow::Result<()> {
        let now = self.clock.now().unwrap_or(Timestamp::UNIX_EPOCH);
        let status = status(account, self.health.problem(), self.ready.as_ref(), now);
        self.ready = status.ready().cloned();
        let patch = json!({
            "apiVersion": NodeReport::api_version(&()),
            "kind": NodeReport::kind(&()),
            "metadata": { "name": self.node },
            "status": status,
        });
        let api: Api<NodeReport> = Api::all(self.client.clone());
        let params = PatchParams::apply(MANAGER).force();
        let patch = Patch::Apply(&patch);
        let patched = api.patch_status(&self.node, &params, &patch);
        timeout(REQUEST, patched).await??;
        self.metrics.reports_sent.inc();
        Ok(())
    }

    /// This node's part of the time over which the agents spread their answers to a plan.
    fn jitter(&self, account: &Account) -> Duration {
        let mut hasher = DefaultHasher::new();
        (&self.node, account.acknowledged.sequence).hash(&mut hasher);
        let spread = u64::from(account.spread.max(1));
        Duration::from_millis(hasher.finish() % spread)
    }
}
