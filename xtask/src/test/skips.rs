//! tests/allowed-skips: the reasons for which a test may be skipped in CI.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, Result};

/// Reads the list: one reason a line, taken literally; `#` begins a comment line.
pub(crate) fn read(file: &Path) -> Result<BTreeSet<String>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("could not read {}", file.display()))?;
    Ok(parse(&text))
}

fn parse(text: &str) -> BTreeSet<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_empty_lines_are_no_reasons() {
        let reasons = parse("# why\n\nthis kernel has no netem\n  no tun device \n");
        assert_eq!(reasons.len(), 2);
        assert!(reasons.contains("this kernel has no netem"));
        assert!(reasons.contains("no tun device"));
    }
}
