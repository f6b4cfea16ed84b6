//! The backend that works wherever a TAP device does.

use std::os::fd::OwnedFd;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::{fmt, io};

use rustix::event::{EventfdFlags, eventfd};

use super::thread::{Ask, Worker};
use super::{Backend, Ended, LineError, LineReport, LineRules, device::Device, line::Line};
use crate::{
    dataplane::{Dataplane, ReturnLink},
    inventory::Namespace,
};

/// Bytes that one line holds at most; what comes then is dropped and counted.
const MEMORY: usize = 64 << 20;

/// A line through a TAP device. Dropping it sends on what is held and takes the device away.
pub struct Tap {
    device: u32,
    /// `None` once it is being dropped.
    asks: Option<Sender<Ask>>,
    wake: OwnedFd,
    thread: Option<JoinHandle<Option<Ended>>>,
    _link: ReturnLink,
}

impl Tap {
    /// Makes the device in `namespace` and starts the thread; no packet comes before a rule says so.
    pub fn start(dataplane: &mut Dataplane, namespace: &Namespace) -> Result<Self, LineError> {
        let device = Device::make(namespace)?;
        let link = namespace.enter(|| dataplane.attach_return(device.index()))??;
        let maps = dataplane.line_maps()?;
        let (asks, asked) = channel();
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let wake = wake.map_err(|errno| LineError::Thread(errno.into()))?;
        let woken = wake.try_clone().map_err(LineError::Thread)?;
        let index = device.index();
        let work = move || Worker::new(device, maps, Line::new(MEMORY), (asked, woken)).run();
        let thread = Builder::new().name("netfault-line".into()).spawn(work);
        Ok(Self {
            device: index,
            asks: Some(asks),
            wake,
            thread: Some(thread.map_err(LineError::Thread)?),
            _link: link,
        })
    }

    /// Asks the thread, and waits for its answer.
    fn ask<T>(&self, ask: impl FnOnce(Sender<T>) -> Ask) -> Result<T, LineError> {
        let (answer, answered) = channel();
        let asks = self.asks.as_ref().ok_or(LineError::Stopped)?;
        asks.send(ask(answer)).map_err(|_| LineError::Stopped)?;
        self.wake().map_err(LineError::Thread)?;
        answered.recv().map_err(|_| LineError::Stopped)
    }

    fn wake(&self) -> io::Result<()> {
        rustix::io::write(&self.wake, &1_u64.to_ne_bytes())?;
        Ok(())
    }
}

impl Backend for Tap {
    fn device(&self) -> u32 {
        self.device
    }

    fn renew(&mut self, rules: &LineRules) -> Result<(), LineError> {
        self.ask(|done| Ask::Renew(rules.clone(), done))
    }

    fn report(&self) -> Result<LineReport, LineError> {
        self.ask(Ask::Report)
    }

    fn ended(&mut self) -> Option<Ended> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        let told = thread.join().unwrap_or_default();
        Some(told.unwrap_or(Ended {
            why: LineError::Stopped,
            report: None,
        }))
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.asks = None;
        // Without it the thread would sleep on.
        let _ = self.wake();
        if let Some(thread) = self.thread.take() {
            // A panic there has been told already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap")
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
