//! What a run prints, and what it counts.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    io::IsTerminal,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;

use super::libtest::Counts;
use crate::progress::{StatusLine, seconds};

/// The results so far.
pub(crate) struct Report {
    /// In CI, the reasons for which a test may be skipped.
    allowed_skips: Option<BTreeSet<String>>,
    terminal: bool,
    status: StatusLine,
    suites: Vec<SuiteReport>,
    failures: Vec<String>,
}

/// The results of one suite.
struct SuiteReport {
    name: &'static str,
    counts: Counts,
    expected: usize,
    start: Instant,
    time: Duration,
    /// When the test began that runs, where one runs at a time.
    began: Option<Instant>,
    /// The tests that took long, and how long.
    slow: Vec<(Duration, String)>,
}

/// A test that takes as long is named in the end, ...
const SLOW: Duration = Duration::from_secs(5);

/// ... at most so many of a suite.
const NAMED: usize = 5;

impl Report {
    /// A report of nothing yet; where reasons are given, any other skip is a failure.
    pub(crate) fn new(allowed_skips: Option<BTreeSet<String>>) -> Self {
        Self {
            allowed_skips,
            terminal: std::io::stdout().is_terminal(),
            status: StatusLine::new(),
            suites: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// A suite begins; results from now on are its.
    pub(crate) fn begin(&mut self, suite: &'static str) {
        println!("\nsuite {suite}");
        self.suites.push(SuiteReport {
            name: suite,
            counts: Counts::default(),
            expected: 0,
            start: Instant::now(),
            time: Duration::ZERO,
            began: None,
            slow: Vec::new(),
        });
    }

    /// The suite is over; one that ran nothing failed, unless a filter left nothing of it.
    pub(crate) fn end(&mut self, filtered: bool) {
        if self.suite().counts == Counts::default() && !filtered {
            self.failed("(the suite itself)", "ran no test");
        }
        let suite = self.suite();
        suite.time = suite.start.elapsed();
    }

    /// So many more tests will come.
    pub(crate) fn expect(&mut self, count: usize) {
        self.suite().expected += count;
    }

    /// A check that is no test of a test binary.
    pub(crate) fn checked(&mut self, name: &str, outcome: Result<()>) {
        self.expect(1);
        match outcome {
            Ok(()) => self.passed(name),
            Err(error) => self.failed(name, &format!("{error:#}")),
        }
    }

    /// A test began; shown where it can be taken back when the test ends.
    pub(crate) fn runs(&mut self, name: &str) {
        self.suite().began = Some(Instant::now());
        let progress = self.progress(1);
        self.status.show(&format!("{progress} {name} ..."));
    }

    /// A test passed.
    pub(crate) fn passed(&mut self, name: &str) {
        self.suite().counts.passed += 1;
        self.say(name, "ok");
    }

    /// A test failed; what there is to say beyond that may be empty.
    pub(crate) fn failed(&mut self, name: &str, why: &str) {
        let suite = self.suite();
        suite.counts.failed += 1;
        let failure = full_name(suite.name, name);
        self.failures.push(if why.is_empty() {
            failure
        } else {
            format!("{failure}: {why}")
        });
        let word = if self.terminal {
            "\x1b[31mFAILED\x1b[0m"
        } else {
            "FAILED"
        };
        self.say(
            name,
            if why.is_empty() {
                word.to_owned()
            } else {
                format!("{word}: {why}")
            },
        );
    }

    /// A test did not run.
    pub(crate) fn skipped(&mut self, name: &str, reason: Option<&str>) {
        let reason = reason.unwrap_or("no reason given");
        if self
            .allowed_skips
            .as_ref()
            .is_some_and(|allowed| !allowed.contains(reason))
        {
            let why = format!("skipped for a reason that tests/allowed-skips lacks: {reason}");
            return self.failed(name, &why);
        }
        self.suite().counts.skipped += 1;
        self.say(name, format!("skipped: {reason}"));
    }

    /// A line that explains a failure; empty ones explain nothing.
    pub(crate) fn detail(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.status.clear();
            println!("    {line}");
        }
    }

    /// The sum over all suites.
    pub(crate) fn total(&self) -> Counts {
        self.suites
            .iter()
            .fold(Counts::default(), |total, suite| Counts {
                passed: total.passed + suite.counts.passed,
                failed: total.failed + suite.counts.failed,
                skipped: total.skipped + suite.counts.skipped,
            })
    }

    /// Prints the failures, the suites and the closing line, and says how the command ends.
    pub(crate) fn close(mut self) -> ExitCode {
        let mut total = self.total();
        if total == Counts::default() {
            self.failures
                .push("no test has the filter in its name".to_owned());
            total.failed = 1;
        }
        println!();
        for failure in &self.failures {
            println!("failed: {failure}");
        }
        for suite in &mut self.suites {
            println!(
                "{:<8}{} in {}",
                suite.name,
                sentence(suite.counts),
                seconds(suite.time)
            );
            for (time, name) in suite.slowest() {
                println!("        {name}: {}", seconds(*time));
            }
        }
        println!("\n{}", sentence(total));
        if total.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn suite(&mut self) -> &mut SuiteReport {
        self.suites
            .last_mut()
            .expect("results come after a suite began")
    }

    /// `[netns 12/37]`, with so many tests under way.
    fn progress(&mut self, running: usize) -> String {
        let suite = self.suite();
        let Counts {
            passed,
            failed,
            skipped,
        } = suite.counts;
        let done = passed + failed + skipped + running;
        format!("[{} {done}/{}]", suite.name, suite.expected.max(done))
    }

    fn say(&mut self, name: &str, outcome: impl std::fmt::Display) {
        self.status.clear();
        let (terminal, progress) = (self.terminal, self.progress(0));
        let suite = self.suite();
        suite.time_of(name);
        if terminal {
            println!("{progress} {name} ... {outcome}");
        } else {
            println!("{} ... {outcome}", full_name(suite.name, name));
        }
    }
}

impl SuiteReport {
    /// Notes how long the test took that ended.
    fn time_of(&mut self, name: &str) {
        let took = self.began.take().map(|began| began.elapsed());
        let long = took.filter(|time| *time >= SLOW);
        self.slow.extend(long.map(|time| (time, name.to_owned())));
    }

    /// The tests that took longest, longest first.
    fn slowest(&mut self) -> &[(Duration, String)] {
        self.slow.sort_by_key(|(time, _)| Reverse(*time));
        self.slow.truncate(NAMED);
        &self.slow
    }
}

/// `netns: a_test`; a name that begins with its suite's, as `vm 6.1: a_test`, is full by itself.
fn full_name(suite: &str, name: &str) -> String {
    let is_full = name
        .strip_prefix(suite)
        .is_some_and(|rest| rest.starts_with(' '));
    if is_full {
        name.to_owned()
    } else {
        format!("{suite}: {name}")
    }
}

fn sentence(counts: Counts) -> String {
    let Counts {
        passed,
        failed,
        skipped,
    } = counts;
    format!("{passed} passed, {failed} failed, {skipped} skipped")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(allowed: Option<&[&str]>) -> Report {
        let allowed = allowed.map(|list| list.iter().map(|&reason| reason.to_owned()).collect());
        let mut report = Report::new(allowed);
        report.begin("x");
        report
    }

    #[test]
    fn a_skip_fails_in_ci_unless_its_reason_is_listed() {
        let mut ci = report(Some(&["no tun device"]));
        ci.skipped("a", Some("no tun device"));
        ci.skipped("b", Some("no tun"));
        ci.skipped("c", None);
        assert_eq!(
            ci.total(),
            Counts {
                passed: 0,
                failed: 2,
                skipped: 1
            }
        );

        let mut at_home = report(None);
        at_home.skipped("b", Some("no tun"));
        assert_eq!(
            at_home.total(),
            Counts {
                passed: 0,
                failed: 0,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_suite_that_ran_nothing_failed_unless_it_was_filtered() {
        let mut empty = report(None);
        empty.end(false);
        assert_eq!(empty.total().failed, 1);

        let mut filtered = report(None);
        filtered.end(true);
        assert_eq!(filtered.total().failed, 0);
    }

    #[test]
    fn the_closing_line_has_its_promised_form() {
        let counts = Counts {
            passed: 12,
            failed: 0,
            skipped: 3,
        };
        assert_eq!(sentence(counts), "12 passed, 0 failed, 3 skipped");
    }
}
