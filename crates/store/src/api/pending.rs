//! What a wallet did on the chain that the ledger does not count yet: not final, or final and not posted.

use alloy_primitives::{Address, B256, Bytes, LogData};
use sqlx::PgConnection;

use crate::StoreError;

/// Entries shown of one wallet: more than anyone has between two blocks of finality.
const PENDING_MAX: i64 = 50;

/// An event of the contract that names a wallet as user, or as something else: its reader has to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The event.
    pub log: LogData,
    /// Block that holds it now; a fork may move or drop it.
    pub block_number: i64,
    /// Transaction that caused it.
    pub transaction_hash: B256,
    /// Whether its block is final, so that it only waits to be posted.
    pub is_final: bool,
    /// Whether the first thing that the event names is a root of ours: of a payout it says that a leaf was settled.
    pub names_root: bool,
}

/// What is pending of a wallet, oldest first. Provisional: only what is posted counts.
pub async fn list(connection: &mut PgConnection, wallet: Address) -> Result<Vec<Pending>, StoreError> {
    let topic = wallet.into_word();
    let rows = sqlx::query!(
        r#"WITH waiting AS (
               SELECT DISTINCT block_hash, transaction_hash FROM chain_log
               WHERE seq > coalesce((SELECT max(chain_seq) FROM inbox WHERE fact_seq IS NOT NULL), 0)
           )
           SELECT l.topics, l.data, l.block_number, l.transaction_hash, b.final AS is_final,
               EXISTS (SELECT FROM liabilities_root r WHERE r.root = l.topics[2]) AS "names_root!"
           FROM waiting
           JOIN chain_block b ON b.hash = waiting.block_hash AND b.canonical
           JOIN chain_log l ON l.block_hash = waiting.block_hash AND l.transaction_hash = waiting.transaction_hash
           WHERE $1 IN (l.topics[2], l.topics[3])
           ORDER BY l.block_number, l.log_index
           LIMIT $2"#,
        topic.as_slice(),
        PENDING_MAX
    )
    .fetch_all(connection)
    .await?;
    let pending = rows.into_iter().map(|row| Pending {
        log: LogData::new_unchecked(
            row.topics.iter().map(|topic| B256::from_slice(topic)).collect(),
            Bytes::from(row.data),
        ),
        block_number: row.block_number,
        transaction_hash: B256::from_slice(&row.transaction_hash),
        is_final: row.is_final,
        names_root: row.names_root,
    });
    Ok(pending.collect())
}
