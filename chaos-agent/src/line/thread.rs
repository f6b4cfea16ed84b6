//! The line's thread: reads what the hooks hand over, holds it, writes it back when it is due.

use std::hint::spin_loop;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};

use chaos_abi::{LINE_BEAT, LineHeader};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::entry::{Entry, HEADER};
use super::line::Line;
use super::wire::{OFFLOAD, View};
use super::{LineReport, LineRules, device::Device, pace::Pace};
use crate::dataplane::LineMaps;
use crate::inventory::boot_clock;

/// Frames that are read before others are written, and the other way round.
const BATCH: usize = 64;

/// The longest frame: 64 KiB of IP packet, its link header and tags.
const FRAME: usize = 66 * 1024;

/// Bytes that the way back puts in front of the network header: the tag that names the ticket.
const TAG: usize = 4;

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
    asks: Receiver<Ask>,
    /// Readable when something was asked.
    wake: OwnedFd,
    /// When the next sign of life is due, in boot-clock nanoseconds.
    next_beat: u64,
    buffer: Box<[u8]>,
}

/// Why the thread ends.
enum End {
    /// Nobody can ask any more.
    Unasked,
    /// The device or the maps are gone.
    Broken,
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
            asks,
            wake,
            next_beat: 0,
            buffer: vec![0; FRAME].into(),
        }
    }

    /// Works until nobody can ask any more; then sends what is held at once.
    pub(super) fn run(mut self) {
        let end = loop {
            if let Err(end) = self.turn() {
                break end;
            }
        };
        let _ = self.maps.beat(0, 0);
        if let End::Unasked = end {
            // What the hooks handed over before they learned of it.
            while self.read().is_ok_and(|more| more) {}
            self.line.renew(&LineRules::new());
            while self.send(boot_clock()).is_ok_and(|more| more) {}
        }
    }

    fn turn(&mut self) -> Result<(), End> {
        self.beat()?;
        self.answer()?;
        let more = self.read()?;
        let more = self.send(boot_clock())? || more;
        if !more {
            self.rest();
        }
        Ok(())
    }

    /// Gives a sign of life where it is time to.
    fn beat(&mut self) -> Result<(), End> {
        let now = boot_clock();
        if now < self.next_beat {
            return Ok(());
        }
        self.next_beat = now + LINE_BEAT;
        self.pace.look(now);
        let beat = self.maps.beat(self.device.index(), now);
        beat.map_err(|_| End::Broken)
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
            let bytes = match self.device.tun().read(&mut parts) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(false),
                Err(_) => return Err(End::Broken),
            };
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

    /// Sleeps until something is due or comes.
    fn rest(&mut self) {
        let due = self.line.queue.next_due().unwrap_or(u64::MAX);
        let now = boot_clock();
        let awake = due.saturating_sub(self.pace.spin());
        if awake <= now {
            while boot_clock() < due {
                spin_loop();
            }
            self.pace.note_spin(due.saturating_sub(now));
            return;
        }
        let until = awake.min(self.next_beat).saturating_sub(now);
        let time = Timespec {
            tv_sec: 0,
            // A sign of life is due within milliseconds.
            tv_nsec: until.min(LINE_BEAT).cast_signed(),
        };
        let mut files = [
            PollFd::new(&self.device, PollFlags::IN),
            PollFd::new(&self.wake, PollFlags::IN),
        ];
        let woken = poll(&mut files, Some(&time));
        if woken.is_ok() && files[1].revents().contains(PollFlags::IN) {
            // Only to have it sleep again; a failed read costs a turn.
            let _ = rustix::io::read(&self.wake, &mut [0; 8]);
        }
    }
}

/// Has the line take a frame, and writes what it does not hold.
fn take(
    line: &mut Line,
    (device, maps): (&Device, &mut LineMaps),
    header: &LineHeader,
    frame: &View<'_>,
) -> Result<(), End> {
    let ticket = line.tickets.of(maps, header).map_err(|_| End::Broken)?;
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
        Err(Errno::BADFD) => Err(End::Broken),
        Err(_) => Ok(false),
    }
}
