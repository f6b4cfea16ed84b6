//! What the person at the terminal sees while something long runs.

use std::{
    io::{IsTerminal, Write, stdout},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::process::{self, End};

/// How often a step without new output still shows that it lives, where there is no terminal.
const HEARTBEAT: Duration = Duration::from_mins(1);

/// Runs one step of a set-up: a line when it starts, the last line of its output while it runs,
/// the time when it ends, and all of its output when it fails.
pub(crate) fn step(label: &str, command: &mut Command, bound: Duration) -> Result<()> {
    let start = Instant::now();
    let line = StatusLine::new();
    line.show(&format!("{label} ..."));
    if !line.live {
        println!("{label} ...");
    }
    let mut output = String::new();
    let mut beat = Instant::now();
    let end = process::all_lines(command, bound, |text| {
        output.push_str(text);
        output.push('\n');
        line.show(&format!("{label} ({}) {text}", seconds(start.elapsed())));
        if !line.live && beat.elapsed() >= HEARTBEAT {
            beat = Instant::now();
            println!("{label}: {} so far", seconds(start.elapsed()));
        }
    })?;
    line.clear();
    match end {
        End::Exited(status) if status.success() => {
            println!("{label}: done in {}", seconds(start.elapsed()));
            Ok(())
        }
        End::Exited(status) => {
            eprint!("{output}");
            bail!("{label}: `{}` failed: {status}", process::words(command))
        }
        End::OutOfTime => {
            eprint!("{output}");
            bail!("{label}: still running after {}, given up", seconds(bound))
        }
    }
}

/// A line at the bottom of the terminal that is overwritten; nothing where there is no terminal.
pub(crate) struct StatusLine {
    live: bool,
}

impl StatusLine {
    /// A status line for standard output.
    pub(crate) fn new() -> Self {
        Self {
            live: stdout().is_terminal() && std::env::var_os("CI").is_none(),
        }
    }

    /// Replaces the line, cut to what fits in the narrowest usual terminal.
    pub(crate) fn show(&self, text: &str) {
        if self.live {
            let cut: String = text.chars().take(78).collect();
            print!("\r\x1b[K{cut}");
            let _ = stdout().flush();
        }
    }

    /// Removes the line, so that a lasting one can be printed in its place.
    pub(crate) fn clear(&self) {
        self.show("");
    }
}

/// `0.4 s`, `71 s`: enough digits to compare two runs.
pub(crate) fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{:.0} s", time.as_secs_f64())
    }
}
