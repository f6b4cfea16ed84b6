//! `/metrics`, `/healthz` and `/readyz`.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::{StatusCode, header::CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use tokio::net::TcpListener;

use crate::shared::Shared;

/// What Prometheus is told that it gets.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Takes the address; all addresses of both families where the machine has both.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    let bound = match bound {
        Err(_) if address.ip().is_unspecified() && address.is_ipv6() => {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await
        }
        bound => bound,
    };
    bound.with_context(|| format!("--listen: {address} cannot be listened on"))
}

/// Serves for as long as the process lives.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> Result<()> {
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(shared);
    Ok(axum::serve(listener, routes).await?)
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPEN_METRICS)], shared.metrics.text())
}

async fn healthz(State(shared): State<Arc<Shared>>) -> (StatusCode, &'static str) {
    if shared.is_alive() {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the loop stands still\n")
    }
}

async fn readyz(State(shared): State<Arc<Shared>>) -> (StatusCode, String) {
    let listing = shared.listing();
    if listing.is_empty() {
        (StatusCode::OK, "ok\n".to_owned())
    } else {
        let message = format!("not listed yet: {}\n", listing.join(", "));
        (StatusCode::SERVICE_UNAVAILABLE, message)
    }
}
