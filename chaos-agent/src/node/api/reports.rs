//! The node's report: read once at the start, and written ever after.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use chaos_api::{NodeReport, NodeReportStatus, PlanId};
use jiff::Timestamp;
use kube::{
    Api, Resource,
    api::{Patch, PatchParams},
};
use serde_json::json;
use tokio::{
    sync::watch::Receiver,
    time::{sleep, timeout},
};

use super::{REQUEST, Reach, backoff::Pauses, outage::Outage, status::status};
use crate::node::executor::Account;

/// Who owns the fields that the agent writes.
const MANAGER: &str = "netfault-agent";

/// How often it is checked that the report stands as it was written.
const CHECK: Duration = Duration::from_secs(30);

/// Reads what the process before this one reported last, until the API server answers.
pub(in crate::node) async fn previous(reach: &Reach) -> NodeReportStatus {
    let api: Api<NodeReport> = Api::all(reach.client.clone());
    let mut outage = Outage::of("reading the last report", &reach.metrics);
    let mut pauses = Pauses::default();
    loop {
        match timeout(REQUEST, api.get_opt(&reach.node)).await {
            Ok(Ok(found)) => return found.and_then(|report| report.status).unwrap_or_default(),
            Ok(Err(error)) => outage.error(&error),
            Err(error) => outage.error(&error),
        }
        pauses.pause().await;
    }
}

/// Writes each account, or the last one where there were several meanwhile, until it is taken;
/// ends after that of an executor that leaves. `before` is what was written last.
pub(in crate::node) async fn report(
    reach: Reach,
    before: NodeReportStatus,
    mut accounts: Receiver<Option<Account>>,
) {
    let mut reporter = Reporter {
        outage: Outage::of("writing the report", &reach.metrics),
        reach,
        before,
        version: None,
        answered: PlanId::default(),
    };
    loop {
        match timeout(CHECK, accounts.changed()).await {
            Ok(Err(_)) => return,
            Err(_) if reporter.stands().await => continue,
            Ok(Ok(())) | Err(_) => {}
        }
        if reporter.deliver(&mut accounts).await {
            return;
        }
    }
}

struct Reporter {
    reach: Reach,
    outage: Outage,
    before: NodeReportStatus,
    /// The version of the object that was written last; nothing where it is to be written anew.
    version: Option<String>,
    /// The plan that was acknowledged last.
    answered: PlanId,
}

impl Reporter {
    /// Whether the object is as it was written: somebody may have made it anew.
    async fn stands(&mut self) -> bool {
        let api = self.api();
        let read = api.get_metadata_opt(&self.reach.node);
        let Ok(Ok(Some(read))) = timeout(REQUEST, read).await else {
            return true;
        };
        let stands = read.metadata.resource_version == self.version;
        if !stands {
            self.version = None;
        }
        stands
    }

    /// Writes the newest account, whichever that is meanwhile; whether it was the last of all.
    async fn deliver(&mut self, accounts: &mut Receiver<Option<Account>>) -> bool {
        let mut pauses = Pauses::default();
        self.wait_for_turn(accounts).await;
        loop {
            let account = accounts.borrow_and_update().clone();
            let Some(account) = account else {
                return false;
            };
            match self.send(&account).await {
                Ok(()) => {
                    self.outage.over();
                    return account.leaving;
                }
                Err(error) => {
                    self.reach.metrics.reports_failed.inc();
                    self.outage.error(error.as_ref());
                    pauses.pause().await;
                }
            }
        }
    }

    /// Spreads the answers of many nodes to one change over a while.
    async fn wait_for_turn(&mut self, accounts: &Receiver<Option<Account>>) {
        let turn = accounts.borrow().as_ref().and_then(|account| {
            let new = account.acknowledged != self.answered && !account.leaving;
            self.answered = account.acknowledged.clone();
            new.then(|| self.turn(account.spread))
        });
        sleep(turn.unwrap_or_default()).await;
    }

    /// This node's part of the time over which all answer, in milliseconds.
    fn turn(&self, spread: u32) -> Duration {
        let mut hasher = DefaultHasher::new();
        (&self.reach.node, self.answered.sequence).hash(&mut hasher);
        Duration::from_millis(hasher.finish() % u64::from(spread.max(1)))
    }

    async fn send(&mut self, account: &Account) -> anyhow::Result<()> {
        let now = self.reach.clock.bounds().map(|(_, latest)| latest);
        let now = now.unwrap_or(Timestamp::UNIX_EPOCH);
        let problem = self.reach.health.problem();
        let status = status(account, problem, self.before.ready(), now);
        if status == self.before && self.version.is_some() {
            return Ok(());
        }
        let patch = Patch::Apply(json!({
            "apiVersion": NodeReport::api_version(&()),
            "kind": NodeReport::kind(&()),
            "metadata": { "name": self.reach.node },
            "status": status,
        }));
        let params = PatchParams::apply(MANAGER).force();
        let api = self.api();
        let patched = api.patch_status(&self.reach.node, &params, &patch);
        self.version = timeout(REQUEST, patched).await??.metadata.resource_version;
        self.before = status;
        self.reach.metrics.reports_sent.inc();
        Ok(())
    }

    fn api(&self) -> Api<NodeReport> {
        Api::all(self.reach.client.clone())
    }
}
