//! The other side of a holder's socket.

use std::{
    io::{self, BufReader},
    os::unix::net::UnixStream,
    path::Path,
};

use chaos_api::{Change, Receipt};

use super::{
    HolderError, RunDir,
    protocol::{Reply, Request, hear, say},
    run_dir::at,
};
use crate::engine::Order;

/// A connection to a holder.
pub struct Client {
    replies: BufReader<UnixStream>,
    stream: UnixStream,
}

/// A connection on which a fault was brought into force: the fault ends with it.
pub struct Watch {
    client: Client,
    name: String,
}

/// Connections to all holders that live.
pub fn clients(dir: &RunDir) -> Result<Vec<Client>, HolderError> {
    let sockets = dir.sockets()?;
    let clients = sockets
        .iter()
        .filter_map(|socket| Client::open(socket).transpose());
    clients.collect()
}

impl Client {
    /// A connection to the holder of the namespace with this inode; `None` where there is none.
    pub fn of(dir: &RunDir, inode: u64) -> Result<Option<Self>, HolderError> {
        Self::open(&dir.socket(inode))
    }

    /// A connection to the agent of this machine; `None` where there is none.
    pub fn of_agent(dir: &RunDir) -> Result<Option<Self>, HolderError> {
        Self::open(&dir.agent_socket())
    }

    fn open(socket: &Path) -> Result<Option<Self>, HolderError> {
        let stream = match UnixStream::connect(socket) {
            Ok(stream) => stream,
            Err(error) if is_dead(&error) => return Ok(None),
            Err(error) => return Err(at(socket)(error)),
        };
        let reading = stream.try_clone().map_err(at(socket))?;
        Ok(Some(Self {
            replies: BufReader::new(reading),
            stream,
        }))
    }

    /// The receipts of the faults in force.
    pub fn list(&mut self) -> Result<Vec<Receipt>, HolderError> {
        match self.ask(&Request::List)? {
            Reply::Faults(receipts) => Ok(receipts),
            reply => Err(unexpected(reply)),
        }
    }

    /// Ends a fault; its final receipt, or `None` where none of that name is in force.
    pub fn stop(&mut self, name: &str) -> Result<Option<Receipt>, HolderError> {
        match self.ask(&Request::Stop { name: name.into() })? {
            Reply::Ended(receipt) => Ok(Some(*receipt)),
            Reply::Unknown(_) => Ok(None),
            reply => Err(unexpected(reply)),
        }
    }

    /// Changes a fault in force; its receipt, or `None` where none of that name is in force.
    pub fn edit(&mut self, name: &str, change: Change) -> Result<Option<Receipt>, HolderError> {
        let name = name.into();
        match self.ask(&Request::Edit {
            name,
            change: Box::new(change),
        })? {
            Reply::InForce(receipt) => Ok(Some(*receipt)),
            Reply::Unknown(_) => Ok(None),
            reply => Err(unexpected(reply)),
        }
    }

    /// Brings a fault into force, to last as long as the holder keeps it.
    pub fn inject(&mut self, order: Order) -> Result<Receipt, HolderError> {
        self.bring(order, false)
    }

    /// Brings a fault into force, to last no longer than this connection.
    pub fn inject_and_watch(mut self, order: Order) -> Result<(Receipt, Watch), HolderError> {
        let name = order.name.clone();
        let receipt = self.bring(order, true)?;
        Ok((receipt, Watch { client: self, name }))
    }

    fn bring(&mut self, order: Order, watch: bool) -> Result<Receipt, HolderError> {
        let request = Request::Inject {
            name: order.name,
            spec: Box::new(order.spec),
            seed: order.seed,
            watch,
        };
        match self.ask(&request)? {
            Reply::InForce(receipt) => Ok(*receipt),
            reply => Err(unexpected(reply)),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, HolderError> {
        say(&mut self.stream, request)?;
        hear(&mut self.replies)?.ok_or(HolderError::Gone)
    }
}

impl Watch {
    /// What ends the fault from another thread.
    pub fn stopper(&self) -> io::Result<impl FnMut() + Send + 'static> {
        let mut stream = self.client.stream.try_clone()?;
        let request = Request::Stop {
            name: self.name.clone(),
        };
        Ok(move || {
            // Where it cannot be said, the holder is gone, and the fault with it.
            let _ = say(&mut stream, &request);
        })
    }

    /// Waits until the fault has ended.
    pub fn wait(mut self) -> Result<Receipt, HolderError> {
        match hear(&mut self.client.replies)?.ok_or(HolderError::Gone)? {
            Reply::Ended(receipt) => Ok(*receipt),
            reply => Err(unexpected(reply)),
        }
    }
}

fn unexpected(reply: Reply) -> HolderError {
    match reply {
        Reply::Refused(why) => HolderError::Refused(why),
        Reply::Unknown(name) => HolderError::Unknown(name),
        Reply::Closing => HolderError::Gone,
        reply => HolderError::Foreign(format!("{reply:?}")),
    }
}

/// Whether a socket's holder is gone: nobody listens, or the file went meanwhile.
fn is_dead(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, NotFound};
    matches!(error.kind(), ConnectionRefused | NotFound)
}
