//! The holder of a namespace, in this process, another one, or a new one.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Error, Result, anyhow, bail};
use chaos_agent::{
    dataplane::Way,
    doctor,
    holder::{Client, Holder, HolderError, RunDir, clients},
    inventory::Namespace,
};

use crate::args::Target;

/// How long a holder waits for its first fault.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long to try again while one holder ends and another begins.
const TRIES: Duration = Duration::from_secs(5);

/// A holder in this process. Dropping it ends it: what is no link stays when the process ends.
pub(super) struct Holding {
    holder: Arc<Holder>,
    thread: Option<JoinHandle<Result<(), HolderError>>>,
}

impl Holding {
    fn start(holder: Holder) -> Self {
        let holder = Arc::new(holder);
        let other = Arc::clone(&holder);
        let thread = Some(thread::spawn(move || other.hold(PATIENCE)));
        Self { holder, thread }
    }

    /// Waits until it has ended: other faults may have joined it.
    pub(super) fn finish(mut self) -> Result<()> {
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(error.into()),
            Some(Err(_)) => bail!("the holder died"),
        }
    }

    /// Whether it has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.holder.let_go();
    }
}

/// Fails, on one line, where this machine cannot do it.
pub(super) fn ready() -> Result<()> {
    match doctor::quick().into_iter().find(|check| !check.ok) {
        None => Ok(()),
        Some(check) => bail!("{check}"),
    }
}

/// What the first holder answers that knows of what it is asked; `None` where none does.
pub(super) fn first<T>(
    mut ask: impl FnMut(&mut Client) -> Result<Option<T>, HolderError>,
) -> Result<Option<T>> {
    for mut client in clients(&RunDir::of_env())? {
        match ask(&mut client) {
            Ok(None) | Err(HolderError::Gone) => {}
            outcome => return Ok(outcome?),
        }
    }
    Ok(None)
}

/// Reaches the target's holder, or becomes it: `attempt` is made with each, until one takes it.
pub(super) fn with_holder<T>(
    target: &Target,
    trace: bool,
    mut attempt: impl FnMut(Client) -> Result<T, HolderError>,
) -> Result<(T, Option<Holding>)> {
    let dir = RunDir::of_env();
    let until = Instant::now() + TRIES;
    loop {
        let target = super::target(target)?;
        let namespace = Namespace::find(&target)?;
        let inode = namespace.inode();
        let holder = Holder::claim(&dir, namespace, &target, trace)?;
        let holding = holder.map(Holding::start);
        if let Some(client) = Client::of(&dir, inode)? {
            match attempt(client) {
                Ok(done) => return Ok((done, holding)),
                Err(HolderError::Gone) if Instant::now() < until => {}
                Err(error) => return Err(error.into()),
            }
        } else if Instant::now() >= until {
            return Err(silent(&dir, &target.to_string()));
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Reaches the target's holder, or starts one in the background: `attempt` is made with each, until
/// one takes it.
pub(super) fn with_other_holder<T>(
    target: &Target,
    mut attempt: impl FnMut(&mut Client) -> Result<T, HolderError>,
) -> Result<T> {
    let dir = RunDir::of_env();
    let named = super::target(target)?;
    let inode = Namespace::find(&named)?.inode();
    let until = Instant::now() + TRIES;
    loop {
        if let Some(mut client) = Client::of(&dir, inode)? {
            match attempt(&mut client) {
                Ok(done) => return Ok(done),
                Err(HolderError::Gone) if Instant::now() < until => {}
                Err(error) => return Err(error.into()),
            }
        } else if Instant::now() >= until {
            return Err(silent(&dir, &named.to_string()));
        }
        start(target)?;
    }
}

/// Why there is no holder to talk to although there is a lock.
fn silent(dir: &RunDir, target: &str) -> Error {
    match Client::of_agent(dir) {
        Ok(Some(_)) => anyhow!(
            "{target} is under a fault of the cluster: ask for another one there, or end it first \
             (`netfault list` shows it)"
        ),
        _ => anyhow!("the holder of {target} does not answer"),
    }
}

/// Starts a holder in the background, unless the target has one.
fn start(target: &Target) -> Result<()> {
    let mut command = Command::new(env::current_exe().context("cannot find this program")?);
    command
        .arg("hold")
        .args(target.words().into_iter().flatten())
        .args(["--attach", &Way::of_kernel()?.to_string()]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut holder = command
        .spawn()
        .context("cannot start a background process")?;
    let mut said = String::new();
    if let Some(stdout) = holder.stdout.take() {
        BufReader::new(stdout).read_line(&mut said)?;
    }
    if said.is_empty() {
        let output = holder.wait_with_output()?;
        let why = String::from_utf8_lossy(&output.stderr);
        bail!("{}", why.trim().trim_start_matches("error: "));
    }
    Ok(())
}
