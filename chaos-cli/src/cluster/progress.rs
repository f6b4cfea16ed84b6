//! How far a fault is, pod by pod, on stderr: a line that changes on a terminal, a line for each
//! change elsewhere.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, stderr},
    time::Duration,
};

use chaos_api::{NetworkFault, PodReceipt, PodState};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::stand::{current, place, why};

/// The progress of one fault.
pub(super) struct Progress {
    form: Form,
    pods: BTreeMap<String, Shown>,
}

enum Form {
    Quiet,
    Plain,
    Terminal(MultiProgress),
}

/// What is shown of one pod.
struct Shown {
    state: PodState,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown yet.
    pub(super) fn new(quiet: bool) -> Self {
        let form = if quiet {
            Form::Quiet
        } else if stderr().is_terminal() {
            Form::Terminal(MultiProgress::new())
        } else {
            Form::Plain
        };
        Self {
            form,
            pods: BTreeMap::new(),
        }
    }

    /// Shows what has changed.
    pub(super) fn show(&mut self, fault: &NetworkFault) {
        let receipts = current(fault).map(|status| status.receipts.as_slice());
        for receipt in receipts.unwrap_or_default() {
            self.pod(receipt);
        }
    }

    /// Ends the lines that would go on changing.
    pub(super) fn finish(&mut self) {
        let bars = self.pods.values().filter_map(|shown| shown.bar.as_ref());
        bars.for_each(ProgressBar::abandon);
    }

    fn pod(&mut self, receipt: &PodReceipt) {
        let before = self.pods.get(&receipt.uid).map(|shown| shown.state);
        if before == Some(receipt.state) {
            return;
        }
        let line = format!("{}: {}", place(receipt), state(receipt));
        let form = &self.form;
        let shown = self
            .pods
            .entry(receipt.uid.clone())
            .or_insert_with(|| Shown {
                state: receipt.state,
                bar: form.bar(),
            });
        shown.state = receipt.state;
        match (&shown.bar, form) {
            (Some(bar), _) if receipt.state == PodState::Waiting => bar.set_message(line),
            (Some(bar), _) => bar.abandon_with_message(line),
            (None, Form::Plain) if receipt.state != PodState::Waiting => eprintln!("{line}"),
            (None, _) => {}
        }
    }
}

impl Form {
    fn bar(&self) -> Option<ProgressBar> {
        let Self::Terminal(all) = self else {
            return None;
        };
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        let bar = ProgressBar::new_spinner().with_style(style.expect("the template is right"));
        bar.enable_steady_tick(Duration::from_millis(100));
        Some(all.add(bar))
    }
}

fn state(receipt: &PodReceipt) -> String {
    match receipt.state {
        PodState::Waiting => "waiting for the node's agent".into(),
        PodState::Armed => "in force".into(),
        PodState::Previewed => "looked at".into(),
        PodState::Refused => format!("not in force: {}", why(receipt)),
        PodState::Ended => "ended".into(),
    }
}
