//! The signer's API: typed requests in, signatures or problems out.
//!
//! There is no endpoint that signs a digest, and none that changes the policy. `GET /health` says that the
//! signer has its memory and where its audit chain stands, `GET /health/ready` also that it knows the chain's time,
//! `GET /metrics` what it counted.

mod problem;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use settlement::authorization::{IntakeKind, IntakeTerms};
use signer_client::Authorization;
use signer_client::wire::{self, AuthorizationResponse, IntakeRequest};
use telemetry::ErrorChain;
use telemetry::metrics::Metrics;
use tower_http::timeout::TimeoutLayer;

use crate::http::problem::Failure;
use crate::{AuthorizeError, Authorizer, Refusal, audit};

/// The largest body: terms have less than a kilobyte.
const BODY_BYTES_MAX: usize = 4 * 1024;

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
    Router::new()
        .route(wire::REGISTRATION_PATH, post(registration))
        .route(wire::RETOPUP_PATH, post(retopup))
        .route("/health", get(health))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .fallback(|| async { Failure::not_found() })
        .method_not_allowed_fallback(|| async { Failure::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            ANSWER_WITHIN,
        ))
        .with_state(served)
}

async fn registration(
    State(served): State<Served>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(served, IntakeKind::Registration, headers, body).await
}

async fn retopup(
    State(served): State<Served>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer(served, IntakeKind::Retopup, headers, body).await
}

async fn answer(
    served: Served,
    kind: IntakeKind,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let started = Instant::now();
    // A task of its own: a caller who hangs up does not interrupt what was begun.
    let work = tokio::spawn(async move { decide(&served.authorizer, kind, &headers, body).await });
    let result = work.await.unwrap_or_else(|_| Err(Failure::internal()));
    let outcome = result
        .as_ref()
        .map_or_else(|failure| failure.code(), |_| "signed");
    metrics::counter!("trellis_signer_requests_total", "kind" => kind.name(), "outcome" => outcome)
        .increment(1);
    metrics::histogram!("trellis_signer_request_seconds").record(started.elapsed().as_secs_f64());
    match result {
        Ok(authorization) => Json(AuthorizationResponse::of(&authorization)).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn decide(
    authorizer: &Authorizer,
    kind: IntakeKind,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Authorization, Failure> {
    let caller = match authorizer.admit(bearer(headers), kind) {
        Ok(caller) => caller,
        Err((name, refusal)) => return Err(refused(authorizer, name, "", refusal).await),
    };
    let (terms, request) = match read(kind, body) {
        Ok(read) => read,
        Err(refusal) => return Err(refused(authorizer, caller.name(), "", refusal).await),
    };
    let key = terms.business_key().to_string();
    match authorizer.authorize(caller, &terms, &request).await {
        Ok(authorization) => {
            tracing::info!(
                caller.name = caller.name(),
                authorization.key = key,
                "an authorization was given"
            );
            Ok(authorization)
        }
        Err(AuthorizeError::Refused(Refusal::Equivocation)) => {
            tracing::error!(
                caller.name = caller.name(),
                authorization.key = key,
                "other terms were asked for under a reference that is taken"
            );
            Err(Failure::of(&Refusal::Equivocation))
        }
        Err(AuthorizeError::Refused(refusal)) => Err(refused(authorizer, caller.name(), &key, refusal).await),
        Err(error @ (AuthorizeError::Database(_) | AuthorizeError::Chain(_) | AuthorizeError::Key(_))) => {
            tracing::error!(authorization.key = key, "cannot sign: {}", ErrorChain(&error));
            Err(Failure::unavailable(&error))
        }
    }
}

/// Records a refusal. What cannot be recorded is not answered as one.
async fn refused(authorizer: &Authorizer, caller: &str, key: &str, refusal: Refusal) -> Failure {
    tracing::warn!(
        caller.name = caller,
        authorization.key = key,
        refusal.code = refusal.code(),
        "refused: {refusal}"
    );
    match authorizer.record_refusal(caller, key, &refusal).await {
        Ok(()) => Failure::of(&refusal),
        Err(error) => {
            let error = AuthorizeError::Database(error);
            tracing::error!("cannot record a refusal: {}", ErrorChain(&error));
            Failure::unavailable(&error)
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn read(
    kind: IntakeKind,
    body: Result<Bytes, BytesRejection>,
) -> Result<(IntakeTerms, serde_json::Value), Refusal> {
    let body = body.map_err(|rejection| Refusal::Malformed(rejection.body_text()))?;
    let request: IntakeRequest =
        serde_json::from_slice(&body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let terms = request
        .terms(kind)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    // Recorded as it is understood, in its canonical form.
    let request = serde_json::to_value(IntakeRequest::of(&terms)).expect("texts and numbers are JSON");
    Ok((terms, request))
}

async fn health(State(served): State<Served>) -> Result<Response, Failure> {
    let head = async {
        let mut connection = served.authorizer.pool().acquire().await?;
        audit::fetch_head(&mut connection).await
    };
    let head = head
        .await
        .map_err(|error| Failure::unavailable(&AuthorizeError::Database(error)))?;
    let body = serde_json::json!({
        "signer": served.authorizer.address(),
        "purpose": audit::PURPOSE,
        "audit_head": format!("{}:{}", head.seq, head.hash),
    });
    Ok(Json(body).into_response())
}

async fn ready(served: State<Served>) -> Result<Response, Failure> {
    let known = served.authorizer.check_clock().await;
    known.map_err(|error| Failure::unavailable(&AuthorizeError::Chain(error)))?;
    health(served).await
}

async fn metrics(State(served): State<Served>) -> String {
    served.metrics.render()
}
