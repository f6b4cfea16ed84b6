//! The holder's side of the socket.

use std::{
    fs::{self, File, Permissions},
    io::BufReader,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    panic,
    path::{Path, PathBuf},
    process,
    sync::{Arc, Once},
    thread,
    time::Duration,
};

use chaos_api::Receipt;
use chaos_plan::Spare;

use super::{
    HolderError, RunDir,
    protocol::{Reply, Request, hear, say},
    run_dir::at,
    shared::Shared,
};
use crate::{
    engine::{Engine, EngineError, Order},
    inventory::{Namespace, Target},
};

/// A namespace's holder. Dropping it detaches the programs and takes its socket away.
pub struct Holder {
    shared: Arc<Shared>,
    socket: PathBuf,
    _lock: File,
}

impl Holder {
    /// Becomes the holder of `namespace`: attaches the programs and listens. `None` where another
    /// process is.
    pub fn claim(
        dir: &RunDir,
        namespace: Namespace,
        target: &Target,
        trace: bool,
    ) -> Result<Option<Self>, HolderError> {
        dir.make()?;
        die_on_panic();
        let inode = namespace.inode();
        let Some(lock) = dir.lock(inode)? else {
            return Ok(None);
        };
        let engine = Engine::open(namespace, target, trace)?;
        let shared = Arc::new(Shared::new(dir.clone(), engine));
        let socket = dir.socket(inode);
        listen(&socket, &shared)?;
        Ok(Some(Self {
            shared,
            socket,
            _lock: lock,
        }))
    }

    /// Holds: `patience` for the first fault to come, then until none is in force.
    pub fn hold(&self, patience: Duration) -> Result<(), HolderError> {
        self.shared.keep(patience)
    }

    /// Lets all packets pass, and takes no fault any more: the process is about to end, which would
    /// not detach what is no link.
    pub fn let_go(&self) {
        self.shared.let_go();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.let_go();
        // Nobody can be told, and the next holder removes what is left.
        let _ = fs::remove_file(&self.socket);
    }
}

/// A socket for its owner alone, at a path whose lock the caller holds.
pub(crate) fn bind(socket: &Path) -> Result<UnixListener, HolderError> {
    if socket.exists() {
        // We hold the lock, so the one who made it is dead.
        fs::remove_file(socket).map_err(at(socket))?;
    }
    let listener = UnixListener::bind(socket).map_err(at(socket))?;
    fs::set_permissions(socket, Permissions::from_mode(0o600)).map_err(at(socket))?;
    Ok(listener)
}

/// Listens in the background, with a thread for each connection.
fn listen(socket: &Path, shared: &Arc<Shared>) -> Result<(), HolderError> {
    let listener = bind(socket)?;
    let shared = Arc::clone(shared);
    spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            // Without a thread the connection closes, which its other side takes for a refusal.
            let _ = spawn(move || serve(&shared, stream));
        }
    })
    .map_err(at(socket))
}

/// A panic of any thread ends this process: a dead holder lets traffic flow, a half-alive one might
/// not.
pub(crate) fn die_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            tell(info);
            process::abort();
        }));
    });
}

fn spawn(work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new().spawn(work).map(drop)
}

/// Answers one connection until it ends.
fn serve(shared: &Arc<Shared>, mut stream: UnixStream) {
    let Ok(reading) = stream.try_clone() else {
        return;
    };
    let mut requests = BufReader::new(reading);
    while let Ok(Some(request)) = hear(&mut requests) {
        let _answering = shared.answering();
        let (reply, watched) = answer(shared, request);
        if say(&mut stream, &reply).is_err() {
            if let Some(name) = watched {
                let _ = shared.stop(&name);
            }
            return;
        }
        if let Some(name) = watched {
            return watch(shared, &name, requests, stream);
        }
    }
}

/// Tells when a fault has ended, and ends it when the other side asks for it or goes away.
fn watch(
    shared: &Arc<Shared>,
    name: &str,
    mut requests: BufReader<UnixStream>,
    mut to: UnixStream,
) {
    let (other, fault) = (Arc::clone(shared), name.to_owned());
    let listening = spawn(move || {
        let _ = hear::<Request>(&mut requests);
        let _ = other.stop(&fault);
    });
    if listening.is_err() {
        let _ = shared.stop(name);
    }
    let receipt = shared.wait(name);
    let _ = say(&mut to, &Reply::Ended(Box::new(receipt)));
}

/// The reply to a request, and the name of the fault that the connection watches from now on.
fn answer(shared: &Shared, request: Request) -> (Reply, Option<String>) {
    match request {
        Request::List => (reply(shared.list(), Reply::Faults), None),
        Request::Stop { name } => {
            let stopped = shared.stop(&name).map(|receipt| match receipt {
                Some(receipt) => Reply::Ended(Box::new(receipt)),
                None => Reply::Unknown(name),
            });
            (reply(stopped, |reply| reply), None)
        }
        Request::Edit { name, change } => {
            let edited = shared.edit(&name, &change).map(|receipt| match receipt {
                Some(receipt) => Reply::InForce(Box::new(receipt)),
                None => Reply::Unknown(name),
            });
            (reply(edited, |reply| reply), None)
        }
        Request::Inject {
            name,
            spec,
            seed,
            watch,
        } => {
            let order = Order {
                name: name.clone(),
                spec: *spec,
                seed,
                spare: Spare::default(),
            };
            let injected = shared.inject(order);
            let watched = (watch && matches!(injected, Ok(Some(_)))).then_some(name);
            let in_force = |receipt: Option<Receipt>| match receipt {
                Some(receipt) => Reply::InForce(Box::new(receipt)),
                None => Reply::Closing,
            };
            (reply(injected, in_force), watched)
        }
    }
}

fn reply<T>(result: Result<T, EngineError>, reply: impl FnOnce(T) -> Reply) -> Reply {
    result.map_or_else(|error| Reply::Refused(error.to_string()), reply)
}
