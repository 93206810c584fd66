//! Whether the worker lives and works, and what it measured, over HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use telemetry::metrics::Metrics;
use tokio::net::TcpListener;

/// A worker that did not begin a step for so long does not work: the longest wait of a step is for signers.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// When the worker began its last step.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    /// The worker begins a step, or stands by.
    pub(super) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_alive(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < SILENCE_MAX)
    }
}

/// Serves from now on, if there is an address to serve at.
///
/// # Errors
/// The address is taken.
pub(super) async fn serve(listen: Option<SocketAddr>, metrics: Metrics, pulse: Pulse) -> std::io::Result<()> {
    let Some(listen) = listen else {
        return Ok(());
    };
    let listener = TcpListener::bind(listen).await?;
    let router = Router::new()
        .route("/health", get(|| async { StatusCode::NO_CONTENT }))
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
