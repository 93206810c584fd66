//! Commands quarantined because they cannot be read or posted, until an operator reviews them; later commands are posted.
//!
//! Not responsible for which commands those are: the posting worker judges. What the chain says is never quarantined; a
//! constraint of the table says so, too.

use std::error::Error;
use std::fmt::Write as _;

use alloy_primitives::B256;
use serde_json::json;
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::announcement::announce;
use crate::column::{Db, column};
use crate::deployment::hash;

/// Longest explanation that is kept, in characters; the table takes no more.
const DETAIL_CHARS_MAX: usize = 1_000;

names::names! {
    /// Why a command was quarantined.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum QuarantineCause {
        /// It is no cause that this program knows, or a field has a value that it cannot have.
        Unreadable = "unreadable",
        /// Only the chain can say what it says.
        NotACommand = "not_a_command",
        /// It is not what was fingerprinted when it was stored.
        FingerprintDiffers = "fingerprint_differs",
        /// It can be read, and the ledger does not take what would follow from it.
        Refused = "refused",
        /// It needs the signatures of operators, and has none that count.
        Unproven = "unproven",
    }
}

/// A command that is to be quarantined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its id in the inbox.
    pub inbox_id: i64,
    /// Why.
    pub cause: QuarantineCause,
    /// The same, for people.
    pub detail: String,
}

/// A command that is quarantined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Its id in the inbox.
    pub inbox_id: i64,
    /// Where it came from: `command` or `schedule`.
    pub source: String,
    /// Who sent it, and under which key.
    pub natural_key: String,
    /// Why it is quarantined; empty when nobody said.
    pub cause: String,
    /// The same, for people.
    pub detail: String,
    /// For how many seconds.
    pub age_seconds: u64,
    /// What it says, as stored.
    pub payload: String,
}

names::names! {
    /// How people end a quarantine.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum End {
        /// It waits to be posted again.
        Retried = "retried",
        /// It is never posted, and it is not reported any more.
        Dismissed = "dismissed",
    }
}

impl SetAside {
    /// A command with the reason for which it cannot be used.
    pub fn new(inbox_id: i64, cause: QuarantineCause, reason: &(dyn Error + 'static)) -> Self {
        let mut detail = reason.to_string();
        let mut source = reason.source();
        while let Some(error) = source {
            // Writing to a text cannot fail.
            let _ = write!(detail, ": {error}");
            source = error.source();
        }
        Self {
            inbox_id,
            cause,
            detail: detail.chars().take(DETAIL_CHARS_MAX).collect(),
        }
    }
}

/// Puts waiting commands aside.
///
/// # Errors
/// One of them does not wait, or is of the chain.
pub async fn insert(transaction: &mut PgTransaction<'_>, rows: &[SetAside]) -> Result<(), StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.inbox_id).collect();
    let marked = sqlx::query!(
        "UPDATE inbox SET quarantined = true WHERE id = ANY($1) AND fact_seq IS NULL AND NOT quarantined",
        &ids
    )
    .execute(&mut **transaction)
    .await?;
    if marked.rows_affected() != rows.len() as u64 {
        return Err(StoreError::corrupt("only a waiting command can be quarantined"));
    }
    sqlx::query!(
        "INSERT INTO inbox_quarantine (inbox_id, cause, detail)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[])",
        &ids,
        &column(rows, |row| row.cause.name()) as &[&str],
        &column(rows, |row| row.detail.as_str()) as &[&str],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// At most `limit` commands that are quarantined and that nobody dismissed, oldest first.
pub async fn list(connection: &mut PgConnection, limit: usize) -> Result<Vec<Quarantined>, StoreError> {
    Ok(sqlx::query_as!(
        Quarantined,
        r#"SELECT i.id AS inbox_id, i.source, i.natural_key, coalesce(q.cause, '') AS "cause!",
                  coalesce(q.detail, '') AS "detail!", left(i.payload::text, 2000) AS "payload!",
                  greatest(0, extract(epoch FROM clock_timestamp() - coalesce(q.at, i.received_at)))::bigint AS "age_seconds!: Db<u64>"
           FROM inbox AS i LEFT JOIN inbox_quarantine AS q ON q.inbox_id = i.id AND q.ended_as IS NULL
           WHERE i.quarantined
             AND NOT EXISTS (SELECT FROM inbox_quarantine AS d WHERE d.inbox_id = i.id AND d.ended_as = 'dismissed')
           ORDER BY i.id
           LIMIT $1"#,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?)
}

/// At most `limit` payout batches that are quarantined and that nobody gave up, oldest first.
pub async fn list_batches(connection: &mut PgConnection, limit: usize) -> Result<Vec<B256>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id FROM payout_batch
           WHERE state = 'quarantined' AND cancel_requested_at IS NULL ORDER BY requested_at, batch_id LIMIT $1"#,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| hash(&row.batch_id, "payout_batch.batch_id"))
        .collect()
}

/// Ends the quarantine of a command, as the database's owner. `false` when there is none, or it ended before.
pub async fn end(
    transaction: &mut PgTransaction<'_>,
    inbox_id: i64,
    end: End,
    why: &str,
) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "UPDATE inbox_quarantine SET ended_as = $2, ended_why = $3, ended_at = now()
         WHERE inbox_id = $1 AND ended_as IS NULL",
        inbox_id,
        end.name(),
        why,
    )
    .execute(&mut **transaction)
    .await?;
    if ended.rows_affected() != 1 {
        return Ok(false);
    }
    if end == End::Retried {
        sqlx::query!("UPDATE inbox SET quarantined = false WHERE id = $1", inbox_id)
            .execute(&mut **transaction)
            .await?;
        announce(transaction).await?;
    }
    sqlx::query!(
        "INSERT INTO audit_log (actor, action, subject, detail)
         VALUES (current_user, 'ledger.quarantine_ended', $1, $2)",
        inbox_id.to_string(),
        json!({ "ended_as": end.name(), "why": why }),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(true)
}
