//! `cargo xtask bench --vm`: the figures that stand beside the kernel's own netem, which the machine at
//! hand may lack.

use std::{fs, path::Path, slice, time::Duration};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};

use super::{Work, crew, hear, machine, machine::Clock};
use crate::{build::Built, setup::kernels::SERIES, test::Ended};

/// The suite, and those of its tests that say figures.
const WORK: Work = ("netns", Clock::Instructions, None);
const TESTS: &str = "beside_netem_it_holds_its_own";

/// What a figure's name follows, and an object.
const FIGURE: &str = "figure ";

/// For a machine that hangs.
const BOUND: Duration = Duration::from_mins(20);

/// Measures, prints, and adds the figures to a file that has others.
pub(crate) fn measure(built: &Built, file: Option<&Path>) -> Result<()> {
    let series = SERIES[SERIES.len() - 1];
    let machine = machine(built, series, &WORK, TESTS, Vec::new())?;
    let release = &machine.kernel.release;
    println!("\nLinux {release}, an instruction a nanosecond; the baseline is netem:");
    let (mut figures, mut others) = (Map::new(), Vec::new());
    let mut well = false;
    crew::run(slice::from_ref(&machine), BOUND, |_, said| {
        let (ended, _) = hear(said, BOUND, |line| match figure(line) {
            Some((name, value)) => {
                println!("{}", row(&name, &value));
                figures.insert(name, value);
            }
            None => others.push(line.to_owned()),
        });
        well = matches!(ended, Ended::Well);
    });
    ensure!(well, "the tests failed:\n{}", others.join("\n"));
    file.map_or(Ok(()), |file| add(figures, file))
}

/// The figure that a line says; the first of a test may stand behind its name.
fn figure(line: &str) -> Option<(String, Value)> {
    let (name, value) = line.split_once(FIGURE)?.1.split_once(' ')?;
    Some((name.to_owned(), serde_json::from_str(value).ok()?))
}

/// The columns of the bench's own table.
fn row(name: &str, figure: &Value) -> String {
    let number = |key: &str| format!("{:.3}", figure[key].as_f64().unwrap_or_default());
    let [value, baseline, ratio] = ["value", "baseline", "ratio"].map(number);
    let unit = figure["unit"].as_str().unwrap_or_default();
    format!("{name:<24} {value:>10} {unit:<9} {baseline:>10} {ratio:>8}")
}

fn add(figures: Map<String, Value>, file: &Path) -> Result<()> {
    let text = fs::read_to_string(file)?;
    let mut all: Map<String, Value> = serde_json::from_str(&text)
        .with_context(|| format!("{} holds no figures", file.display()))?;
    all.extend(figures);
    Ok(fs::write(file, serde_json::to_string_pretty(&all)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_line_of_its_own() {
        let line =
            r#"test a ... figure speed {"value":1.5,"unit":"Gbit/s","baseline":2.0,"ratio":0.75}"#;
        let (name, value) = figure(line).unwrap();
        assert_eq!((name.as_str(), &value["ratio"]), ("speed", &0.75.into()));
        assert_eq!(
            row(&name, &value),
            "speed                         1.500 Gbit/s         2.000    0.750"
        );
        assert_eq!(figure("test speed ... ok"), None);
        assert_eq!(figure("figure of speech"), None);
    }
}
