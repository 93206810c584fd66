//! Whether the process lives, whether it can work, and what it measured.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use super::Server;
use super::code::Code;
use super::error::Problem;
use store::authorization;

/// The process lives.
#[utoipa::path(get, path = "/health", tag = "operations", responses((status = 204)))]
pub async fn health() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The database answers and the listener has seen the chain, whose time every authorization needs. The signer is
/// not asked: without it everything but authorizations works.
#[utoipa::path(get, path = "/ready", tag = "operations", responses((status = 204)))]
pub async fn ready(State(server): State<Server>) -> Result<StatusCode, Problem> {
    let asked = async {
        let mut connection = server.app.connection().await?;
        authorization::find_chain_time(&mut connection).await
    };
    match asked.await {
        Ok(Some(_)) => Ok(StatusCode::NO_CONTENT),
        Ok(None) => Err(Problem::new(Code::ChainUnavailable)),
        Err(error) => {
            tracing::warn!(error = %telemetry::ErrorChain(&error), "the database is not ready");
            Err(Problem::new(Code::NotReady))
        }
    }
}

/// Everything this process has recorded, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(State(server): State<Server>) -> Result<impl IntoResponse, Problem> {
    let metrics = server.metrics.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics.render(),
    ))
}
