//! Waiting for the cluster's parts, never without an end and never without saying what was missing.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};

use crate::progress::{StatusLine, seconds};

/// How often a part is asked.
const POLL: Duration = Duration::from_millis(200);

/// How many lines of a log an error shows.
const TAIL: usize = 15;

/// One thing to wait for.
pub(crate) struct Wait {
    /// What is waited for, as progress and errors call it.
    what: String,
    /// For how long.
    bound: Duration,
    /// Where those who cause it write; an error shows their last lines.
    logs: Vec<PathBuf>,
}

impl Wait {
    /// A wait that has not begun.
    pub(crate) fn new(
        what: &str,
        bound: Duration,
        logs: impl IntoIterator<Item = PathBuf>,
    ) -> Self {
        Self {
            what: what.to_owned(),
            bound,
            logs: logs.into_iter().collect(),
        }
    }

    /// Asks until there is an answer; an error of `ask` counts as "not yet" and is shown at the end.
    pub(crate) fn until<T>(self, mut ask: impl FnMut() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let line = StatusLine::new();
        loop {
            let error = match ask() {
                Ok(answer) => {
                    line.clear();
                    return Ok(answer);
                }
                Err(error) => error,
            };
            if start.elapsed() >= self.bound {
                line.clear();
                self.show_logs();
                bail!(
                    "{}: not after {}: {error:#}",
                    self.what,
                    seconds(self.bound)
                );
            }
            line.show(&format!("{} ({})", self.what, seconds(start.elapsed())));
            thread::sleep(POLL);
        }
    }

    fn show_logs(&self) {
        for log in &self.logs {
            let text = fs::read(log).unwrap_or_default();
            eprintln!("--- the last lines of {}", log.display());
            for line in tail(&String::from_utf8_lossy(&text)) {
                eprintln!("{line}");
            }
        }
    }
}

/// "Not yet", for `until`.
pub(crate) fn not_yet(reason: impl Into<String>) -> anyhow::Error {
    anyhow!(reason.into())
}

fn tail(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL)..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_what_was_missing() {
        let wait = Wait::new("the moon", Duration::from_millis(10), []);
        let error = wait
            .until(|| Err::<(), _>(not_yet("still cheese")))
            .unwrap_err();
        assert_eq!(error.to_string(), "the moon: not after 0.0 s: still cheese");
    }

    #[test]
    fn a_tail_is_the_end() {
        let text: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let text = text.join("\n");
        assert_eq!(tail(&text).first(), Some(&"5"));
        assert_eq!(tail("one"), ["one"]);
    }
}
