//! How the API server is reached, and by whom.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use kube::{Client, Config, client::ClientBuilder};

use super::{Clock, REQUEST};
use crate::node::{health::Health, metrics::Metrics};

/// A connection on which nothing comes for so long is dead: watches are begun anew before.
const SILENCE: Duration = Duration::from_secs(20);

/// What everything needs that speaks with the API server; clones share it.
#[derive(Clone)]
pub(in crate::node) struct Reach {
    pub(super) client: Client,
    /// The node's name.
    pub(super) node: String,
    /// Set by every answer.
    pub(in crate::node) clock: Clock,
    pub(in crate::node) health: Arc<Health>,
    pub(in crate::node) metrics: Metrics,
}

impl Reach {
    /// By the kubeconfig, or by the pod's own account; nothing is sent yet.
    pub(in crate::node) async fn connect(
        node: &str,
        health: Arc<Health>,
        metrics: Metrics,
    ) -> Result<Self> {
        let mut config = Config::infer()
            .await
            .context("neither a kubeconfig nor a pod's account tells where the API server is")?;
        // It backs off for minutes, and what it would send then is old; the callers try again.
        config.default_retry = false;
        config.connect_timeout = Some(REQUEST);
        config.read_timeout = Some(SILENCE);
        config.reset_reader_on_write = true;
        let builder = ClientBuilder::try_from(config).context("cannot make a client")?;
        let clock = Clock::default();
        Ok(Self {
            client: builder.with_layer(&clock).build(),
            node: node.to_owned(),
            clock,
            health,
            metrics,
        })
    }
}
