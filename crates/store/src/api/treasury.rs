//! What the ledger has, over all accounts of a kind.

use alloy_primitives::B256;
use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Sums of the balances of all accounts of a kind, on the side on which the kind grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindTotal {
    /// Name of the kind.
    pub kind: String,
    /// Cause of a breakage or clearing account, or tier; 0 for other kinds.
    pub detail: i32,
    /// Credits.
    pub credits: Amount,
    /// Debits.
    pub debits: Amount,
    /// Debits that are pending.
    pub debits_pending: Amount,
}

/// The last posting batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastBatch {
    /// The last fact.
    pub fact_seq: i64,
    /// The last block of which everything is posted.
    pub block_number: i64,
    /// Its hash.
    pub block_hash: B256,
}

/// Sums by kind and detail.
pub async fn list_totals(connection: &mut PgConnection) -> Result<Vec<KindTotal>, StoreError> {
    Ok(sqlx::query_as!(
        KindTotal,
        r#"SELECT kind, detail, credits AS "credits: DbAmount", debits AS "debits: DbAmount",
                  debits_pending AS "debits_pending: DbAmount"
           FROM kind_total ORDER BY kind, detail"#
    )
    .fetch_all(connection)
    .await?)
}

/// The last posting batch, if there is one.
pub async fn find_last_batch(connection: &mut PgConnection) -> Result<Option<LastBatch>, StoreError> {
    Ok(sqlx::query_as!(
        LastBatch,
        r#"SELECT last_fact AS fact_seq, block_number, block_hash AS "block_hash!: Db<B256>"
           FROM posting_batch ORDER BY seq DESC LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?)
}
