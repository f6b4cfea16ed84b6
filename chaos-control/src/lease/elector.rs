//! Holds the Lease, or waits for it.

use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{ObjectMeta, PostParams};
use kube::runtime::watcher::{Config, watcher};
use kube::{Api, Client};
use tokio::sync::watch;

use super::{Candidate, NAME, PERIOD, Step, WRITES};
use crate::write::{WriteError, chain};

/// The longest that one request about the lease may take.
const TIMEOUT: Duration = Duration::from_secs(3);

/// As what a process leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leadership {
    /// Which of this process's terms it is.
    pub(crate) term: u64,
    /// Until when writes may begin.
    pub(crate) until: Instant,
}

/// Holds the Lease, or waits for it.
pub(crate) struct Elector {
    api: Api<Lease>,
    candidate: Candidate,
    /// The lease as this process wrote it last.
    own: Option<Lease>,
    tell: watch::Sender<Option<Leadership>>,
    term: u64,
    failing: bool,
}

impl Elector {
    /// A candidate of this name, and what it is told about leading.
    pub(crate) fn new(
        client: Client,
        namespace: &str,
        identity: &str,
    ) -> (Self, watch::Receiver<Option<Leadership>>) {
        let (tell, told) = watch::channel(None);
        let elector = Self {
            api: Api::namespaced(client, namespace),
            candidate: Candidate::new(identity),
            own: None,
            tell,
            term: 0,
            failing: false,
        };
        (elector, told)
    }

    /// Stands for election until `stop` is told, and gives the lease up then.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let config = Config::default().fields(&format!("metadata.name={NAME}"));
        let mut changes = watcher(self.api.clone(), config.timeout(15)).boxed();
        loop {
            self.stand().await;
            let leads = self.own.is_some();
            let pause = tokio::time::sleep(PERIOD);
            tokio::pin!(pause);
            tokio::select! {
                () = &mut pause => {}
                // A lease that is given up is taken at once. A watch that fails is asked again with
                // the next period.
                Some(Ok(_)) = changes.next(), if !leads => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        self.release().await;
    }

    /// Claims or renews the lease if it is to be had.
    async fn stand(&mut self) {
        let sent = Instant::now();
        let claimed = self.claim().await;
        self.failing &= claimed.is_err();
        match claimed {
            Ok(true) => self.lead(sent + WRITES),
            Ok(false) => self.follow(),
            Err(error) => self.note(&error),
        }
    }

    /// An outage is logged once, not once a try.
    fn note(&mut self, error: &WriteError) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::warn!(error = chain(error), "the lease cannot be claimed");
        }
    }

    fn lead(&mut self, until: Instant) {
        let before = *self.tell.borrow();
        let goes_on = before.is_some_and(|before| before.until > Instant::now());
        if !goes_on {
            self.term += 1;
            tracing::info!(term = self.term, "leading");
        }
        let term = self.term;
        self.tell.send_replace(Some(Leadership { term, until }));
    }

    fn follow(&mut self) {
        if self.tell.send_replace(None).is_some() {
            tracing::warn!("another process leads");
        }
    }

    /// Whether the lease is this process's.
    async fn claim(&mut self) -> Result<bool, WriteError> {
        let known = match self.own.take() {
            Some(own) => Some(own),
            None => tokio::time::timeout(TIMEOUT, self.api.get_opt(NAME)).await??,
        };
        let step = self
            .candidate
            .decide(known.as_ref(), Instant::now(), Timestamp::now());
        let Step::Claim(spec) = step else {
            return Ok(false);
        };
        let is_new = known.is_none();
        let mut lease = known.unwrap_or_else(|| Lease {
            metadata: ObjectMeta {
                name: Some(NAME.to_owned()),
                ..ObjectMeta::default()
            },
            ..Lease::default()
        });
        lease.spec = Some(*spec);
        self.own = Some(self.put(&lease, is_new).await?);
        Ok(true)
    }

    /// Writes the lease, if nobody else has since it was read.
    async fn put(&self, lease: &Lease, is_new: bool) -> Result<Lease, WriteError> {
        let params = PostParams::default();
        let written = tokio::time::timeout(TIMEOUT, async {
            if is_new {
                self.api.create(&params, lease).await
            } else {
                self.api.replace(NAME, &params, lease).await
            }
        });
        Ok(written.await??)
    }

    async fn release(mut self) {
        self.tell.send_replace(None);
        let Some(mut lease) = self.own.take() else {
            return;
        };
        lease.spec = lease.spec.as_ref().map(Candidate::released);
        match self.put(&lease, false).await {
            Ok(_) => tracing::info!("the lease is given up"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "the lease cannot be given up; it runs out"
            ),
        }
    }
}
