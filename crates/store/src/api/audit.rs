//! The audit log, as people read it: newest first, by who did what to what, and when.

use alloy_primitives::B256;
use serde_json::Value;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// Rows that one page looks through at most. Of several filters one uses an index, and the others are applied to what it finds.
pub const SCANNED_MAX: i64 = 5_000;

/// What is looked for; all of it must hold. Times are in microseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Who did it, as stored.
    pub actor: Option<String>,
    /// What was done.
    pub action: Option<String>,
    /// To what.
    pub subject: Option<String>,
    /// Not before this.
    pub from_us: i64,
    /// Before this.
    pub to_us: i64,
}

/// A place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// The row's number.
    pub id: i64,
}

/// A row, with its seal once it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// When, in microseconds since 1970-01-01 UTC.
    pub at_us: i64,
    /// Who did it: a wallet, `settlement`, or a role of the database.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More.
    pub detail: Value,
    /// Its place in the hash chain.
    pub seal_seq: Option<i64>,
    /// The chain's hash up to it.
    pub seal_hash: Option<B256>,
}

/// A page of the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Position>,
}

impl Filter {
    /// The filter that uses an index: the one that finds fewest as a rule.
    const fn leading(&self) -> &'static str {
        if self.subject.is_some() {
            "subject"
        } else if self.actor.is_some() {
            "actor"
        } else if self.action.is_some() {
            "action"
        } else {
            "at"
        }
    }
}

/// Rows of a filter below a place, newest first: at most `limit`, of at most [`SCANNED_MAX`] that are looked through.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    below: Position,
    limit: i64,
) -> Result<Found, StoreError> {
    let rows = sqlx::query_file!(
        "src/api/audit/list.sql",
        filter.leading(),
        filter.actor.as_deref(),
        filter.action.as_deref(),
        filter.subject.as_deref(),
        filter.from_us,
        filter.to_us,
        below.at_us,
        below.id,
        SCANNED_MAX,
        limit.saturating_add(1)
    )
    .fetch_all(connection)
    .await?;
    let scanned = rows
        .first()
        .and_then(|row| Some((row.scanned?, row.end_at_us?, row.end_id?)));
    let mut entries = Vec::new();
    for row in rows {
        // A row of the window's end alone when nothing in it is asked for.
        let (Some(id), Some(at_us)) = (row.id, row.at_us) else {
            continue;
        };
        entries.push(Entry {
            id,
            at_us,
            actor: row.actor.unwrap_or_default(),
            action: row.action.unwrap_or_default(),
            subject: row.subject.unwrap_or_default(),
            detail: row.detail.unwrap_or_default(),
            seal_seq: row.seal_seq,
            seal_hash: row.seal_hash.0,
        });
    }
    let is_more = i64::try_from(entries.len()).is_ok_and(|found| found > limit);
    let next = if is_more {
        entries.pop();
        entries.last().map(|last| Position {
            at_us: last.at_us,
            id: last.id,
        })
    } else {
        scanned
            .filter(|(count, _, _)| *count >= SCANNED_MAX)
            .map(|(_, at_us, id)| Position { at_us, id })
    };
    Ok(Found { entries, next })
}

/// How many rows the index of a filter's leading part finds in its time, but at most `max`: what listing all of it looks through.
pub async fn count_scanned(
    connection: &mut PgConnection,
    filter: &Filter,
    max: i64,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_file_scalar!(
        "src/api/audit/count.sql",
        filter.leading(),
        filter.actor.as_deref(),
        filter.action.as_deref(),
        filter.subject.as_deref(),
        filter.from_us,
        filter.to_us,
        max
    )
    .fetch_one(connection)
    .await?)
}
