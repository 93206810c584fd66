//! Replay requests of operators for ranges of blocks, and their results.
//!
//! The API stores a request, the listener carries it out and stores its outcome. Not responsible for reading the chain nor
//! for comparing.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use crate::StoreError;
use crate::cause_json;
use crate::chain_log::{LogRow, StoredLog, log_rows, signed};
use crate::column::Db;
use crate::deployment::hash;
use crate::inbox::ChainEntry;

/// Blocks of one range: what nodes serve at once.
pub const BLOCKS_MAX: u64 = 2_000;

/// How long a dry run speaks for a range, in seconds: someone looked at it just now.
const DRY_RUN_SECONDS: f64 = 3_600.0;

/// A journal entry as the inbox has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its number.
    pub seq: u64,
    /// Fingerprint of its content.
    pub fingerprint: B256,
    /// Its block.
    pub block_hash: B256,
    /// Its transaction.
    pub transaction_hash: B256,
}

impl StoredEntry {
    /// The entry as the inbox would have it.
    pub fn of(entry: &ChainEntry) -> Self {
        Self {
            seq: entry.seq,
            fingerprint: cause_json::write(&entry.cause).fingerprint,
            block_hash: entry.block.hash,
            transaction_hash: entry.transaction_hash,
        }
    }
}

/// A range that someone wants re-read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayRequest {
    /// Its number.
    pub id: i64,
    /// First block.
    pub from: u64,
    /// Last block.
    pub to: u64,
    /// Whether it is only to be compared.
    pub dry_run: bool,
}

/// What came of a request. The names are the stored format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReplayOutcome {
    /// Compared; and, unless it was a dry run, what was missing is added.
    Compared(Comparison),
    /// Something is stored otherwise: people have to look, and nothing was added.
    Contradicts(Comparison),
    /// Not all of it is final, here and on the chain.
    NotFinal {
        /// The last block that is.
        final_block: u64,
    },
    /// Nobody looked at what would be added.
    DryRunFirst,
    /// The range was not read.
    Unreadable {
        /// Why not.
        cause: String,
    },
}

/// What is stored of a range beside what the chain has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Logs that the chain has.
    pub logs: u64,
    /// Journal entries that the chain has.
    pub entries: u64,
    /// How many logs are not stored.
    pub missing_logs: u64,
    /// Numbers of journal entries that are not in the inbox, the first of them.
    pub missing_entries: Vec<u64>,
    /// What is stored and otherwise on the chain, in words, the first of it.
    pub different: Vec<String>,
    /// Logs that were added.
    pub added_logs: u64,
    /// Journal entries that were added.
    pub added_entries: u64,
}

/// Notes that a range is to be re-read; its number.
///
/// # Errors
/// Constraint `replay_request_range`.
pub async fn insert(
    connection: &mut PgConnection,
    operator: Address,
    from: u64,
    to: u64,
    dry_run: bool,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO replay_request (requested_by, from_block, to_block, dry_run) VALUES ($1, $2, $3, $4)
         RETURNING id",
        operator.as_slice(),
        signed(from)?,
        signed(to)?,
        dry_run
    )
    .fetch_one(connection)
    .await?)
}

/// A request and, once it is carried out, what came of it.
///
/// # Errors
/// An outcome that cannot be read.
pub async fn find(
    connection: &mut PgConnection,
    id: i64,
) -> Result<Option<(ReplayRequest, Option<ReplayOutcome>)>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT from_block AS "from!: Db<u64>", to_block AS "to!: Db<u64>", dry_run, result
           FROM replay_request WHERE id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let request = ReplayRequest {
        id,
        from: row.from.0,
        to: row.to.0,
        dry_run: row.dry_run,
    };
    let outcome = row.result.map(serde_json::from_value).transpose();
    let outcome = outcome.map_err(|_| StoreError::corrupt("replay_request.result"))?;
    Ok(Some((request, outcome)))
}

/// The oldest request that nobody has carried out yet.
pub async fn find_waiting(connection: &mut PgConnection) -> Result<Option<ReplayRequest>, StoreError> {
    Ok(sqlx::query_as!(
        ReplayRequest,
        r#"SELECT id, from_block AS "from!: Db<u64>", to_block AS "to!: Db<u64>", dry_run
           FROM replay_request WHERE finished_at IS NULL ORDER BY id LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?)
}

/// Notes what came of it.
pub async fn update_finished(
    connection: &mut PgConnection,
    id: i64,
    outcome: &ReplayOutcome,
) -> Result<(), StoreError> {
    let outcome =
        serde_json::to_value(outcome).map_err(|_| StoreError::corrupt("an outcome that is no JSON"))?;
    sqlx::query!(
        "UPDATE replay_request SET finished_at = now(), result = $2 WHERE id = $1 AND finished_at IS NULL",
        id,
        outcome
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether someone has just looked at this range in a dry run.
pub async fn was_dry_run(connection: &mut PgConnection, from: u64, to: u64) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM replay_request
               WHERE dry_run AND from_block = $1 AND to_block = $2
                 AND result ->> 'outcome' IN ('compared', 'contradicts')
                 AND finished_at > now() - make_interval(secs => $3)
           ) AS "found!""#,
        signed(from)?,
        signed(to)?,
        DRY_RUN_SECONDS
    )
    .fetch_one(connection)
    .await?)
}

/// Stored logs of canonical blocks of these heights, in the chain's order.
pub async fn list_logs(
    connection: &mut PgConnection,
    from: u64,
    to: u64,
) -> Result<Vec<StoredLog>, StoreError> {
    let rows = log_rows!(
        "FROM chain_log AS l JOIN chain_block AS b ON b.hash = l.block_hash AND b.canonical
         WHERE b.number BETWEEN $1 AND $2 ORDER BY l.block_number, l.log_index",
        signed(from)?,
        signed(to)?
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(LogRow::read).collect()
}

/// Which of these blocks are held as final.
pub async fn list_final(connection: &mut PgConnection, blocks: &[B256]) -> Result<Vec<B256>, StoreError> {
    let blocks: Vec<&[u8]> = blocks.iter().map(B256::as_slice).collect();
    let known = sqlx::query_scalar!(
        "SELECT hash FROM chain_block WHERE canonical AND final AND hash = ANY($1)",
        &blocks as &[&[u8]]
    )
    .fetch_all(connection)
    .await?;
    known
        .iter()
        .map(|bytes| hash(bytes, "chain_block.hash"))
        .collect()
}

/// Stored journal entries that have one of these numbers, or the number of a stored log of these heights.
pub async fn list_entries(
    connection: &mut PgConnection,
    (from, to): (u64, u64),
    seqs: &[u64],
) -> Result<Vec<StoredEntry>, StoreError> {
    let seqs = seqs
        .iter()
        .map(|seq| signed(*seq))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(sqlx::query_as!(
        StoredEntry,
        r#"SELECT chain_seq AS "seq!: Db<u64>", fingerprint AS "fingerprint!: Db<B256>",
                  block_hash AS "block_hash!: Db<B256>",
                  transaction_hash AS "transaction_hash!: Db<B256>"
           FROM inbox
           WHERE chain_seq = ANY($1)
              OR chain_seq IN (
                  SELECT l.seq
           FROM chain_log AS l JOIN chain_block AS b ON b.hash = l.block_hash AND b.canonical
                  WHERE b.number BETWEEN $2 AND $3 AND l.seq IS NOT NULL
              )
           ORDER BY chain_seq"#,
        &seqs,
        signed(from)?,
        signed(to)?
    )
    .fetch_all(connection)
    .await?)
}
