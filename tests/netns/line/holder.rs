//! An engine in a process of its own, so that it can be killed: this program again.

use std::env;
use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use chaos_agent::dataplane::Way;

use super::engine::{Line, constant};

/// Names the namespace to a process that is to hold it.
const HOLD: &str = "NETFAULT_TEST_HOLD";

/// The delay that it is given, in milliseconds.
const DELAY: &str = "NETFAULT_TEST_DELAY";

/// Names the way to attach to it.
const ATTACH: &str = "NETFAULT_TEST_ATTACH";

/// A process that holds what a namespace sends; dropping it kills it.
pub(crate) struct Holder {
    child: Child,
    _ready: ChildStdout,
}

impl Holder {
    /// Starts it, and waits until its fault is in force.
    pub(crate) fn start(namespace: &str, delay: Duration) -> Self {
        Self::attaching(None, namespace, delay)
    }

    /// The same, attached in a way of the caller's choice.
    pub(crate) fn attaching(way: Option<Way>, namespace: &str, delay: Duration) -> Self {
        let mut child = Command::new(env::current_exe().expect("this program is a file"))
            .env(HOLD, namespace)
            .env(DELAY, delay.as_millis().to_string())
            .envs(way.map(|way| (ATTACH, way.to_string())))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("this program starts again");
        let mut ready = child.stdout.take().expect("it is piped");
        ready
            .read_exact(&mut [0])
            .expect("it says when it is ready");
        Self {
            child,
            _ready: ready,
        }
    }

    /// Kills it: it has no time to clear anything away.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it lives");
        self.child.wait().expect("it is a child");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Is the holder where this process is to be one; then never returns.
pub(crate) fn hold() {
    let Ok(namespace) = env::var(HOLD) else {
        return;
    };
    if env::var(ATTACH).is_ok_and(|way| way == Way::Clsact.to_string()) {
        Way::Clsact.insist();
    }
    let delay = env::var(DELAY).ok().and_then(|delay| delay.parse().ok());
    let delay = Duration::from_millis(delay.expect("the delay is a number"));
    let line = Line::open(&namespace);
    line.inject("held", "traffic: {direction: Egress}", &constant(delay));
    print!(".");
    std::io::stdout().flush().expect("who started it listens");
    loop {
        sleep(Duration::from_secs(1));
    }
}
