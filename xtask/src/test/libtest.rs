//! Reads what test binaries print: libtest's format, and libtest-mimic's, which differs slightly.

/// How one test ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It kept its promise.
    Passed,
    /// It did not.
    Failed,
    /// It did not run, for this reason if it gave one.
    Skipped(Option<String>),
}

/// How many tests ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Tests that did not run.
    pub(crate) skipped: usize,
}

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A binary begins, with so many tests.
    Begins(usize),
    /// A test ended.
    Ended(String, Outcome),
    /// A test began; how it ends comes later, since it prints on the same line.
    Pending(String),
    /// The heading of the failures' details, and again of their names.
    Details,
    /// A binary ends, with its own counts.
    Summary(Counts),
    /// Anything else.
    Other,
}

/// Reads lines one by one; a test that prints breaks its own line in two.
#[derive(Default)]
pub(crate) struct Parser {
    pending: Option<String>,
}

impl Parser {
    /// The meaning of the next line.
    pub(crate) fn line(&mut self, line: &str) -> Event {
        if let Some(outcome) = self.pending.as_ref().and_then(|_| outcome(line)) {
            let name = self.pending.take().unwrap_or_default();
            return Event::Ended(name, outcome);
        }
        let event = parse(line);
        match &event {
            Event::Pending(name) => self.pending = Some(name.clone()),
            Event::Begins(_) | Event::Ended(..) | Event::Summary(_) => self.pending = None,
            Event::Details | Event::Other => {}
        }
        event
    }

    /// The test that began and whose end was not seen.
    pub(crate) fn pending(&self) -> Option<&str> {
        self.pending.as_deref()
    }
}

fn parse(line: &str) -> Event {
    if line == "failures:" {
        return Event::Details;
    }
    if let Some(counts) = line.strip_prefix("test result: ").and_then(summary) {
        return Event::Summary(counts);
    }
    if let Some(count) = line.strip_prefix("running ").and_then(announced) {
        return Event::Begins(count);
    }
    let Some((name, rest)) = line
        .strip_prefix("test ")
        .and_then(|test| test.split_once(" ... "))
    else {
        return Event::Other;
    };
    let name = name.trim_end().to_owned();
    match outcome(rest) {
        Some(outcome) => Event::Ended(name, outcome),
        None => Event::Pending(name),
    }
}

/// `ok`, `FAILED`, `ignored`, `ignored, reason` (libtest), `ignored (skipped: reason)` (our suites).
fn outcome(text: &str) -> Option<Outcome> {
    match text.trim_end() {
        "ok" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Skipped(None)),
        text => {
            let rest = text.strip_prefix("ignored")?;
            let reason = rest
                .strip_prefix(", ")
                .or_else(|| rest.strip_prefix(" (")?.strip_suffix(')'))?;
            let reason = reason.strip_prefix("skipped: ").unwrap_or(reason);
            Some(Outcome::Skipped(Some(reason.to_owned())))
        }
    }
}

/// `3 tests`, `1 test`.
fn announced(text: &str) -> Option<usize> {
    let (count, word) = text.trim_end().split_once(' ')?;
    matches!(word, "test" | "tests").then(|| count.parse().ok())?
}

/// `ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`
fn summary(text: &str) -> Option<Counts> {
    let (_, counts) = text.split_once(". ")?;
    let count = |word: &str| -> Option<usize> {
        let part = counts
            .split("; ")
            .find_map(|part| part.trim().strip_suffix(word))?;
        part.trim().parse().ok()
    };
    Some(Counts {
        passed: count("passed")?,
        failed: count("failed")?,
        skipped: count("ignored")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(reason: &str) -> Outcome {
        Outcome::Skipped(Some(reason.to_owned()))
    }

    #[test]
    fn a_line_names_a_test_and_its_end() {
        let cases = [
            ("test a::b ... ok", "a::b", Outcome::Passed),
            ("test padded    ... FAILED", "padded", Outcome::Failed),
            ("test x ... ignored", "x", Outcome::Skipped(None)),
            (
                "test x ... ignored, takes an hour",
                "x",
                skipped("takes an hour"),
            ),
            (
                "test x ... ignored (skipped: no netem ... here (6.1))",
                "x",
                skipped("no netem ... here (6.1)"),
            ),
            (
                "test src/lib.rs - f (line 3) ... ok",
                "src/lib.rs - f (line 3)",
                Outcome::Passed,
            ),
        ];
        for (line, name, outcome) in cases {
            let event = Parser::default().line(line);
            assert_eq!(event, Event::Ended(name.to_owned(), outcome), "{line}");
        }
    }

    #[test]
    fn a_test_that_prints_ends_on_a_later_line() {
        let mut parser = Parser::default();
        assert_eq!(
            parser.line("test x ... hello"),
            Event::Pending("x".to_owned())
        );
        assert_eq!(parser.line("more"), Event::Other);
        assert_eq!(parser.pending(), Some("x"));
        assert_eq!(
            parser.line("ok"),
            Event::Ended("x".to_owned(), Outcome::Passed)
        );
        assert_eq!(parser.line("ok"), Event::Other);
    }

    #[test]
    fn a_binary_announces_and_sums_up_its_tests() {
        let mut parser = Parser::default();
        assert_eq!(parser.line("running 1 test"), Event::Begins(1));
        assert_eq!(parser.line("running 12 tests"), Event::Begins(12));
        assert_eq!(parser.line("running late"), Event::Other);
        let counts = Counts {
            passed: 3,
            failed: 1,
            skipped: 2,
        };
        let line = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; \
                    7 filtered out; finished in 0.02s";
        assert_eq!(parser.line(line), Event::Summary(counts));
        assert_eq!(parser.line("failures:"), Event::Details);
    }

    #[test]
    fn a_slow_test_s_warning_is_not_a_result() {
        let line = "test x has been running for over 60 seconds";
        assert_eq!(Parser::default().line(line), Event::Other);
    }
}
