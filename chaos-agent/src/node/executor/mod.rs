//! The thread that owns the engines. It renews their leases and notices what ends; what the ledger
//! says is to be done in a pod is done on a thread of that pod's own, which borrows its engine. So
//! no amount of work, and nothing that waits for the API server, lets a lease run out.

mod command;
mod job;
mod preview;
mod reach;
mod refusal;
mod rounds;
mod stock;
mod tell;
mod ticks;

use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use chaos_api::EndReason;
use tokio::sync::watch;

pub(super) use command::{Account, Command};

use self::stock::Stock;
use super::{api::Clock, health::Health, ledger::Ledger, mark::Mark, metrics::Metrics};
use crate::{
    engine::{Engine, TICK},
    holder::RunDir,
    inventory::boot_clock,
};

/// How long it sleeps at most, so that its health can be told.
const BEAT: Duration = Duration::from_secs(1);

/// How long work that has begun may take when everything ends.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the executor works with.
pub(super) struct Tools {
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
    pub(super) metrics: Metrics,
    /// Where final receipts are kept.
    pub(super) run_dir: RunDir,
    /// Where it is marked that faults are held.
    pub(super) mark: Mark,
}

/// An engine, and when it was ticked last, on the boot clock.
struct Held {
    engine: Engine,
    ticked: u64,
}

/// The executor's state.
struct Executor {
    tools: Tools,
    ledger: Ledger,
    commands: Receiver<Command>,
    to_self: Sender<Command>,
    accounts: watch::Sender<Option<Account>>,
    /// By the pod's UID; that of a pod in which something is being done is there.
    engines: BTreeMap<String, Held>,
    work: rounds::Work,
    stock: Stock,
    /// The node's own addresses.
    own: Arc<[IpAddr]>,
    unreadable: Option<String>,
    telling: tell::Telling,
    /// When the mark was made last, on the boot clock.
    marked: u64,
}

/// Starts the executor; it ends when it is told to leave, and lets go of everything.
pub(super) fn start(
    tools: Tools,
    ledger: Ledger,
) -> io::Result<(Sender<Command>, watch::Receiver<Option<Account>>)> {
    let (to_self, commands) = channel();
    let (accounts, told) = watch::channel(None);
    let executor = Executor {
        tools,
        ledger,
        commands,
        to_self: to_self.clone(),
        accounts,
        engines: BTreeMap::new(),
        work: rounds::Work::default(),
        stock: Stock::new(),
        own: Arc::default(),
        unreadable: None,
        telling: tell::Telling::default(),
        marked: 0,
    };
    let thread = thread::Builder::new().name("executor".into());
    thread.spawn(move || executor.run())?;
    Ok((to_self, told))
}

impl Executor {
    fn run(mut self) {
        loop {
            self.tools.health.beat();
            self.round();
            self.tick();
            self.mark();
            self.look();
            self.tell();
            self.stock.refill();
            if self.listen() {
                return self.leave();
            }
        }
    }

    /// Takes the commands that come until there is something to do; whether it is time to leave.
    fn listen(&mut self) -> bool {
        let mut command = match self.commands.recv_timeout(self.pause()) {
            Ok(command) => command,
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        };
        loop {
            if self.obey(command) {
                return true;
            }
            match self.commands.try_recv() {
                Ok(next) => command = next,
                Err(_) => return false,
            }
        }
    }

    /// Does as it is told; whether it is time to leave.
    fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Plan(plan) => {
                self.own = reach::own_addresses().into();
                self.unreadable = None;
                self.ledger.plan(plan.map(|plan| *plan));
            }
            Command::Unreadable(why) => self.unreadable = Some(why),
            Command::Halt(halted) => self.ledger.halt(halted),
            // Who asked may have gone; the next one is heard all the same.
            Command::List(answer) => drop(answer.send(self.list())),
            Command::Stop(name, answer) => self.stop(&name, answer),
            Command::Done(done) => self.done(*done),
            Command::Leave => return true,
        }
        self.telling.changed = true;
        false
    }

    /// How long there is nothing to do.
    fn pause(&self) -> Duration {
        let now = boot_clock();
        if !self.work.full && !self.ledger.due(now).is_empty() {
            return Duration::ZERO;
        }
        let deadlines = self
            .engines
            .values()
            .filter_map(|h| h.engine.next_deadline());
        let due = self.ledger.next_due().filter(|_| !self.work.full);
        let next = deadlines.chain(due).chain(self.stock.due()).min();
        let next = next.map_or(BEAT, |at| Duration::from_nanos(at.saturating_sub(now)));
        let most = if self.engines.is_empty() { BEAT } else { TICK };
        next.clamp(Duration::from_millis(1), most)
    }

    /// Ends everything, and tells of it.
    fn leave(mut self) {
        self.finish();
        self.stop_all(EndReason::AgentRestarted);
        self.engines.clear();
        self.telling.leaving = true;
        self.telling.changed = true;
        self.tell();
    }

    /// Waits for what is being done, but not for long: the end of the process ends it, too.
    fn finish(&mut self) {
        let until = Instant::now() + PATIENCE;
        while self.ledger.is_busy() {
            let left = until.saturating_duration_since(Instant::now());
            match self.commands.recv_timeout(left) {
                Ok(Command::Done(done)) => self.done(*done),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}
