//! Boots one kernel in QEMU and hands on what its tests say.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    process::{self, End},
    setup::kernels::Kernel,
};

/// No reboot after a panic, an oops is a panic, and no time lost on what emulation makes slow: reading
/// the HPET, which the kernel would choose since it does not trust an emulated TSC, leaves the machine.
const KERNEL_LINE: &str = "console=ttyS0 loglevel=4 panic=-1 oops=panic mitigations=off nokaslr \
                           random.trust_cpu=on clocksource=tsc tsc=reliable";

/// How much of the kernel's messages is shown when a machine stopped too early.
const SHOWN_LINES: usize = 60;

/// By what a machine's time goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// By the host's. Two cores.
    Host,
    /// An instruction takes a nanosecond, and waiting none of the host's time. However busy the host
    /// is, what runs in the machine is as quick as ever. One core, since QEMU counts on one thread.
    Instructions,
}

/// A virtual machine.
pub(crate) struct Machine {
    /// What it boots.
    pub(crate) kernel: Kernel,
    /// The archive with the system that it runs.
    pub(crate) initramfs: PathBuf,
    /// Where the kernel's messages go.
    pub(crate) console: PathBuf,
    /// By what its time goes on.
    pub(crate) clock: Clock,
}

/// What comes from a machine.
pub(crate) enum Said {
    /// A line of its tests.
    Line(String),
    /// It is off: how that came, and after what time.
    Off(Result<End>, Duration),
}

impl Machine {
    /// Boots, and hands on what the tests say until the machine is off.
    pub(crate) fn run(&self, bound: Duration, said: &Sender<Said>) {
        let start = Instant::now();
        // Where no one listens any more, no one misses it.
        let say = |what| drop(said.send(what));
        let end = process::lines(&mut self.qemu(), bound, |line| {
            say(Said::Line(line.to_owned()));
        });
        say(Said::Off(end, start.elapsed()));
    }

    fn qemu(&self) -> Command {
        let mut qemu = Command::new("qemu-system-x86_64");
        // Emulation, since machines that are virtual themselves rarely have a KVM that works; of a
        // processor whose page tables have four levels, since each is walked by software.
        qemu.args("-machine accel=tcg -cpu max,-la57 -m 1024".split(' '))
            .args(self.clock.arguments().split(' '))
            .args("-display none -monitor none -nic none -no-reboot".split(' '))
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

    /// Prints the last of what the kernel said.
    pub(crate) fn show_console(&self) {
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

impl Clock {
    /// QEMU's words for it.
    fn arguments(self) -> &'static str {
        match self {
            Self::Host => "-smp 2",
            Self::Instructions => "-smp 1 -icount shift=0,sleep=off",
        }
    }
}
