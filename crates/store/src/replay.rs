//! Replaying facts in order, to rebuild a writer's state or to verify a ledger.

use alloy_primitives::B256;
use sqlx::PgConnection;

use crate::StoreError;
use crate::cause_json;
use crate::column::Db;
use crate::deployment::natural;
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
    pub prev_hash: B256,
}

/// At most `limit` facts after number `after`, in order.
pub async fn list_facts(
    connection: &mut PgConnection,
    after: u64,
    limit: usize,
) -> Result<Vec<NumberedFact>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT f.seq AS "seq!: Db<u64>", f.batch_seq AS "batch_seq!: Db<u64>", i.id,
                  i.payload::text AS "payload!", i.fingerprint AS "fingerprint!: Db<B256>",
                  i.effective_at AS "effective_at!: Db<u64>", i.chain_seq, i.block_number,
                  i.block_hash, i.transaction_hash
           FROM fact AS f
         JOIN inbox AS i ON i.id = f.inbox_id
         WHERE f.seq > $1
         ORDER BY f.seq
         LIMIT $2"#,
        i64::try_from(after).unwrap_or(i64::MAX),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in rows {
        facts.push(NumberedFact {
            seq: row.seq.0,
            batch_seq: row.batch_seq.0,
            entry: Entry {
                id: row.id,
                cause: cause_json::read(&row.payload).map_err(|_| StoreError::corrupt("inbox.payload"))?,
                fingerprint: row.fingerprint.0,
                effective_at: row.effective_at.0,
                chain: chain_of(row.chain_seq, row.block_number, row.block_hash.as_deref())?,
                transaction_hash: transaction_of(row.transaction_hash.as_deref())?,
            },
        });
    }
    Ok(facts)
}

/// The last posted batch; `None` before the first.
pub async fn find_last_batch(connection: &mut PgConnection) -> Result<Option<LastBatch>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT seq AS "seq!: Db<u64>", first_fact AS "first_fact!: Db<u64>",
                  last_fact AS "last_fact!: Db<u64>", block_number AS "block_number!: Db<u64>",
                  block_hash AS "block_hash!: Db<B256>", prev_hash AS "prev_hash!: Db<B256>",
                  hash AS "hash!: Db<B256>",
                  (SELECT max(chain_seq) FROM inbox WHERE fact_seq IS NOT NULL) AS chain_seq
           FROM posting_batch
         ORDER BY seq DESC
         LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(LastBatch {
        tail: Tail {
            batch_seq: row.seq.0,
            fact_seq: row.last_fact.0,
            hash: row.hash.0,
            block: BlockRef {
                number: row.block_number.0,
                hash: row.block_hash.0,
            },
            chain_seq: natural(row.chain_seq.unwrap_or(0), "inbox.chain_seq")?,
        },
        first_fact: row.first_fact.0,
        prev_hash: row.prev_hash.0,
    }))
}
