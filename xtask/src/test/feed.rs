//! Carries one test process's output into the report, so that nothing it does goes unseen.

use std::{process::Command, time::Duration};

use anyhow::Result;

use super::{
    Report,
    libtest::{Counts, Event, Outcome, Parser},
};
use crate::process::{self, End};

/// How much of a test's own output is kept to be shown if the test fails.
const KEPT_LINES: usize = 200;

/// How a test process ended.
pub(crate) enum Ended {
    /// As it should.
    Well,
    /// With a failing status, which failed tests explain.
    Badly(String),
    /// Before it was done.
    Cut(String),
}

/// The way from one process's output to the report.
pub(crate) struct Feed<'a> {
    report: &'a mut Report,
    prefix: String,
    parser: Parser,
    /// The binary that runs now: what its lines have said so far. None between binaries.
    seen: Option<Counts>,
    any_failed: bool,
    in_details: bool,
    output: Vec<String>,
}

impl<'a> Feed<'a> {
    /// A feed whose tests are reported with a prefix to their names.
    pub(crate) fn new(report: &'a mut Report, prefix: &str) -> Self {
        Self {
            report,
            prefix: prefix.to_owned(),
            parser: Parser::default(),
            seen: None,
            any_failed: false,
            in_details: false,
            output: Vec::new(),
        }
    }

    /// Runs a command that prints as test binaries do.
    pub(crate) fn run(mut self, command: &mut Command, bound: Duration) -> Result<()> {
        let end = process::all_lines(command, bound, |line| {
            self.line(line);
        })?;
        self.finish(match end {
            End::Exited(status) if status.success() => Ended::Well,
            End::Exited(status) => Ended::Badly(status.to_string()),
            End::OutOfTime => Ended::Cut(format!("killed after {} s", bound.as_secs())),
        });
        Ok(())
    }

    /// Takes the next line of output.
    pub(crate) fn line(&mut self, line: &str) {
        match self.parser.line(line) {
            Event::Begins(count) => {
                self.report.expect(count);
                self.seen = Some(Counts::default());
            }
            Event::Ended(name, outcome) => self.ended(&name, outcome),
            Event::Summary(counts) => self.summed_up(counts),
            // A list of names follows the details under the same heading.
            Event::Details => self.in_details = !self.in_details,
            Event::Other if self.in_details => self.report.detail(line),
            Event::Other => self.keep(line),
            Event::Pending(name) => {
                self.report.runs(&format!("{}{name}", self.prefix));
                if !line.ends_with("... ") {
                    self.keep(line);
                }
            }
        }
    }

    /// Says how the process ended; what it should have said and did not is a failure.
    pub(crate) fn finish(mut self, ended: Ended) {
        let unfinished = self.seen.is_some();
        let how = match ended {
            Ended::Cut(how) => how,
            Ended::Badly(how) if unfinished || !self.any_failed => how,
            Ended::Well if unfinished => "ended without a summary".to_owned(),
            Ended::Well | Ended::Badly(_) => return,
        };
        let during = self.parser.pending().map(|name| format!(" during {name}"));
        self.show_output();
        let name = format!("{}(the run itself)", self.prefix);
        self.report
            .failed(&name, &format!("{how}{}", during.unwrap_or_default()));
    }

    fn ended(&mut self, name: &str, outcome: Outcome) {
        let seen = self.seen.get_or_insert_default();
        let name = format!("{}{name}", self.prefix);
        match outcome {
            Outcome::Passed => {
                seen.passed += 1;
                self.report.passed(&name);
            }
            Outcome::Skipped(reason) => {
                seen.skipped += 1;
                self.report.skipped(&name, reason.as_deref());
            }
            Outcome::Failed => {
                seen.failed += 1;
                self.any_failed = true;
                self.report.failed(&name, "");
                self.show_output();
            }
        }
        self.output.clear();
    }

    /// A binary's own counts are right where its tests' output broke up their lines.
    fn summed_up(&mut self, counts: Counts) {
        let seen = self.seen.take().unwrap_or_default();
        let name = format!("{}(a test whose line its output broke up)", self.prefix);
        for _ in seen.passed..counts.passed {
            self.report.passed(&name);
        }
        for _ in seen.skipped..counts.skipped {
            self.report.skipped(&name, None);
        }
        for _ in seen.failed..counts.failed {
            self.report.failed(&name, "");
        }
        self.any_failed |= counts.failed > 0;
        self.in_details = false;
        self.output.clear();
    }

    fn keep(&mut self, line: &str) {
        if self.output.len() == KEPT_LINES {
            self.output.remove(0);
        }
        self.output.push(line.to_owned());
    }

    fn show_output(&mut self) {
        for line in self.output.drain(..) {
            self.report.detail(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str], ended: Ended) -> Counts {
        let mut report = Report::new(None);
        report.begin("x");
        let mut feed = Feed::new(&mut report, "");
        for line in lines {
            feed.line(line);
        }
        feed.finish(ended);
        report.total()
    }

    fn badly() -> Ended {
        Ended::Badly("exit status: 101".to_owned())
    }

    const SUMMARY: &str = "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured;";

    #[test]
    fn a_crash_before_the_summary_is_one_failure() {
        let seen = counts(&["running 2 tests", "test a ... ok"], badly());
        assert_eq!(
            seen,
            Counts {
                passed: 1,
                failed: 1,
                skipped: 0
            }
        );
        let seen = counts(&["running 2 tests", "test a ... ok"], Ended::Well);
        assert_eq!(
            seen,
            Counts {
                passed: 1,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_failing_status_is_explained_by_a_failed_test_only() {
        let failed = "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured;";
        let seen = counts(&["running 1 test", "test a ... FAILED", failed], badly());
        assert_eq!(
            seen,
            Counts {
                passed: 0,
                failed: 1,
                skipped: 0
            }
        );
        let seen = counts(
            &["running 2 tests", "test a ... ok", "test b ... ok", SUMMARY],
            badly(),
        );
        assert_eq!(
            seen,
            Counts {
                passed: 2,
                failed: 1,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_test_whose_line_was_broken_up_still_counts() {
        let seen = counts(
            &[
                "running 2 tests",
                "test a ... hmok",
                "test b ... ok",
                SUMMARY,
            ],
            Ended::Well,
        );
        assert_eq!(
            seen,
            Counts {
                passed: 2,
                failed: 0,
                skipped: 0
            }
        );
    }

    #[test]
    fn a_run_that_was_cut_fails_even_after_its_summary() {
        let lines = ["running 2 tests", "test a ... ok", "test b ... ok", SUMMARY];
        let seen = counts(&lines, Ended::Cut("killed after 5 s".to_owned()));
        assert_eq!(
            seen,
            Counts {
                passed: 2,
                failed: 1,
                skipped: 0
            }
        );
    }
}
