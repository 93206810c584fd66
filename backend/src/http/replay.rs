//! Re-reading a range of blocks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::replay_request::ReplayRequest;
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::{JsonBody, Path};
use crate::app::access::{Looking, Mending, Operator};
use crate::app::replay::{self as use_case, Answer, BLOCKS_MAX};

/// A range of final blocks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    from_block: u64,
    /// At most 2000 blocks in all.
    to_block: u64,
    /// Only compare; has to come first, within the hour before.
    dry_run: bool,
}

/// What is stored of the range beside what the chain has.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    id: i64,
    from_block: u64,
    to_block: u64,
    dry_run: bool,
    /// Logs of the contract on the chain.
    logs: u64,
    /// Journal entries on the chain.
    entries: u64,
    /// Logs that were not stored.
    missing_logs: u64,
    /// Numbers of entries that were not in the inbox; the first 100.
    missing_entries: Vec<u64>,
    /// What is stored and otherwise on the chain; the first 100. Nothing is added while there is anything.
    different: Vec<String>,
    added_logs: u64,
    added_entries: u64,
}

/// A request that the listener has not carried out yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayWaiting {
    /// To request it again.
    id: i64,
    from_block: u64,
    to_block: u64,
    dry_run: bool,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let ReplayRequest {
            id,
            from: from_block,
            to: to_block,
            dry_run,
        } = self.request;
        let Some(found) = self.comparison else {
            let waiting = ReplayWaiting {
                id,
                from_block,
                to_block,
                dry_run,
            };
            return (StatusCode::ACCEPTED, Json(waiting)).into_response();
        };
        Json(ReplayAnswer {
            id,
            from_block,
            to_block,
            dry_run,
            logs: found.logs,
            entries: found.entries,
            missing_logs: found.missing_logs,
            missing_entries: found.missing_entries,
            different: found.different,
            added_logs: found.added_logs,
            added_entries: found.added_entries,
        })
        .into_response()
    }
}

/// Has the listener read a range of final blocks from the chain again and compare it with what is stored; then add what is
/// missing. Nothing is changed or deleted, and a repeat adds nothing. 202 when the listener takes longer.
#[utoipa::path(post, path = "/monitoring/replay-events", operation_id = "replay_events", tag = "monitoring", security(("session" = [])),
    request_body = Replay, responses((status = 200, body = ReplayAnswer), (status = 202, body = ReplayWaiting)))]
pub async fn replay(
    State(server): State<Server>,
    caller: Operator<Looking>,
    JsonBody(body): JsonBody<Replay>,
) -> Result<Answer, Problem> {
    let Replay {
        from_block,
        to_block,
        dry_run,
    } = body;
    let mender = match dry_run {
        true => None,
        false => Some(Operator::<Mending>::admit(&server.app, &caller).await?),
    };
    let is_range = to_block
        .checked_sub(from_block)
        .is_some_and(|more| more < BLOCKS_MAX);
    if !is_range {
        return Err(Problem::field(
            "to_block",
            "must be from_block or up to 1999 above",
        ));
    }
    let range = from_block..=to_block;
    Ok(match mender {
        None => use_case::compare(&server.app, &caller, range).await?,
        Some(mender) => use_case::add(&server.app, &mender, range).await?,
    })
}

/// What came of a request to read a range again; 202 while it waits for the listener.
#[utoipa::path(get, path = "/monitoring/replay-events/{id}", operation_id = "find_replay", tag = "monitoring", security(("session" = [])),
    params(("id" = i64, Path, description = "Number of the request", minimum = 1)), responses((status = 200, body = ReplayAnswer), (status = 202, body = ReplayWaiting)))]
pub async fn one(
    State(server): State<Server>,
    caller: Operator<Looking>,
    Path(id): Path<i64>,
) -> Result<Answer, Problem> {
    Ok(use_case::find(&server.app, &caller, id).await?)
}
