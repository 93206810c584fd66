//! The accounts that send transactions, what the listener recorded of their transactions, and whether they may send.
//!
//! Not responsible for single submissions; see `submission`.

use alloy_primitives::{Address, B256};
use serde_json::Value;
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::Db;
use crate::inbox::BlockRef;

/// An account that sends transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderAccount {
    /// The nonce of the next submission.
    pub next_nonce: u64,
    /// Why nothing is sent from it.
    pub paused: Option<String>,
}

/// What the listener recorded of a transaction that called the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The transaction.
    pub transaction_hash: B256,
    /// Its block, on the current branch.
    pub block: BlockRef,
    /// Whether the block is final.
    pub is_final: bool,
    /// Whether its entry of the journal is posted.
    pub is_posted: bool,
}

/// An account, if it ever sent anything.
pub async fn find_sender(
    connection: &mut PgConnection,
    account: Address,
) -> Result<Option<SenderAccount>, StoreError> {
    Ok(sqlx::query_as!(
        SenderAccount,
        r#"SELECT next_nonce AS "next_nonce!: Db<u64>", paused FROM sender_account WHERE address = $1"#,
        account.as_slice()
    )
    .fetch_optional(connection)
    .await?)
}

/// Enters an account; one that is known is left as it is.
pub async fn insert_sender(
    transaction: &mut PgTransaction<'_>,
    account: Address,
    next_nonce: u64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO sender_account (address, next_nonce) VALUES ($1, $2) ON CONFLICT (address) DO NOTHING",
        account.as_slice(),
        signed(next_nonce)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// An account, with its row locked until the transaction's end.
pub async fn lock_sender(
    transaction: &mut PgTransaction<'_>,
    account: Address,
) -> Result<SenderAccount, StoreError> {
    Ok(sqlx::query_as!(
        SenderAccount,
        r#"SELECT next_nonce AS "next_nonce!: Db<u64>", paused FROM sender_account WHERE address = $1 FOR UPDATE"#,
        account.as_slice()
    )
    .fetch_one(&mut **transaction)
    .await?)
}

/// Says why nothing is sent from an account, or that it is again. `false` when it was so already.
pub async fn update_paused(
    transaction: &mut PgTransaction<'_>,
    account: Address,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE sender_account SET paused = $2 WHERE address = $1 AND (paused IS NULL) <> ($2::text IS NULL)",
        account.as_slice(),
        reason,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// What the listener recorded of these transactions, as long as their blocks are on the current branch.
pub async fn list_recorded(
    connection: &mut PgConnection,
    hashes: &[B256],
) -> Result<Vec<Recorded>, StoreError> {
    let slices: Vec<&[u8]> = hashes.iter().map(B256::as_slice).collect();
    let rows = sqlx::query!(
        r#"SELECT chain_log.transaction_hash AS "transaction_hash!: Db<B256>",
                  chain_log.block_number AS "block_number!: Db<u64>",
                  chain_log.block_hash AS "block_hash!: Db<B256>", chain_block.final AS "is_final!",
                  coalesce(inbox.fact_seq IS NOT NULL, false) AS "is_posted!"
           FROM chain_log
           JOIN chain_block ON chain_block.hash = chain_log.block_hash AND chain_block.canonical
           LEFT JOIN inbox ON inbox.chain_seq = chain_log.seq
                AND inbox.transaction_hash = chain_log.transaction_hash
           WHERE chain_log.transaction_hash = ANY($1) AND chain_log.seq IS NOT NULL"#,
        &slices as &[&[u8]]
    )
    .fetch_all(connection)
    .await?;
    let recorded = rows.into_iter().map(|row| Recorded {
        transaction_hash: row.transaction_hash.0,
        block: BlockRef {
            number: row.block_number.0,
            hash: row.block_hash.0,
        },
        is_final: row.is_final,
        is_posted: row.is_posted,
    });
    Ok(recorded.collect())
}

/// Whether settlement is stopped by a severe finding or an operator.
pub async fn is_stopped(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM settlement_stop WHERE resumed_by IS NULL) AS "open!""#
    )
    .fetch_one(connection)
    .await?)
}

/// Records what the worker did that people must be able to find.
pub async fn insert_audit(
    transaction: &mut PgTransaction<'_>,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (actor, action, subject, detail) VALUES ('settlement', $1, $2, $3)",
        action,
        subject,
        detail,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The listener's blocks at these heights, on the current branch.
pub async fn list_canonical(
    connection: &mut PgConnection,
    numbers: &[u64],
) -> Result<Vec<BlockRef>, StoreError> {
    let numbers: Vec<i64> = numbers
        .iter()
        .map(|number| signed(*number))
        .collect::<Result<_, _>>()?;
    Ok(sqlx::query_as!(
        BlockRef,
        r#"SELECT number AS "number!: Db<u64>", hash AS "hash!: Db<B256>"
           FROM chain_block WHERE canonical AND number = ANY($1)"#,
        &numbers
    )
    .fetch_all(connection)
    .await?)
}
