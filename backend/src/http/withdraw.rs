//! A user's request to be paid by the next batch.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::schema::Hash;
use crate::app::session::Caller;
use crate::app::withdraw as use_case;

/// A noted wish. Operators build batches; who asked comes first.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawAnswer {
    id: i64,
    /// Seconds since 1970-01-01 UTC.
    requested_at: i64,
    /// The batch that the user is part of; null until there is one.
    #[schema(required = true)]
    batch_id: Option<Hash>,
}

/// Requests inclusion in the next batch of payouts; while the wish is open, a repeat finds it.
#[utoipa::path(post, path = "/users/withdraw", tag = "users", security(("session" = [])),
    responses((status = 202, body = WithdrawAnswer)))]
pub async fn withdraw(
    State(server): State<Server>,
    caller: Caller,
) -> Result<(StatusCode, Json<WithdrawAnswer>), Problem> {
    let wish = use_case::ask(&server.app, &caller).await?;
    let answer = WithdrawAnswer {
        id: wish.id,
        requested_at: wish.requested_at,
        batch_id: wish.batch.map(Hash::from),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
