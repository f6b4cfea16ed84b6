//! Real servers, in namespaces.

mod http;
mod http_pool;
mod nats;
mod redis;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

pub use http::{Ended, HttpServer};
pub use http_pool::{HttpPool, get_once};
pub use nats::{NatsConnection, NatsServer};
pub use redis::{RedisClient, RedisServer};

use super::process::Process;
use super::topology::Host;

/// How long a server may take to be ready on a busy machine.
const START: Duration = Duration::from_secs(10);

/// Starts a server with its output in `log`.
fn start(host: &Host, command: &mut Command, log: &Path) -> Process {
    let log = File::create(log).expect("a temporary directory can be written");
    let stderr = log.try_clone().expect("a descriptor can be duplicated");
    host.spawn(command.stdin(Stdio::null()).stdout(log).stderr(stderr))
}
