//! Where the books stand on the chain, and the logs up to there.

use alloy_primitives::B256;
use audit::checks::Position;
use sqlx::PgTransaction;

use crate::StoreError;
use crate::chain_log::{LogRow, StoredLog, log_rows, signed};
use crate::column::Db;
use crate::deployment::{hash, natural};

/// Logs that are read at once: a history of any length is read in pieces.
pub const LOGS_AT_ONCE: usize = 100_000;

/// The last log that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The height of its block.
    pub block_number: u64,
    /// Its place there, when the rest of the block was not taken.
    pub log_index: Option<u32>,
}

/// The newest final block when everything up to it is posted, else the block of the last posting batch.
pub(super) async fn find(transaction: &mut PgTransaction<'_>) -> Result<Option<Position>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT b.seq, b.last_fact, b.block_number, b.block_hash,
                  (SELECT chain_block."timestamp" FROM chain_block WHERE chain_block.hash = b.block_hash)
                      AS posted_timestamp,
                  coalesce((SELECT i.chain_seq FROM inbox AS i
                            WHERE i.chain_seq IS NOT NULL AND i.fact_seq IS NOT NULL
                            ORDER BY i.chain_seq DESC LIMIT 1), 0) AS "chain_seq!",
                  c.final_number, c.final_hash, c.final_timestamp, c.final_seq
           FROM (SELECT seq, last_fact, block_number, block_hash FROM posting_batch ORDER BY seq DESC LIMIT 1) AS b
           CROSS JOIN checkpoint AS c"#
    )
    .fetch_optional(&mut **transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let is_caught_up = row.final_seq == row.chain_seq && row.final_number >= row.block_number;
    let (number, block_hash, timestamp) = if is_caught_up {
        (row.final_number, row.final_hash, row.final_timestamp)
    } else {
        let timestamp = row
            .posted_timestamp
            .ok_or(StoreError::corrupt("posting_batch.block_hash"))?;
        (row.block_number, row.block_hash, timestamp)
    };
    Ok(Some(Position {
        batch_seq: natural(row.seq, "posting_batch.seq")?,
        fact_seq: natural(row.last_fact, "posting_batch.last_fact")?,
        chain_seq: natural(row.chain_seq, "inbox.chain_seq")?,
        block_number: natural(number, "block_number")?,
        block_hash: hash(&block_hash, "block_hash")?,
        block_timestamp: natural(timestamp, "chain_block.timestamp")?,
    }))
}

pub(super) async fn is_amid_a_fact(transaction: &mut PgTransaction<'_>) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM open_fact) AS "open!""#)
            .fetch_one(&mut **transaction)
            .await?,
    )
}

pub(super) async fn list_logs(
    transaction: &mut PgTransaction<'_>,
    after: Cursor,
    through: u64,
) -> Result<Vec<StoredLog>, StoreError> {
    let rows = log_rows!(
        "FROM chain_block AS b JOIN chain_log AS l ON l.block_hash = b.hash
         WHERE b.canonical AND b.final AND b.number >= $1 AND b.number <= $2
           AND (b.number > $1 OR l.log_index > $3)
         ORDER BY b.number, l.log_index LIMIT $4",
        signed(after.block_number)?,
        signed(through)?,
        after.log_index.map_or(i64::from(i32::MAX), i64::from) as _,
        i64::try_from(LOGS_AT_ONCE).unwrap_or(i64::MAX),
    )
    .fetch_all(&mut **transaction)
    .await?;
    rows.into_iter().map(LogRow::read).collect()
}
