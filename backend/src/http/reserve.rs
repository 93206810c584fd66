//! Opting in to, or out of, reserving pool rewards of a tier.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use plan::ReserveChoice;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{Body, IdempotencyKey, Segments};
use crate::app::reserve as use_case;
use crate::app::session::Caller;

/// A choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    tier: u8,
    choice: Choice,
}

/// Whether the rewards of the tier are reserved towards the price of the next.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// They are.
    In,
    /// They are not, and what is reserved is released.
    Out,
}

/// An accepted command. It has effect when it is posted.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommandAnswer {
    /// Identifies the command.
    command_id: i64,
    /// Number of the fact, once it is posted.
    fact_seq: Option<u64>,
}

/// Accepts a choice about reserving; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/users/{id}/reserve", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user"),
           ("idempotency-key" = String, Header, description = "The caller's own name for this command, 1 to 128 printable ASCII characters")),
    request_body = Reserve, responses((status = 202, body = CommandAnswer)))]
pub async fn reserve(
    State(server): State<Server>,
    caller: Caller,
    Segments(id): Segments<i32>,
    IdempotencyKey(key): IdempotencyKey,
    Body(body): Body<Reserve>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    let choice = match body.choice {
        Choice::In => ReserveChoice::In,
        Choice::Out => ReserveChoice::Out,
    };
    let stored = use_case::choose(&server.app, &caller, id, body.tier, choice, &key).await?;
    let answer = CommandAnswer {
        command_id: stored.inbox_id,
        fact_seq: stored.fact_seq,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}
