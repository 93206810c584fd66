//! Payout batches: reading them, and the operators' steps.

use alloy_primitives::B256;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use settlement::state::BatchState;
use store::api::payouts;
use store::payout_batch;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::approval::{ApprovalAnswer, Signature};
use super::code::Code;
use super::error::Problem;
use super::extract::{JsonBody, Path, Query};
use super::parse;
use super::payout_view::{BatchAnswer, BatchView};
use super::schema::{BatchStateName, Cursor, Hash, Wallet, WalletSignature};
use crate::app::access::{Handling, Looking, Operator};
use crate::app::payout as use_case;

/// Which batches, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BatchSearch {
    /// Only batches in this state.
    state: Option<BatchStateName>,
    /// Where the last page ended: its `next_cursor`.
    cursor: Option<Cursor>,
    /// Number of entries, 1 to 100; 50 when it is absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Batches, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchesAnswer {
    batches: Vec<BatchView>,
    /// For the next page; null on the last.
    #[schema(required = true)]
    next_cursor: Option<Cursor>,
}

/// What an approver looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The batch's `list_hash`: 32 bytes.
    list_hash: Hash,
    /// `expires` of the message.
    expires: u64,
    /// 65 bytes in hexadecimal with prefix, or what a contract wallet takes (EIP-1271).
    signature: WalletSignature,
    /// The wallet that signed, when it is another one of the same person than the one that is signed in.
    #[serde(default)]
    wallet: Option<Wallet>,
}

/// Batches of payouts, newest first.
#[utoipa::path(get, path = "/payouts", operation_id = "list_batches", tag = "payouts", security(("session" = [])), params(BatchSearch),
    responses((status = 200, body = BatchesAnswer)))]
pub async fn list(
    State(server): State<Server>,
    _: Operator<Looking>,
    Query(search): Query<BatchSearch>,
) -> Result<Json<BatchesAnswer>, Problem> {
    let limit = parse::page(search.limit)?;
    let below = parse::read_cursor('b', search.cursor.as_deref())?.unwrap_or((parse::NEWEST_US, B256::ZERO));
    let state = search.state.as_deref().map(|name| {
        let unknown = || Problem::because(Code::MalformedQuery, "state is not a valid batch state");
        BatchState::by_name(name).ok_or_else(unknown)
    });
    let state = state.transpose()?;
    let mut connection = server.app.connection().await?;
    let mut batches = payout_batch::list(&mut connection, state, below, limit + 1).await?;
    let next_cursor = parse::next_page(&mut batches, limit, |last| {
        parse::cursor('b', last.requested_at_us, last.id)
    });
    Ok(Json(BatchesAnswer {
        batches: batches.iter().map(BatchView::from).collect(),
        next_cursor,
    }))
}

/// A batch with its payouts, submissions, attempts and what happened to them.
#[utoipa::path(get, path = "/payouts/{id}", operation_id = "find_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = BatchAnswer)))]
pub async fn one(
    State(server): State<Server>,
    _: Operator<Looking>,
    Path(id): Path<String>,
) -> Result<Json<BatchAnswer>, Problem> {
    let id = batch_id(&id)?;
    let mut connection = server.app.connection().await?;
    let batch = payout_batch::find(&mut connection, id)
        .await?
        .ok_or_else(|| Problem::new(Code::UnknownBatch))?;
    let lines = payouts::list_lines(&mut connection, id).await?;
    let submissions = payouts::list_submissions(&mut connection, id).await?;
    let ids: Vec<i64> = submissions.iter().map(|submission| submission.id).collect();
    let attempts = payouts::list_attempts(&mut connection, &ids).await?;
    let events = payouts::list_events(&mut connection, &ids).await?;
    Ok(Json(BatchAnswer::of(
        &batch,
        lines,
        submissions,
        &attempts,
        &events,
    )))
}

/// The manifest of a sealed batch: which rewards it pays. Its keccak256 is signed.
#[utoipa::path(get, path = "/payouts/{id}/manifest", operation_id = "find_manifest", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, description = "The manifest", body = String, content_type = "text/plain")))]
pub async fn manifest(
    State(server): State<Server>,
    _: Operator<Looking>,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let id = batch_id(&id)?;
    let mut connection = server.app.connection().await?;
    if payout_batch::find(&mut connection, id).await?.is_none() {
        return Err(Problem::new(Code::UnknownBatch));
    }
    let manifest = payout_batch::find_manifest(&mut connection, id).await?;
    let manifest = manifest.ok_or_else(|| Problem::new(Code::NoManifest))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], manifest))
}

/// What operators sign for a sealed batch: who built it as the proposer, approvers as voters.
#[utoipa::path(get, path = "/payouts/{id}/approval", operation_id = "batch_approval", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = ApprovalAnswer)))]
pub async fn approval(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<ApprovalAnswer>, Problem> {
    let wanted = use_case::approval(&server.app, &caller, batch_id(&id)?).await?;
    Ok(Json(ApprovalAnswer::of(wanted, &server.app.domain())))
}

/// Takes an operator's signature over the list that the operator looked at. The batch is approved when the one who built
/// it and another person have signed.
#[utoipa::path(post, path = "/payouts/{id}/approve", operation_id = "approve_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    request_body = Approve, responses((status = 200, body = BatchView)))]
pub async fn approve(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<Approve>,
) -> Result<Json<BatchView>, Problem> {
    let id = batch_id(&id)?;
    let list_hash = parse::hash("list_hash", &body.list_hash)?;
    let signed = Signature {
        expires: body.expires,
        signature: body.signature,
        wallet: body.wallet,
    };
    let batch = use_case::approve(&server.app, &caller, id, list_hash, &signed.read()?).await?;
    Ok(Json(BatchView::from(&batch)))
}

/// Asks the settlement worker to have an approved batch signed, for half an hour of the chain's time. Safe to repeat; the
/// batch's state says when it is done.
#[utoipa::path(post, path = "/payouts/{id}/sign", operation_id = "sign_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = BatchView)))]
pub async fn sign(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    let batch = use_case::sign(&server.app, &caller, batch_id(&id)?).await?;
    Ok(Json(BatchView::from(&batch)))
}

/// Hands a signed batch over to the settlement worker.
#[utoipa::path(post, path = "/payouts/{id}/submit", operation_id = "submit_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = BatchView)))]
pub async fn submit(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    let batch = use_case::submit(&server.app, &caller, batch_id(&id)?).await?;
    Ok(Json(BatchView::from(&batch)))
}

/// While a batch is submitted, raises its fee; of an expired batch, requests a new one for those who are still due and
/// answers that.
#[utoipa::path(post, path = "/payouts/{id}/retry", operation_id = "retry_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = BatchView)))]
pub async fn retry(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    let batch = use_case::retry(&server.app, &caller, batch_id(&id)?).await?;
    Ok(Json(BatchView::from(&batch)))
}

/// Gives a batch up: at once before it can have been signed, else when its authorization is proven dead.
#[utoipa::path(post, path = "/payouts/{id}/cancel", operation_id = "cancel_batch", tag = "payouts", security(("session" = [])),
    params(("id" = Hash, Path, description = "The batch's id")),
    responses((status = 200, body = BatchView)))]
pub async fn cancel(
    State(server): State<Server>,
    caller: Operator<Handling>,
    Path(id): Path<String>,
) -> Result<Json<BatchView>, Problem> {
    let batch = use_case::cancel(&server.app, &caller, batch_id(&id)?).await?;
    Ok(Json(BatchView::from(&batch)))
}

fn batch_id(text: &str) -> Result<B256, Problem> {
    parse::hash("id", text).map_err(|_| {
        Problem::because(
            Code::MalformedPath,
            "a batch's id is 0x and 64 hexadecimal digits",
        )
    })
}
