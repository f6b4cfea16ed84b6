//! /metrics, /healthz and /readyz.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::{Context, Result};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use tokio::net::TcpListener;

use super::{health::Health, metrics::Metrics};

/// The format of [`Metrics::text`].
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone)]
struct Shown {
    health: Arc<Health>,
    metrics: Metrics,
}

/// Serves in the background.
pub(super) async fn serve(at: SocketAddr, health: Arc<Health>, metrics: Metrics) -> Result<()> {
    let listener = listen(at).await.with_context(|| format!("--listen {at}"))?;
    let routes = Router::new()
        .route("/metrics", get(measured))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(Shown { health, metrics });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(())
}

/// Any address means any that there is: a node may have no IPv6.
async fn listen(at: SocketAddr) -> std::io::Result<TcpListener> {
    let bound = TcpListener::bind(at).await;
    if bound.is_err() && at.is_ipv6() && at.ip().is_unspecified() {
        return TcpListener::bind((Ipv4Addr::UNSPECIFIED, at.port())).await;
    }
    bound
}

async fn measured(State(shown): State<Shown>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], shown.metrics.text())
}

async fn alive(State(shown): State<Shown>) -> impl IntoResponse {
    answer(shown.health.alive())
}

async fn ready(State(shown): State<Shown>) -> impl IntoResponse {
    answer(shown.health.ready())
}

fn answer(good: Result<(), String>) -> (StatusCode, String) {
    match good {
        Ok(()) => (StatusCode::OK, "ok\n".into()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
