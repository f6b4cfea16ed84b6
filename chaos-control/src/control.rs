//! The loop: what has changed is planned for, what differs is written, what was written is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use kube::Client;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::lease::Leadership;
use crate::ledger::{Job, Moment};
use crate::news::{news, unreadable};
use crate::reign::Reign;
use crate::shared::Shared;
use crate::tell::Teller;
use crate::watch::refresh;
use crate::write::{WriteError, chain, write};

/// Writes at a time: more do not make the API server faster.
const AT_ONCE: usize = 8;

/// The sleep while another process leads.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// The wait before a new leader asks again what the one before did.
const RETRY: Duration = Duration::from_millis(200);

/// A write and how it ended.
type Done = (Job, Result<(), WriteError>);

/// The loop's state.
pub(crate) struct Control {
    client: Client,
    clock: Clock,
    shared: Arc<Shared>,
    teller: Teller,
    namespace: String,
    leadership: watch::Receiver<Option<Leadership>>,
    reign: Option<Reign>,
    under_way: FuturesUnordered<BoxFuture<'static, Done>>,
}

impl Control {
    /// A loop that works while it is told that it leads.
    pub(crate) fn new(
        client: Client,
        clock: Clock,
        shared: Arc<Shared>,
        teller: Teller,
        namespace: &str,
        leadership: watch::Receiver<Option<Leadership>>,
    ) -> Self {
        Self {
            client,
            clock,
            shared,
            teller,
            namespace: namespace.to_owned(),
            leadership,
            reign: None,
            under_way: FuturesUnordered::new(),
        }
    }

    /// Runs until `stop` is told, and then until what is under way has ended.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            self.shared.beat();
            let sleep = self.step().await;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => break,
                Some(done) = self.under_way.next() => self.finish(done),
                () = self.shared.changed.notified() => {}
                Ok(()) = self.leadership.changed() => {}
                () = tokio::time::sleep(sleep) => {}
            }
        }
        while let Some(done) = self.under_way.next().await {
            self.finish(done);
        }
    }

    /// Does what can be done now; how long to sleep if nothing happens.
    async fn step(&mut self) -> Duration {
        let Some((term, now)) = self.leads() else {
            if self.reign.take().is_some() {
                self.shared.metrics.leads(false);
            }
            return LONGEST_SLEEP;
        };
        if self.reign.as_ref().is_none_or(|reign| reign.term != term) {
            if let Err(error) = refresh(&self.client, &self.shared).await {
                tracing::warn!(
                    error = chain(&error),
                    "what the leader before did cannot be read"
                );
                return RETRY;
            }
            self.reign = Some(Reign::begin(term, now));
            self.shared.metrics.leads(true);
        }
        let Some(reign) = &mut self.reign else {
            return RETRY;
        };
        reign.decide(&self.shared, now);
        if let Some(problem) = reign.new_settings_problem(&self.shared) {
            self.teller.settings_wrong(&self.namespace, &problem);
        }
        for wrong in reign.new_wrong_faults(&self.shared) {
            self.teller
                .tell(&wrong.id, vec![unreadable(&wrong.problem)]);
        }
        for (id, news) in reign.deleted() {
            self.teller.tell(&id, news);
        }
        let room = AT_ONCE.saturating_sub(self.under_way.len());
        let jobs = reign.begin_jobs(&self.shared, now, room);
        let sleep = reign.sleep(now);
        for job in jobs {
            let client = self.client.clone();
            let write = async move {
                let done = write(&client, &job).await;
                (job, done)
            };
            self.under_way.push(write.boxed());
        }
        sleep
    }

    /// In which term this process leads and may write, and what time it is.
    fn leads(&self) -> Option<(u64, Moment)> {
        let leadership = (*self.leadership.borrow())?;
        let local = Instant::now();
        let may = local < leadership.until && self.shared.listing().is_empty();
        let server = self.clock.now().filter(|_| may)?;
        Some((leadership.term, Moment { server, local }))
    }

    fn finish(&mut self, (job, done): Done) {
        let kind = job.kind();
        match &done {
            Ok(()) => {
                self.shared.metrics.wrote(kind);
                if let Job::Status { id, before, status } = &job {
                    self.teller.tell(id, news(&id.to_string(), before, status));
                }
            }
            Err(error) => {
                let error_text = chain(error);
                tracing::warn!(kind, target = ?job.target(), error = error_text, "a write failed");
                self.shared.metrics.failed(kind, error.kind());
            }
        }
        let local = Instant::now();
        if let (Some(reign), Some(server)) = (&mut self.reign, self.clock.now()) {
            reign.wrote(&self.shared, job, done.is_ok(), Moment { server, local });
        }
    }
}
