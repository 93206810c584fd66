//! Reading a range of blocks again.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::error::Problem;
use super::extract::Body;
use crate::app::replay::{self as use_case, BLOCKS_MAX};
use crate::app::session::Caller;

/// Differences that are listed one by one.
const LISTED_MAX: usize = 100;

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
    from_block: u64,
    to_block: u64,
    dry_run: bool,
    /// Logs of the contract on the chain.
    logs: usize,
    /// Journal entries on the chain.
    entries: usize,
    /// Logs that were not stored.
    missing_logs: usize,
    /// Numbers of entries that were not in the inbox; the first 100.
    missing_entries: Vec<u64>,
    /// What is stored and otherwise on the chain; the first 100. Nothing is added while there is anything.
    different: Vec<String>,
    added_logs: u64,
    added_entries: u64,
}

/// Reads a range of final blocks from the chain again and compares it with what is stored; then adds what is missing.
/// Nothing is changed or deleted, and a repeat adds nothing.
#[utoipa::path(post, path = "/monitoring/replay-events", tag = "monitoring", security(("session" = [])),
    request_body = Replay, responses((status = 200, body = ReplayAnswer)))]
pub async fn replay(
    State(server): State<Server>,
    caller: Caller,
    Body(body): Body<Replay>,
) -> Result<Json<ReplayAnswer>, Problem> {
    let Replay {
        from_block,
        to_block,
        dry_run,
    } = body;
    let is_range = to_block
        .checked_sub(from_block)
        .is_some_and(|more| more < BLOCKS_MAX);
    if !is_range {
        return Err(Problem::field(
            "to_block",
            "must be from_block or up to 1999 above",
        ));
    }
    let found = use_case::replay(&server.app, &caller, from_block..=to_block, dry_run).await?;
    Ok(Json(ReplayAnswer {
        from_block,
        to_block,
        dry_run,
        logs: found.logs,
        entries: found.entries,
        missing_logs: found.missing_logs.len(),
        missing_entries: found.missing_entries.into_iter().take(LISTED_MAX).collect(),
        different: found.different.into_iter().take(LISTED_MAX).collect(),
        added_logs: found.added.0,
        added_entries: found.added.1,
    }))
}
