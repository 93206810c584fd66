//! The signer's API: typed requests in, signatures or problems out.
//!
//! There is no endpoint that signs a digest, and none that changes the policy. Every process has all paths and answers those
//! of its purpose. `GET /health` says that the signer has its memory, where its audit chain stands and whether its key is
//! paused, `GET /ready` (also `/health/ready`) also that it knows the chain's time and is not paused, `GET /metrics` what it
//! counted.

mod admit;
mod health;
mod intake;
mod problem;
mod settlement;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use service::metrics::Metrics;
use service::trace::Exchange;
use signer_client::wire;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;

use crate::Authorizer;
use crate::http::problem::Failure;

/// The largest body of one intake: terms have less than a kilobyte.
const BODY_BYTES_MAX: usize = 4 * 1024;

/// The largest body of anything with approvals, or of a transaction: 300 lines of at most 130 bytes with their frame, and
/// sixteen signatures of at most four kilobytes in hexadecimal.
const BATCH_BYTES_MAX: usize = 192 * 1024;

/// How long a request may take. Longer than its slowest part, so that the part's own error comes first.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// What requests need.
#[derive(Debug, Clone)]
pub struct Served {
    /// The signer.
    pub authorizer: Arc<Authorizer>,
    /// What it counts.
    pub metrics: Metrics,
}

/// All routes.
pub fn router(served: Served) -> Router {
    let batch = DefaultBodyLimit::max(BATCH_BYTES_MAX);
    Router::new()
        .route(wire::REGISTRATION_PATH, post(intake::registration))
        .route(wire::RETOPUP_PATH, post(intake::retopup))
        .route(wire::BATCH_PAYOUT_PATH, post(settlement::batch).layer(batch))
        .route(wire::ROOT_PATH, post(settlement::root).layer(batch))
        .route(wire::TRANSACTION_PATH, post(settlement::transaction).layer(batch))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            ANSWER_WITHIN,
        ))
        .layer(from_fn(trace))
        .with_state(served)
}

/// Has everything that is logged about a request carry the id under which its caller logs it.
async fn trace(request: Request, next: Next) -> Response {
    Exchange::begin(&request, String::new).answer(request, next).await
}

/// Does the work of a request and counts it.
async fn answer<T>(
    kind: &'static str,
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Response
where
    T: Serialize + Send + 'static,
{
    let started = Instant::now();
    // A task of its own: a caller who hangs up does not interrupt what was begun.
    let result = tokio::spawn(work.in_current_span())
        .await
        .unwrap_or_else(|_| Err(Failure::internal()));
    let outcome = result
        .as_ref()
        .map_or_else(|failure| failure.code().to_owned(), |_| "signed".to_owned());
    metrics::counter!("trellis_signer_requests_total", "kind" => kind, "outcome" => outcome).increment(1);
    metrics::histogram!("trellis_signer_request_seconds").record(started.elapsed().as_secs_f64());
    match result {
        Ok(answer) => Json(answer).into_response(),
        Err(failure) => failure.into_response(),
    }
}
