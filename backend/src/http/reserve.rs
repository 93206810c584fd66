//! Opting in to, or out of, reserving pool rewards of a tier.

use approval::{Domain, Message, ReserveCommand};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use plan::ReserveChoice;
use serde::{Deserialize, Serialize};
use store::inbox::Stored;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::error::Problem;
use super::extract::{IdempotencyKey, JsonBody, OwnUser, Query};
use super::parse;
use super::schema::{Hash, IdempotencyKeyText, WalletSignature};
use super::typed_data::TypedData;
use crate::app::reserve as use_case;

/// A choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reserve {
    #[schema(minimum = 1, maximum = 255)]
    tier: u8,
    choice: Choice,
    /// The wallet's signature over the choice: 65 bytes in hexadecimal with prefix. `GET /users/{id}/reserve` has the message.
    signature: WalletSignature,
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
    #[schema(required = true)]
    fact_seq: Option<u64>,
}

/// Which choice is to be signed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReserveSearch {
    /// The tier whose rewards it is about.
    #[param(minimum = 1, maximum = 255)]
    tier: u8,
    /// Whether they are reserved.
    choice: Choice,
}

impl From<Stored> for CommandAnswer {
    fn from(stored: Stored) -> Self {
        Self {
            command_id: stored.inbox_id,
            fact_seq: stored.fact_seq,
        }
    }
}

/// A message for the author's wallet (`eth_signTypedData_v4`).
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageAnswer {
    typed_data: TypedData,
    /// What is hashed and signed: 32 bytes.
    digest: Hash,
}

impl MessageAnswer {
    pub(super) fn of(message: &Message, domain: &Domain) -> Self {
        Self {
            digest: message.digest(domain).into(),
            typed_data: TypedData::of(message, domain),
        }
    }
}

/// What a user signs to reserve the rewards of a tier, or to stop; the `Idempotency-Key` is that of the command.
#[utoipa::path(get, path = "/users/{id}/reserve", operation_id = "reserve_message", tag = "users", security(("session" = [])), params(ReserveSearch,
    ("id" = i32, Path, description = "Number of the user", minimum = 1),
    ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for the command, 1 to 128 printable ASCII characters")),
    responses((status = 200, body = MessageAnswer)))]
pub async fn message(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    Query(search): Query<ReserveSearch>,
) -> Result<Json<MessageAnswer>, Problem> {
    let message = ReserveCommand {
        wallet: user.wallet,
        tier: search.tier,
        reserve: matches!(search.choice, Choice::In),
        nonce: approval::command_nonce(&key),
    }
    .message();
    Ok(Json(MessageAnswer::of(&message, &server.app.domain())))
}

/// Accepts a choice about reserving; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/users/{id}/reserve", tag = "users", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this command, 1 to 128 printable ASCII characters")),
    request_body = Reserve, responses((status = 202, body = CommandAnswer)))]
pub async fn reserve(
    State(server): State<Server>,
    OwnUser(user): OwnUser,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<Reserve>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    let choice = match body.choice {
        Choice::In => ReserveChoice::In,
        Choice::Out => ReserveChoice::Out,
    };
    let signature = parse::signature(&body.signature)?;
    let stored = use_case::choose(&server.app, &user, body.tier, choice, &key, signature).await?;
    Ok((StatusCode::ACCEPTED, Json(stored.into())))
}
