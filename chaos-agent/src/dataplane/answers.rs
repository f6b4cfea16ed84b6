//! Sending the answers that the hooks leave for user space.
//!
//! Who connects holds the lock of its socket while the SYN is on its way, and a socket that is locked
//! does not hear ICMP; where both ends are on one machine, that goes for the other end, too.

use std::{
    borrow::Cow,
    io::{self, PipeReader, PipeWriter},
    thread::{self, JoinHandle},
    time::Duration,
};

use aya::{
    maps::{MapData, RingBuf},
    programs::{SchedClassifier, TestRun, TestRunOptions},
};
use chaos_abi::{ActorAnswer, Pending, maps};
use rustix::event::{PollFd, PollFlags, poll};

use super::{
    Dataplane, DataplaneError,
    load::{classifier, marked, take},
};
use crate::inventory::Namespace;

/// How long who connects is given to let go of its socket.
const GRACE: Duration = Duration::from_micros(500);

/// The thread that sends them. It ends when this is dropped.
pub(super) struct Answering {
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A panic of it has been told, and there is nothing else to learn from it.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Dataplane {
    /// Sends what answers wait from now on, from inside `namespace`.
    pub fn send_answers(&mut self, namespace: &Namespace) -> Result<(), DataplaneError> {
        if self.answering.is_some() {
            return Ok(());
        }
        let actor = self.second_actor()?;
        let (stopped, stop) = io::pipe().map_err(DataplaneError::Answers)?;
        let pending = take(&mut self.ebpf, maps::PENDING)?;
        let thread = namespace.spawn(move || serve(pending, &actor, &stopped))?;
        self.answering = Some(Answering {
            stop: Some(stop),
            thread: Some(thread),
        });
        Ok(())
    }

    /// The actor, for another thread to run.
    fn second_actor(&mut self) -> Result<SchedClassifier, DataplaneError> {
        let name = maps::ACTOR;
        let actor = classifier(&mut self.ebpf, name)?;
        let second = actor
            .info()
            .and_then(|info| SchedClassifier::from_program_info(info, Cow::Borrowed(name)));
        second.map_err(|source| DataplaneError::Program {
            name,
            source: Box::new(source),
        })
    }
}

/// Sends what waits until the other end of the pipe is closed.
fn serve(mut pending: RingBuf<MapData>, actor: &SchedClassifier, stopped: &PipeReader) {
    loop {
        let mut awaited = [
            PollFd::new(&pending, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        // An interrupted wait is one that finds nothing.
        let _ = poll(&mut awaited, None);
        let [some, over] = awaited.map(|fd| !fd.revents().is_empty());
        if over {
            return;
        }
        if some {
            thread::sleep(GRACE);
        }
        while let Some(record) = pending.next() {
            if let Ok(answer) = bytemuck::try_pod_read_unaligned(&record) {
                send(actor, &answer);
            }
        }
    }
}

fn send(actor: &SchedClassifier, answer: &Pending) {
    let Some(frame) = answer.frame.get(..answer.length as usize) else {
        return;
    };
    let context = marked(answer.ifindex, answer.mark);
    let options = TestRunOptions {
        data_in: Some(frame),
        ctx_in: Some(&context),
        ..TestRunOptions::default()
    };
    let sent = actor.test_run(options).map(|run| run.return_value);
    let sent = sent.map(ActorAnswer::from_return);
    if !matches!(sent, Ok(Some((ActorAnswer::Sent, _)))) {
        log::warn!("an attempt was refused, and its answer could not be sent: {sent:?}");
    }
}
