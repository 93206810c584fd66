//! Ranges of blocks that operators had read again: what is stored of them, and what came of it.
//!
//! Not responsible for reading the chain nor for comparing.

use alloy_primitives::{Address, B256, Bytes, LogData};
use serde_json::Value;
use sqlx::PgConnection;

use crate::StoreError;
use crate::cause_json;
use crate::chain_log::{StoredLog, signed};
use crate::deployment::{hash, natural};
use crate::inbox::ChainEntry;

/// How long a dry run speaks for a range, in seconds: somebody looked at it just now.
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
    #[must_use]
    pub fn of(entry: &ChainEntry) -> Self {
        Self {
            seq: entry.seq,
            fingerprint: cause_json::write(&entry.cause).fingerprint,
            block_hash: entry.block.hash,
            transaction_hash: entry.transaction_hash,
        }
    }
}

/// Notes that a range is going to be read again; its number.
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
    let id = sqlx::query_scalar!(
        "INSERT INTO replay_request (requested_by, from_block, to_block, dry_run) VALUES ($1, $2, $3, $4)
         RETURNING id",
        operator.as_slice(),
        signed(from)?,
        signed(to)?,
        dry_run
    )
    .fetch_one(connection)
    .await?;
    Ok(id)
}

/// Notes what came of it.
///
/// # Errors
/// The database does not answer.
pub async fn update_finished(
    connection: &mut PgConnection,
    id: i64,
    result: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE replay_request SET finished_at = now(), result = $2 WHERE id = $1 AND finished_at IS NULL",
        id,
        result
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether somebody has just looked at this range in a dry run.
///
/// # Errors
/// The database does not answer.
pub async fn was_dry_run(connection: &mut PgConnection, from: u64, to: u64) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM replay_request
               WHERE dry_run AND from_block = $1 AND to_block = $2
                 AND finished_at > now() - make_interval(secs => $3)
           ) AS "found!""#,
        signed(from)?,
        signed(to)?,
        DRY_RUN_SECONDS
    )
    .fetch_one(connection)
    .await?;
    Ok(found)
}

/// Stored logs of canonical blocks of these heights, in the chain's order.
///
/// # Errors
/// The database does not answer.
pub async fn list_logs(
    connection: &mut PgConnection,
    from: u64,
    to: u64,
) -> Result<Vec<StoredLog>, StoreError> {
    let rows = sqlx::query!(
        "SELECT l.block_number, l.block_hash, l.log_index, l.transaction_hash, l.transaction_index, l.topics, l.data,
                l.seq
         FROM chain_log AS l JOIN chain_block AS b ON b.hash = l.block_hash AND b.canonical
         WHERE b.number BETWEEN $1 AND $2 ORDER BY l.block_number, l.log_index",
        signed(from)?,
        signed(to)?
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let topics = row.topics.iter().map(|topic| hash(topic, "chain_log.topics"));
            let index =
                |index: i32| u32::try_from(index).map_err(|_| StoreError::corrupt("chain_log.log_index"));
            Ok(StoredLog {
                block_number: natural(row.block_number, "chain_log.block_number")?,
                block_hash: hash(&row.block_hash, "chain_log.block_hash")?,
                log_index: index(row.log_index)?,
                transaction_hash: hash(&row.transaction_hash, "chain_log.transaction_hash")?,
                transaction_index: index(row.transaction_index)?,
                data: LogData::new_unchecked(topics.collect::<Result<_, _>>()?, Bytes::from(row.data)),
                seq: row.seq.map(|seq| natural(seq, "chain_log.seq")).transpose()?,
            })
        })
        .collect()
}

/// Which of these blocks are held as final.
///
/// # Errors
/// The database does not answer.
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
///
/// # Errors
/// The database does not answer.
pub async fn list_entries(
    connection: &mut PgConnection,
    (from, to): (u64, u64),
    seqs: &[u64],
) -> Result<Vec<StoredEntry>, StoreError> {
    let seqs = seqs
        .iter()
        .map(|seq| signed(*seq))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = sqlx::query!(
        r#"SELECT chain_seq AS "seq!", fingerprint, block_hash AS "block_hash!",
                  transaction_hash AS "transaction_hash!"
           FROM inbox
           WHERE chain_seq = ANY($1)
              OR chain_seq IN (
                  SELECT l.seq FROM chain_log AS l JOIN chain_block AS b ON b.hash = l.block_hash AND b.canonical
                  WHERE b.number BETWEEN $2 AND $3 AND l.seq IS NOT NULL
              )
           ORDER BY chain_seq"#,
        &seqs,
        signed(from)?,
        signed(to)?
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredEntry {
                seq: natural(row.seq, "inbox.chain_seq")?,
                fingerprint: hash(&row.fingerprint, "inbox.fingerprint")?,
                block_hash: hash(&row.block_hash, "inbox.block_hash")?,
                transaction_hash: hash(&row.transaction_hash, "inbox.transaction_hash")?,
            })
        })
        .collect()
}
