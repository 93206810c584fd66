//! Whether the reconciler lives, what it saw last, and what it measured, over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use telemetry::metrics::Metrics;
use tokio::net::TcpListener;

/// A reconciler that did not look for so long does not work: the longest look reads a large ledger whole.
const SILENCE_MAX: Duration = Duration::from_secs(300);

/// What the watcher did last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse(Arc<Mutex<Last>>);

#[derive(Debug, Default)]
struct Last {
    beat: Option<Instant>,
    saw: Value,
}

impl Pulse {
    /// The watcher lives.
    pub(crate) fn beat(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).beat = Some(Instant::now());
    }

    /// The watcher saw this.
    pub(crate) fn saw(&self, saw: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saw = saw;
    }

    fn is_alive(&self) -> bool {
        let beat = self.0.lock().unwrap_or_else(PoisonError::into_inner).beat;
        beat.is_some_and(|beat| beat.elapsed() < SILENCE_MAX)
    }

    fn last(&self) -> Value {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saw.clone()
    }
}

/// Serves from now on, if there is an address to serve at.
///
/// # Errors
/// The address is taken.
pub(crate) async fn serve(listen: Option<SocketAddr>, metrics: Metrics, pulse: Pulse) -> std::io::Result<()> {
    let Some(listen) = listen else {
        return Ok(());
    };
    let listener = TcpListener::bind(listen).await?;
    let router = Router::new()
        .route("/health", get(health))
        .route("/health/ready", get(ready))
        .route("/metrics", get(render))
        .with_state((metrics, pulse));
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(error = %telemetry::ErrorChain(&error), "health and metrics are not served any more");
        }
    });
    Ok(())
}

async fn health(State((_, pulse)): State<(Metrics, Pulse)>) -> (StatusCode, Json<Value>) {
    let alive = pulse.is_alive();
    let status = if alive {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(json!({ "alive": alive, "last_run": pulse.last() })))
}

async fn ready(State((_, pulse)): State<(Metrics, Pulse)>) -> StatusCode {
    if pulse.is_alive() {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

async fn render(State((metrics, _)): State<(Metrics, Pulse)>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics.render(),
    )
}
