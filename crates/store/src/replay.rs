//! Replaying facts in order, to rebuild a writer's state or to verify a ledger.

use sqlx::PgConnection;

use crate::StoreError;
use crate::cause_json;
use crate::deployment::{hash, natural};
use crate::inbox::{BlockRef, Entry, chain_of, transaction_of};
use crate::posting::Tail;

/// A fact with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedFact {
    /// Its number, from 1.
    pub seq: u64,
    /// The batch that posted it.
    pub batch_seq: u64,
    /// Its cause.
    pub entry: Entry,
}

/// The last batch, and where it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastBatch {
    /// The end of what is posted.
    pub tail: Tail,
    /// Its first fact.
    pub first_fact: u64,
    /// Hash of the batch before it.
    pub prev_hash: alloy_primitives::B256,
}

/// At most `limit` facts after number `after`, in order.
///
/// # Errors
/// A stored cause that cannot be read.
pub async fn list_facts(
    connection: &mut PgConnection,
    after: u64,
    limit: usize,
) -> Result<Vec<NumberedFact>, StoreError> {
    let rows = sqlx::query!(
        "SELECT f.seq, f.batch_seq, i.id, i.payload::text AS \"payload!\", i.fingerprint, i.effective_at,
             i.chain_seq, i.block_number, i.block_hash, i.transaction_hash
         FROM fact AS f
         JOIN inbox AS i ON i.id = f.inbox_id
         WHERE f.seq > $1
         ORDER BY f.seq
         LIMIT $2",
        i64::try_from(after).unwrap_or(i64::MAX),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        facts.push(NumberedFact {
            seq: natural(row.seq, "fact.seq")?,
            batch_seq: natural(row.batch_seq, "fact.batch_seq")?,
            entry: Entry {
                id: row.id,
                cause: cause_json::read(&row.payload).map_err(|_| StoreError::corrupt("inbox.payload"))?,
                fingerprint: hash(&row.fingerprint, "inbox.fingerprint")?,
                effective_at: natural(row.effective_at, "inbox.effective_at")?,
                chain: chain_of(row.chain_seq, row.block_number, row.block_hash.as_deref())?,
                transaction_hash: transaction_of(row.transaction_hash.as_deref())?,
            },
        });
    }
    Ok(facts)
}

/// The last posted batch; `None` before the first.
///
/// # Errors
/// The database does not respond.
pub async fn find_last_batch(connection: &mut PgConnection) -> Result<Option<LastBatch>, StoreError> {
    let row = sqlx::query!(
        "SELECT seq, first_fact, last_fact, block_number, block_hash, prev_hash, hash,
             (SELECT max(chain_seq) FROM inbox WHERE fact_seq IS NOT NULL) AS chain_seq
         FROM posting_batch
         ORDER BY seq DESC
         LIMIT 1"
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(LastBatch {
        tail: Tail {
            batch_seq: natural(row.seq, "posting_batch.seq")?,
            fact_seq: natural(row.last_fact, "posting_batch.last_fact")?,
            hash: hash(&row.hash, "posting_batch.hash")?,
            block: BlockRef {
                number: natural(row.block_number, "posting_batch.block_number")?,
                hash: hash(&row.block_hash, "posting_batch.block_hash")?,
            },
            chain_seq: natural(row.chain_seq.unwrap_or(0), "inbox.chain_seq")?,
        },
        first_fact: natural(row.first_fact, "posting_batch.first_fact")?,
        prev_hash: hash(&row.prev_hash, "posting_batch.prev_hash")?,
    }))
}
