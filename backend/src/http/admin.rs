//! What operators confirm about users: that something was checked, never what was seen.

use approval::Confirmed;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{IdempotencyKey, JsonBody, Path};
use super::parse;
use super::reserve::{CommandAnswer, MessageAnswer};
use super::schema::{IdempotencyKeyText, WalletSignature};
use crate::app::access::{Confirming, Operator};
use crate::app::confirm as use_case;

/// An operator's signature over what is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedWord {
    /// 65 bytes in hexadecimal with prefix: the signature of the wallet that is signed in.
    signature: WalletSignature,
}

/// What an operator signs to confirm that the identity of a user was checked; the `Idempotency-Key` is that of the command.
#[utoipa::path(get, path = "/admin/users/{id}/verify", operation_id = "verify_message", tag = "admin", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for the command, 1 to 128 printable ASCII characters")),
    responses((status = 200, body = MessageAnswer)))]
pub async fn verify_message(
    State(server): State<Server>,
    caller: Operator<Confirming>,
    Path(user): Path<i32>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Json<MessageAnswer>, Problem> {
    message(&server, &caller, Confirmed::Identity, user, &key).await
}

/// Accepts an operator's signed word that the identity of a user was checked; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/admin/users/{id}/verify", operation_id = "verify", tag = "admin", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this command, 1 to 128 printable ASCII characters")),
    request_body = SignedWord, responses((status = 202, body = CommandAnswer)))]
pub async fn verify(
    State(server): State<Server>,
    caller: Operator<Confirming>,
    Path(user): Path<i32>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<SignedWord>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    confirm(&server, &caller, Confirmed::Identity, user, &key, &body).await
}

/// What an operator signs to confirm that the tax number of a user is known; the `Idempotency-Key` is that of the command.
#[utoipa::path(get, path = "/admin/users/{id}/tax-id", operation_id = "tax_id_message", tag = "admin", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for the command, 1 to 128 printable ASCII characters")),
    responses((status = 200, body = MessageAnswer)))]
pub async fn tax_id_message(
    State(server): State<Server>,
    caller: Operator<Confirming>,
    Path(user): Path<i32>,
    IdempotencyKey(key): IdempotencyKey,
) -> Result<Json<MessageAnswer>, Problem> {
    message(&server, &caller, Confirmed::TaxId, user, &key).await
}

/// Accepts an operator's signed word that the tax number of a user is known; with the same `Idempotency-Key` a repeat changes nothing.
#[utoipa::path(post, path = "/admin/users/{id}/tax-id", operation_id = "tax_id", tag = "admin", security(("session" = [])),
    params(("id" = i32, Path, description = "Number of the user", minimum = 1),
           ("idempotency-key" = IdempotencyKeyText, Header, description = "The caller's idempotency key for this command, 1 to 128 printable ASCII characters")),
    request_body = SignedWord, responses((status = 202, body = CommandAnswer)))]
pub async fn tax_id(
    State(server): State<Server>,
    caller: Operator<Confirming>,
    Path(user): Path<i32>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(body): JsonBody<SignedWord>,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    confirm(&server, &caller, Confirmed::TaxId, user, &key, &body).await
}

async fn message(
    server: &Server,
    caller: &Operator<Confirming>,
    what: Confirmed,
    user: i32,
    key: &str,
) -> Result<Json<MessageAnswer>, Problem> {
    let confirmation = use_case::message(&server.app, caller, what, user, key).await?;
    Ok(Json(MessageAnswer::of(
        &confirmation.message(),
        &server.app.domain(),
    )))
}

async fn confirm(
    server: &Server,
    caller: &Operator<Confirming>,
    what: Confirmed,
    user: i32,
    key: &str,
    body: &SignedWord,
) -> Result<(StatusCode, Json<CommandAnswer>), Problem> {
    let signature = parse::signature(&body.signature)?;
    let stored = use_case::confirm(&server.app, caller, what, user, key, signature).await?;
    Ok((StatusCode::ACCEPTED, Json(stored.into())))
}
