//! The agent's socket on its node: what is in force, and ending it, without the API server.

use std::{
    fs::{self, File},
    io::BufReader,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::mpsc::{Sender, channel},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

use super::executor::Command;
use crate::holder::{
    RunDir, bind,
    protocol::{Reply, Request, hear, say},
};

/// How long an agent that is ending may keep a new one waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether it has ended.
const AGAIN: Duration = Duration::from_millis(100);

/// The place of one agent on its node. Dropping it takes the socket away.
pub(super) struct Seat {
    socket: PathBuf,
    _lock: File,
}

impl Seat {
    /// Takes the node's only place for an agent; waits a while for one that is ending.
    pub(super) async fn take(dir: &RunDir) -> Result<Self> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(lock) = dir.lock_agent()? {
                return Ok(Self {
                    socket: dir.agent_socket(),
                    _lock: lock,
                });
            }
            if Instant::now() >= until {
                bail!("another netfault-agent runs on this node");
            }
            sleep(AGAIN).await;
        }
    }

    /// Listens in the background.
    pub(super) fn listen(&self, commands: Sender<Command>) -> Result<()> {
        let listener = bind(&self.socket)?;
        thread::Builder::new()
            .name("socket".into())
            .spawn(move || serve_all(&listener, &commands))
            .context("cannot start a thread")?;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Nobody can be told, and the next agent removes what is left.
        let _ = fs::remove_file(&self.socket);
    }
}

fn serve_all(listener: &UnixListener, commands: &Sender<Command>) {
    for stream in listener.incoming().flatten() {
        let commands = commands.clone();
        let serve = move || serve(stream, &commands);
        // Without a thread the connection closes, which its other side takes for a refusal.
        let _ = thread::Builder::new().name("client".into()).spawn(serve);
    }
}

/// Answers one connection until it ends.
fn serve(mut stream: UnixStream, commands: &Sender<Command>) {
    let Ok(reading) = stream.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(reading);
    while let Ok(Some(request)) = hear(&mut requests) {
        if say(&mut stream, &answer(commands, request)).is_err() {
            return;
        }
    }
}

fn answer(commands: &Sender<Command>, request: Request) -> Reply {
    match request {
        Request::List => ask(commands, Command::List).map_or(Reply::Closing, Reply::Faults),
        Request::Stop { name } => {
            let stop = |answer| Command::Stop(name.clone(), answer);
            match ask(commands, stop) {
                Some(Some(receipt)) => Reply::Ended(Box::new(receipt)),
                Some(None) => Reply::Unknown(name),
                None => Reply::Closing,
            }
        }
        Request::Edit { name, .. } => {
            let why = format!("{name} is the cluster's: edit it there, with a kubeconfig");
            Reply::Refused(why)
        }
        Request::Inject { .. } => {
            let why = "the node's agent takes faults from the API server only";
            Reply::Refused(why.into())
        }
    }
}

/// Asks the executor; nothing when it has ended.
fn ask<T>(commands: &Sender<Command>, command: impl FnOnce(Sender<T>) -> Command) -> Option<T> {
    let (sender, receiver) = channel();
    commands.send(command(sender)).ok()?;
    receiver.recv().ok()
}
