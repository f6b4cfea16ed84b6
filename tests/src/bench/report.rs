//! Figures, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets::NOTHING};
use serde::Serialize;

use super::stats;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    #[serde(skip)]
    name: String,
    value: f64,
    unit: &'static str,
    baseline: Option<f64>,
    ratio: Option<f64>,
    #[serde(skip)]
    note: String,
}

impl Figure {
    /// A figure that has nothing to be compared with.
    pub(crate) fn alone(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            baseline: None,
            ratio: None,
            note: String::new(),
        }
    }

    /// The medians of samples that were taken in turns, and the median of their ratios.
    pub(crate) fn paired(
        name: impl Into<String>,
        unit: &'static str,
        samples: &[f64],
        baseline: &[f64],
    ) -> Self {
        Self {
            baseline: Some(stats::median(baseline)),
            ratio: Some(stats::median(&stats::ratios(samples, baseline))),
            ..Self::alone(name, unit, stats::median(samples))
        }
    }

    /// The median of samples that were taken in turns, as [`Figure::paired`], and as `NAME_p99`
    /// what one in a hundred exceeds.
    pub(crate) fn with_tail(
        name: &str,
        unit: &'static str,
        samples: &[f64],
        baseline: &[f64],
        note: &str,
    ) -> [Self; 2] {
        let slow = |samples| stats::percentile(samples, 99);
        [
            Self::paired(name, unit, samples, baseline).note(note),
            Self::alone(format!("{name}_p99"), unit, slow(samples)).against(slow(baseline)),
        ]
    }

    /// The median ratio itself as the figure.
    pub(crate) fn ratio(name: impl Into<String>, samples: &[f64], baseline: &[f64]) -> Self {
        let ratios = stats::ratios(samples, baseline);
        let [low, high] = [25, 75].map(|percent| stats::percentile(&ratios, percent));
        Self::alone(name, "×", stats::median(&ratios))
            .against(1.0)
            .note(format!("half of its pairs lie from {low:.3} to {high:.3}"))
    }

    /// Compares it with a single value.
    pub(crate) fn against(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self.ratio = Some(self.value / baseline);
        self
    }

    /// Says what the baseline is, or what the reader must know.
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// All figures of a run.
#[derive(Debug)]
pub(crate) struct Report(Vec<Figure>);

impl Report {
    pub(crate) fn of(figures: Vec<Figure>) -> Self {
        Self(figures)
    }

    /// An object name → figure.
    pub(crate) fn json(&self) -> String {
        let named: BTreeMap<_, _> = self.0.iter().map(|figure| (&figure.name, figure)).collect();
        serde_json::to_string_pretty(&named).expect("figures are plain values")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled)
            .set_header(["NAME", "VALUE", "UNIT", "BASELINE", "RATIO"]);
        for figure in &self.0 {
            table.add_row([
                figure.name.clone(),
                number(figure.value),
                figure.unit.to_owned(),
                figure.baseline.map_or_else(String::new, number),
                figure.ratio.map_or_else(String::new, number),
            ]);
        }
        for column in [1, 3, 4] {
            let column = table
                .column_mut(column)
                .expect("the table has five columns");
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(f, "{}", table.trim_fmt())?;
        let noted = self.0.iter().filter(|figure| !figure.note.is_empty());
        noted
            .into_iter()
            .try_for_each(|figure| write!(f, "\n{}: {}", figure.name, figure.note))
    }
}

/// Three significant digits or more, so that small figures keep theirs.
fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
