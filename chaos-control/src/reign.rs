//! What is there only while this process leads: the ledger, and when to work on it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chaos_plan::FaultId;
use jiff::Timestamp;

use crate::ledger::{Job, Ledger, Moment};
use crate::mirror::Mirror;
use crate::news::{News, deleted};
use crate::pace::Pace;
use crate::shared::Shared;
use crate::views::WrongFault;

/// The longest sleep, so that the loop can be seen to live.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// The shortest: the API server's clock is known to a few milliseconds.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// One term of this process.
pub(crate) struct Reign {
    pub(crate) term: u64,
    ledger: Ledger,
    plan: Pace,
    account: Pace,
    /// When there is work again though nothing has changed.
    server_due: Option<Timestamp>,
    local_due: Option<Instant>,
    settings_problem: Option<String>,
    /// The faults of which it was told that they cannot be read, by UID.
    wrong_faults: BTreeMap<String, WrongFault>,
}

impl Reign {
    /// Begins with everything to be looked at.
    pub(crate) fn begin(term: u64, now: Moment) -> Self {
        let mut reign = Self {
            term,
            ledger: Ledger::begin(now),
            plan: Pace::default(),
            account: Pace::default(),
            server_due: None,
            local_due: None,
            settings_problem: None,
            wrong_faults: BTreeMap::new(),
        };
        reign.plan.want();
        reign.account.want();
        reign
    }

    /// Makes plans and statuses anew where there is reason to.
    pub(crate) fn decide(&mut self, shared: &Shared, now: Moment) {
        let mut mirror = shared.mirror();
        self.note(&mut mirror, now);
        let (ledger, metrics) = (&mut self.ledger, &shared.metrics);
        if let Some(took) = self.plan.run(|| ledger.plan(&mut mirror, now)) {
            metrics.planned(took);
            self.account.want();
        }
        if let Some(took) = self.account.run(|| ledger.account(&mut mirror, now)) {
            metrics.accounted(took);
            metrics.faults(ledger.states(&mirror));
            metrics.unreadable(mirror.settings_problem().is_some(), mirror.unreadable());
        }
        (self.server_due, self.local_due) = ledger.wake(&mirror, now);
    }

    fn note(&mut self, mirror: &mut Mirror, now: Moment) {
        let changed = mirror.take_changed();
        let by_server = self.server_due.is_some_and(|due| due <= now.server);
        let by_local = self.local_due.is_some_and(|due| due <= now.local);
        if changed.intent || by_server {
            self.plan.want();
        }
        if changed.progress || by_local {
            self.account.want();
        }
    }

    /// What is wrong with the settings, once for each problem.
    pub(crate) fn new_settings_problem(&mut self, shared: &Shared) -> Option<String> {
        let problem = shared.mirror().settings_problem().map(str::to_owned);
        let is_new = problem != self.settings_problem;
        self.settings_problem.clone_from(&problem);
        problem.filter(|_| is_new).inspect(|problem| {
            tracing::error!(
                problem,
                "the settings cannot be read; the last good ones hold"
            );
        })
    }

    /// The faults that cannot be read, once for each problem.
    pub(crate) fn new_wrong_faults(&mut self, shared: &Shared) -> Vec<WrongFault> {
        let mirror = shared.mirror();
        let wrong = mirror.wrong_faults().cloned();
        let wrong: BTreeMap<_, _> = wrong.map(|one| (one.id.uid.clone(), one)).collect();
        let before = std::mem::replace(&mut self.wrong_faults, wrong);
        let all = self.wrong_faults.iter();
        let new = all.filter(|(uid, one)| before.get(*uid) != Some(one));
        new.map(|(_, one)| one.clone()).collect()
    }

    /// What is to be told of faults that were deleted.
    pub(crate) fn deleted(&mut self) -> Vec<(FaultId, Vec<News>)> {
        let gone = self.ledger.take_deleted().into_iter();
        gone.map(|fault| {
            let news = deleted(&fault.id.to_string(), &fault.status);
            (fault.id, news)
        })
        .collect()
    }

    /// Up to `room` writes to begin now.
    pub(crate) fn begin_jobs(&mut self, shared: &Shared, now: Moment, room: usize) -> Vec<Job> {
        self.ledger.begin_jobs(&shared.mirror(), now, room)
    }

    /// Notes how a write has ended.
    pub(crate) fn wrote(&mut self, shared: &Shared, job: Job, succeeded: bool, now: Moment) {
        self.ledger.wrote(&shared.mirror(), job, succeeded, now);
        self.account.want();
    }

    /// How long there is nothing to do if nothing happens.
    pub(crate) fn sleep(&self, now: Moment) -> Duration {
        let server = self.server_due.map(|due| due.duration_since(now.server));
        let server = server.and_then(|left| Duration::try_from(left).ok());
        let local = [
            self.local_due,
            self.plan.due(now.local),
            self.account.due(now.local),
        ];
        let local = local.into_iter().flatten();
        let local = local.map(|due| due.saturating_duration_since(now.local));
        let least = local.chain(server).min().unwrap_or(LONGEST_SLEEP);
        least.clamp(SHORTEST_SLEEP, LONGEST_SLEEP)
    }
}
