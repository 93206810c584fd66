//! The signer's health and readiness.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::http::Served;
use crate::http::problem::Failure;
use crate::{AuthorizeError, Refusal, audit};

pub(super) async fn health(State(served): State<Served>) -> Result<Response, Failure> {
    let authorizer = &served.authorizer;
    let known = async {
        let mut connection = authorizer.pool().acquire().await?;
        let head = audit::fetch_head(&mut connection).await?;
        drop(connection);
        Ok::<_, sqlx::Error>((head, authorizer.list_paused().await?))
    };
    let (head, paused) = known
        .await
        .map_err(|error| Failure::unavailable(&AuthorizeError::from(error)))?;
    let body = serde_json::json!({
        "signer": authorizer.address(),
        "purpose": authorizer.purpose().name(),
        "paused": !paused.is_empty(),
        "paused_for": paused,
        "audit_head": format!("{}:{}", head.seq, head.hash),
    });
    Ok(Json(body).into_response())
}

pub(super) async fn ready(served: State<Served>) -> Result<Response, Failure> {
    let known = served.authorizer.check_clock().await;
    known.map_err(|error| Failure::unavailable(&AuthorizeError::Chain(error)))?;
    let paused = served.authorizer.list_paused().await;
    let paused = paused.map_err(|error| Failure::unavailable(&AuthorizeError::from(error)))?;
    if !paused.is_empty() {
        return Err(Failure::not_ready(&Refusal::KeyPaused));
    }
    health(served).await
}

pub(super) async fn metrics(State(served): State<Served>) -> String {
    served.metrics.render()
}
