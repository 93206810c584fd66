//! The disclosure shown to newcomers.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::schema::Hash;
use crate::app::disclose;

/// The disclosure.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisclosureAnswer {
    /// keccak256 of the text's bytes (UTF-8); goes into a registration.
    hash: Hash,
    /// To be shown in full before anyone pays.
    text: String,
}

/// The current disclosure: figures over all participants, terms and findings of the plan.
#[utoipa::path(get, path = "/disclosure", tag = "plan", responses((status = 200, body = DisclosureAnswer)))]
pub async fn disclosure(State(server): State<Server>) -> Result<Json<DisclosureAnswer>, Problem> {
    let document = disclose::present(&server.app).await?;
    Ok(Json(DisclosureAnswer {
        hash: document.hash.into(),
        text: document.text,
    }))
}
