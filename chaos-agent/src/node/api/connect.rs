//! The client.

use anyhow::{Context, Result};
use kube::{Client, Config, client::ClientBuilder};

use super::Clock;

/// A client by the kubeconfig, or by the pod's own account; its answers set `clock`.
pub(in crate::node) async fn connect(clock: &Clock) -> Result<Client> {
    let mut config = Config::infer()
        .await
        .context("neither a kubeconfig nor a pod's account tells how to reach the API server")?;
    // It backs off for minutes, and what it would send then is old; the callers try again.
    config.default_retry = false;
    let builder = ClientBuilder::try_from(config).context("cannot make a client")?;
    Ok(builder.with_layer(clock).build())
}
