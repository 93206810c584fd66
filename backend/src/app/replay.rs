//! Has the listener re-read a range of final blocks and compare it with the stored one.
//!
//! The request is stored, the listener carries it out under its own role and stores what came of it; it is waited for as long
//! as a caller would. Not responsible for what is compared or added.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::json;
use sqlx::Connection;
use store::replay_request::{self, Comparison, ReplayOutcome, ReplayRequest};
use store::{StoreError, audit_log};
use thiserror::Error;
use tokio::time::Instant;

use super::App;
use super::access::{Looking, Mending, Operator};
use super::session::Caller;

/// Blocks of one range: what the listener reads at once.
pub const BLOCKS_MAX: u64 = replay_request::BLOCKS_MAX;

/// How long an answer is waited for. The listener looks for requests several times a second and reads a range in one.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A request, and what came of it if the listener has carried it out.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was requested.
    pub request: ReplayRequest,
    /// What came of it.
    pub comparison: Option<Comparison>,
}

/// Why a range is not read, or nothing was added.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// There is no such request.
    #[error("there is no such request")]
    UnknownRequest,
    /// Not all of it is final, here and on the chain.
    #[error("blocks above {0} are not final")]
    NotFinal(u64),
    /// Nobody looked at what would be added.
    #[error("run a dry run of the same range first")]
    DryRunFirst,
    /// Something is stored otherwise: people have to look, and nothing is added.
    #[error("stored data differs from the chain: {0}")]
    Contradicts(String),
    /// The range was not read.
    #[error("the range cannot be read: {0}")]
    Unreadable(String),
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::from_sqlx!(ReplayError);

/// Requests a range to be compared; waits a while for what comes of it.
pub async fn compare(
    app: &App,
    caller: &Operator<Looking>,
    range: RangeInclusive<u64>,
) -> Result<Answer, ReplayError> {
    replay(app, caller, range, true).await
}

/// Requests what is missing of a range to be added; waits a while for what comes of it.
pub async fn add(
    app: &App,
    caller: &Operator<Mending>,
    range: RangeInclusive<u64>,
) -> Result<Answer, ReplayError> {
    replay(app, caller, range, false).await
}

async fn replay(
    app: &App,
    caller: &Caller,
    range: RangeInclusive<u64>,
    dry_run: bool,
) -> Result<Answer, ReplayError> {
    let (from, to) = (*range.start(), *range.end());
    let mut connection = app.connection().await?;
    let mut transaction = connection.begin().await?;
    let id = replay_request::insert(&mut transaction, caller.wallet, from, to, dry_run).await?;
    let (subject, detail) = (format!("{from}-{to}"), json!({ "request": id }));
    let action = if dry_run {
        "events.comparison_requested"
    } else {
        "events.replay_requested"
    };
    audit_log::insert(&mut transaction, caller.wallet, action, &subject, &detail).await?;
    transaction.commit().await?;
    drop(connection);
    let deadline = Instant::now() + ANSWERED_WITHIN;
    loop {
        let answer = look(app, id).await?;
        if answer.comparison.is_some() || Instant::now() >= deadline {
            return Ok(answer);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A request by its number.
///
/// # Errors
/// [`ReplayError`], as when it was requested.
pub async fn find(app: &App, _: &Operator<Looking>, id: i64) -> Result<Answer, ReplayError> {
    look(app, id).await
}

async fn look(app: &App, id: i64) -> Result<Answer, ReplayError> {
    let mut connection = app.connection().await?;
    let found = replay_request::find(&mut connection, id).await?;
    let (request, outcome) = found.ok_or(ReplayError::UnknownRequest)?;
    let comparison = match outcome {
        None => None,
        Some(ReplayOutcome::Compared(comparison)) => Some(comparison),
        Some(ReplayOutcome::Contradicts(comparison)) => {
            let first = comparison.different.into_iter().next();
            return Err(ReplayError::Contradicts(first.unwrap_or_default()));
        }
        Some(ReplayOutcome::NotFinal { final_block }) => return Err(ReplayError::NotFinal(final_block)),
        Some(ReplayOutcome::DryRunFirst) => return Err(ReplayError::DryRunFirst),
        Some(ReplayOutcome::Unreadable { cause }) => return Err(ReplayError::Unreadable(cause)),
    };
    Ok(Answer { request, comparison })
}
