//! Health, readiness and metrics.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;
use super::schema::SignerStateName;
use crate::app::readiness::{self, NotReady};

/// The process is running.
#[utoipa::path(get, path = "/health", tag = "operations", responses((status = 204, description = "The process is running")))]
pub async fn health() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// What the API knows of itself when it is ready.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyAnswer {
    /// Age of the newest final block in seconds; null before there is one.
    #[schema(required = true)]
    chain_age_seconds: Option<i64>,
    /// `available`, `paused` or `unavailable`. Without the signer there are no authorizations; everything else works.
    signer: SignerStateName,
}

/// The database answers, and the listener has seen the chain, whose time every authorization needs, not too long ago.
#[utoipa::path(get, path = "/ready", tag = "operations", responses((status = 200, body = ReadyAnswer)))]
pub async fn ready(State(server): State<Server>) -> Result<Json<ReadyAnswer>, Problem> {
    match readiness::look(&server.app).await {
        Ok(ready) => Ok(Json(ReadyAnswer {
            chain_age_seconds: ready.chain_age_seconds,
            signer: ready.signer.name().into(),
        })),
        Err(error @ (NotReady::NoChainTime | NotReady::ChainOld { .. })) => {
            Err(Problem::because(Code::ChainUnavailable, error.to_string()))
        }
        Err(NotReady::Store(error)) => {
            tracing::warn!(error = %service::ErrorChain(&error), "the database is not ready");
            Err(Problem::new(Code::NotReady))
        }
    }
}

/// Everything this process has recorded, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "The text format of Prometheus", body = String, content_type = "text/plain")))]
pub async fn metrics(State(server): State<Server>) -> Result<impl IntoResponse, Problem> {
    let metrics = server.metrics.ok_or_else(|| Problem::new(Code::NotFound))?;
    for (name, pool) in [("signed_in", &server.app.pool), ("reading", &server.app.reading)] {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        let used = pool.size().saturating_sub(idle);
        metrics::gauge!("trellis_backend_connections_used", "pool" => name).set(used);
    }
    Ok((
        [(header::CONTENT_TYPE, service::metrics::MEDIA_TYPE)],
        metrics.render(),
    ))
}
