//! Boots one kernel in QEMU and reads what its tests say.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::initramfs::END_MARKER;
use crate::{
    process::{self, End},
    progress::seconds,
    setup::kernels::Kernel,
    test::{Ended, Feed},
};

/// No reboot after a panic, an oops is a panic, and no time lost on what emulation makes slow.
const KERNEL_LINE: &str =
    "console=ttyS0 loglevel=4 panic=-1 oops=panic mitigations=off nokaslr random.trust_cpu=on";

/// How much of the kernel's messages is shown when a machine stopped too early.
const SHOWN_LINES: usize = 60;

/// A virtual machine.
pub(crate) struct Machine {
    /// What it boots.
    pub(crate) kernel: Kernel,
    /// The archive with the system that it runs.
    pub(crate) initramfs: PathBuf,
    /// Where the kernel's messages go.
    pub(crate) console: PathBuf,
}

impl Machine {
    /// Boots, and feeds the tests' output to the report until the machine is off.
    pub(crate) fn run(&self, mut feed: Feed, bound: Duration) -> Result<()> {
        let start = Instant::now();
        let mut status = None;
        let end = process::lines(&mut self.qemu(), bound, |line| {
            match line.strip_prefix(END_MARKER) {
                Some(code) => status = Some(code.to_owned()),
                None => feed.line(line),
            }
        })?;
        let ended = match (end, status.as_deref()) {
            (End::OutOfTime, _) => Ended::Cut(format!("killed after {} s", bound.as_secs())),
            (_, None) => Ended::Cut("the machine stopped before the tests ended".to_owned()),
            (_, Some("0")) => Ended::Well,
            (_, Some(code)) => Ended::Badly(format!("the tests ended with status {code}")),
        };
        if matches!(ended, Ended::Cut(_)) {
            self.show_console();
        }
        feed.finish(ended);
        println!(
            "    (kernel {}: {})",
            self.kernel.release,
            seconds(start.elapsed())
        );
        Ok(())
    }

    fn qemu(&self) -> Command {
        let mut qemu = Command::new("qemu-system-x86_64");
        // Emulation, since machines that are virtual themselves rarely have a KVM that works.
        qemu.args([
            "-machine",
            "accel=tcg",
            "-cpu",
            "max",
            "-smp",
            "2",
            "-m",
            "1024",
        ])
        .args([
            "-display",
            "none",
            "-monitor",
            "none",
            "-nic",
            "none",
            "-no-reboot",
        ])
        .arg("-serial")
        .arg(format!("file:{}", self.console.display()))
        .args(["-serial", "stdio"])
        .arg("-kernel")
        .arg(&self.kernel.image)
        .arg("-initrd")
        .arg(&self.initramfs)
        .args(["-append", KERNEL_LINE]);
        qemu
    }

    fn show_console(&self) {
        let text = fs::read(&self.console).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        println!(
            "    the last kernel messages, from {}:",
            self.console.display()
        );
        for line in &lines[lines.len().saturating_sub(SHOWN_LINES)..] {
            println!("    {line}");
        }
    }
}
