//! Services that are started again when they end, as on a machine with a service manager.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use super::spec::{Service, Spec};

/// How often services are looked at.
const TICK: Duration = Duration::from_millis(100);

/// How long after its end a service is started again.
const PAUSE: Duration = Duration::from_secs(1);

/// A service, and the process that is it now.
struct Slot<'a> {
    service: &'a Service,
    process: Option<Pid>,
    not_before: Instant,
}

/// Keeps the services running until the machine is ended.
pub(super) fn run(spec: &Spec) -> ! {
    let mut slots: Vec<Slot> = spec.services.iter().map(Slot::new).collect();
    loop {
        collect(&mut slots);
        for slot in &mut slots {
            if let Err(error) = slot.step(&spec.search_path) {
                eprintln!("{}: {error:#}", slot.service.name);
                slot.not_before = Instant::now() + PAUSE;
            }
        }
        thread::sleep(TICK);
    }
}

/// Takes note of services that ended, and buries what lost its parent.
fn collect(slots: &mut [Slot]) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if let Some(slot) = slots.iter_mut().find(|slot| slot.process == Some(pid)) {
            eprintln!("{}: ended: {status:?}", slot.service.name);
            slot.process = None;
            slot.not_before = Instant::now() + PAUSE;
        }
    }
}

impl<'a> Slot<'a> {
    fn new(service: &'a Service) -> Self {
        Self {
            service,
            process: None,
            not_before: Instant::now(),
        }
    }

    /// Starts the service if it should run, ends it if it should not.
    fn step(&mut self, search_path: &str) -> Result<()> {
        let held = self.service.hold.exists();
        match self.process {
            Some(pid) if held => {
                kill_process(pid, Signal::KILL).context("could not end it")?;
            }
            None if !held && Instant::now() >= self.not_before && self.is_ready() => {
                self.process = Some(start(self.service, search_path)?);
                eprintln!("{}: started", self.service.name);
            }
            _ => {}
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        self.service.after.iter().all(|file| file.exists())
    }
}

fn start(service: &Service, search_path: &str) -> Result<Pid> {
    if let Some(dir) = service.log.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&service.log)?;
    writeln!(
        log,
        "--- start: {} {}",
        service.name,
        service.args.join(" ")
    )?;
    let child = Command::new(&service.program)
        .args(&service.args)
        .env("PATH", search_path)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("could not start {}", service.program.display()))?;
    Ok(Pid::from_child(&child))
}
