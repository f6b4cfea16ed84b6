//! The line's thread: reads what the hooks hand over, holds it, writes it back when it is due.

use std::hint::spin_loop;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Duration;

use chaos_abi::{LINE_BEAT, LineHeader};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::entry::{Entry, HEADER};
use super::line::Line;
use super::wire::{OFFLOAD, View};
use super::{
    Ended, LineError, LineReport, LineRules,
    awake::Awake,
    device::{Device, QUEUE},
    pace::Pace,
};
use crate::dataplane::{DataplaneError, LineMaps};
use crate::inventory::boot_clock;

/// Frames that are read before others are written, and the other way round.
const BATCH: usize = 64;

/// The longest frame: 64 KiB of IP packet, its link header and tags.
const FRAME: usize = 66 * 1024;

/// Bytes that the way back puts in front of the network header: the tag that names the ticket.
const TAG: usize = 4;

/// How long it sleeps at the longest, in nanoseconds: before Linux 6.14 a wake-up could be lost
/// (`poll_wait` and `waitqueue_active` without a barrier between them).
const REST: u64 = 1_000_000_000;

/// Two MAC addresses.
const MACS: usize = 12;

/// What the thread is asked for.
#[derive(Debug)]
pub(super) enum Ask {
    /// Carry out other rules from now on; answered once they are in force.
    Renew(LineRules, Sender<()>),
    /// Tell what was done.
    Report(Sender<LineReport>),
}

/// The thread's belongings.
pub(super) struct Worker {
    device: Device,
    maps: LineMaps,
    line: Line,
    pace: Pace,
    awake: Awake,
    asks: Receiver<Ask>,
    /// Readable when something was asked.
    wake: OwnedFd,
    /// When it may next tell the hooks that it lives, in boot-clock nanoseconds.
    next_beat: u64,
    /// Whether it has read anything since it last did.
    owes: bool,
    buffer: Box<[u8]>,
}

/// Why the thread ends.
enum End {
    /// Nobody can ask any more.
    Unasked,
    /// The device or the maps do not work any more.
    Broken(LineError),
}

impl From<DataplaneError> for End {
    fn from(error: DataplaneError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Errno> for End {
    fn from(errno: Errno) -> Self {
        Self::Broken(match errno {
            // What tells of a TAP that is gone (`tun_get` of the kernel's tun.c).
            Errno::BADFD => LineError::Vanished,
            errno => LineError::Device(errno),
        })
    }
}

impl Worker {
    pub(super) fn new(
        device: Device,
        maps: LineMaps,
        line: Line,
        (asks, wake): (Receiver<Ask>, OwnedFd),
    ) -> Self {
        Self {
            device,
            maps,
            line,
            pace: Pace::set(boot_clock()),
            awake: Awake::new(),
            asks,
            wake,
            next_beat: 0,
            owes: true,
            buffer: vec![0; FRAME].into(),
        }
    }

    /// Works until nobody can ask any more; then sends what is held at once. Tells what ended it
    /// where that was something else.
    pub(super) fn run(mut self) -> Option<Ended> {
        let end = loop {
            if let Err(end) = self.turn() {
                break end;
            }
        };
        let _ = self.maps.answer(0);
        if let End::Broken(why) = end {
            let report = Some(self.report());
            return Some(Ended { why, report });
        }
        // What the hooks handed over before they learned of it.
        while self.read().is_ok_and(|more| more) {}
        self.line.renew(&LineRules::new());
        while self.send(boot_clock()).is_ok_and(|more| more) {}
        None
    }

    fn turn(&mut self) -> Result<(), End> {
        self.answer()?;
        let more = self.read()?;
        self.beat()?;
        let more = self.send(boot_clock())? || more;
        if !more {
            self.rest();
        }
        Ok(())
    }

    /// Tells the hooks that it lives where they may wait for that.
    fn beat(&mut self) -> Result<(), End> {
        let now = boot_clock();
        self.pace.look(now);
        if !self.owes || now < self.next_beat {
            return Ok(());
        }
        (self.next_beat, self.owes) = (now + LINE_BEAT, false);
        Ok(self.maps.answer(self.device.index())?)
    }

    fn answer(&mut self) -> Result<(), End> {
        loop {
            match self.asks.try_recv() {
                Ok(Ask::Renew(rules, done)) => {
                    // What was handed over before is met by the rules of before.
                    while self.read()? {}
                    self.line.renew(&rules);
                    while self.send(boot_clock())? {}
                    // Who asked may have given up.
                    let _ = done.send(());
                }
                Ok(Ask::Report(done)) => {
                    // What waits has come.
                    for _ in 0..=QUEUE as usize / BATCH {
                        if !self.read()? {
                            break;
                        }
                    }
                    let _ = done.send(self.report());
                }
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => return Err(End::Unasked),
            }
        }
    }

    fn report(&self) -> LineReport {
        let mut report = self.line.report(self.pace.schedule.clone());
        report.line.demoted = self.pace.demoted;
        report
    }

    /// Reads some frames; whether there may be more.
    fn read(&mut self) -> Result<bool, End> {
        for _ in 0..BATCH {
            let (mut offload, mut header) = ([0; OFFLOAD], [0; HEADER]);
            let mut parts = [
                IoSliceMut::new(&mut offload),
                IoSliceMut::new(&mut header),
                IoSliceMut::new(&mut self.buffer),
            ];
            let Some(bytes) = self.device.tun().read(&mut parts)? else {
                return Ok(false);
            };
            self.owes = true;
            let length = bytes.saturating_sub(OFFLOAD + HEADER);
            if let Some(entry) = Entry::read(&offload, &header, &mut self.buffer, length) {
                let frame = View {
                    bytes: &self.buffer[entry.range.clone()],
                    offload: entry.offload,
                };
                take(
                    &mut self.line,
                    (&self.device, &mut self.maps),
                    &entry.header,
                    &frame,
                )?;
            }
        }
        Ok(true)
    }

    /// Writes some of the frames that are due; whether there may be more.
    fn send(&mut self, now: u64) -> Result<bool, End> {
        for _ in 0..BATCH {
            let Some(held) = self.line.queue.take(now) else {
                return Ok(false);
            };
            let sent = write(&self.device, &held.frame.view(), held.ticket)?;
            self.line.count(sent);
        }
        Ok(true)
    }

    /// Waits until something is due or comes.
    fn rest(&mut self) {
        let due = self.line.queue.next_due().unwrap_or(u64::MAX);
        let now = boot_clock();
        let rise = due.saturating_sub(self.awake.wait());
        if rise <= now {
            while boot_clock() < due {
                spin_loop();
            }
            self.awake.waited(due.saturating_sub(now), now);
            return;
        }
        if self.sleep(rise, now) {
            self.awake.woke(boot_clock().saturating_sub(rise));
        }
    }

    /// Sleeps until a time, or until something comes before it; whether it slept so long. What is
    /// handed over wakes it only where that cannot wait, since waking takes longer than a packet.
    fn sleep(&mut self, rise: u64, now: u64) -> bool {
        let can_wait = self.line.can_wait(now);
        let is_awaited = self.owes || can_wait;
        let latest = if is_awaited {
            now + LINE_BEAT
        } else {
            now + REST
        };
        let until = Duration::from_nanos(rise.min(latest).saturating_sub(now));
        let until = Timespec::try_from(until).ok();
        let mut files = [
            PollFd::new(&self.wake, PollFlags::IN),
            PollFd::new(&self.device, PollFlags::IN),
        ];
        let watched = if can_wait { 1 } else { 2 };
        let woken = poll(&mut files[..watched], until.as_ref());
        if files[0].revents().contains(PollFlags::IN) {
            // Only to have it sleep again; a failed read costs a turn.
            let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        }
        woken == Ok(0) && rise <= latest
    }
}

/// Has the line take a frame, and writes what it does not hold.
fn take(
    line: &mut Line,
    (device, maps): (&Device, &mut LineMaps),
    header: &LineHeader,
    frame: &View<'_>,
) -> Result<(), End> {
    let queue = &line.queue;
    let is_held = |number| queue.holds_for(number);
    let told = |number, ticket| maps.ticket(number, ticket);
    let Some(ticket) = line.tickets.of(header, is_held, told)? else {
        line.count(false);
        return Ok(());
    };
    if line.take(header, frame, ticket, boot_clock()) {
        let sent = write(device, frame, ticket)?;
        line.count(sent);
    }
    Ok(())
}

/// Writes a frame with its ticket; whether the kernel took it.
fn write(device: &Device, frame: &View<'_>, ticket: u16) -> Result<bool, End> {
    let mut front = [0; MACS + TAG];
    front[..MACS].copy_from_slice(&frame.bytes[..MACS]);
    front[MACS..MACS + 2].copy_from_slice(&[0x81, 0x00]);
    front[MACS + 2..].copy_from_slice(&ticket.to_be_bytes());
    let offload = frame.offload.write(TAG);
    let parts = [
        IoSlice::new(&offload),
        IoSlice::new(&front),
        IoSlice::new(&frame.bytes[MACS..]),
    ];
    match device.tun().write(&parts) {
        Ok(()) => Ok(true),
        Err(Errno::BADFD) => Err(Errno::BADFD.into()),
        Err(_) => Ok(false),
    }
}
