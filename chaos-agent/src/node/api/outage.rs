//! Errors that last are logged when they begin and when they are over.

use std::error::Error;

use crate::{causes::with_causes, node::metrics::Metrics};

/// Whether something works, as far as the log says.
pub(super) struct Outage {
    what: &'static str,
    metrics: Metrics,
    lasting: bool,
}

impl Outage {
    /// For an effort that is called `what`, such as "watching the plan".
    pub(super) fn of(what: &'static str, metrics: &Metrics) -> Self {
        Self {
            what,
            metrics: metrics.clone(),
            lasting: false,
        }
    }

    pub(super) fn error(&mut self, error: &dyn Error) {
        self.metrics.api_errors.inc();
        if !self.lasting {
            tracing::warn!(
                "{} fails, and is tried again and again: {}",
                self.what,
                with_causes(error)
            );
        }
        self.lasting = true;
    }

    pub(super) fn over(&mut self) {
        if self.lasting {
            tracing::info!("{} works again", self.what);
        }
        self.lasting = false;
    }
}
