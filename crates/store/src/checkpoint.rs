//! The listener's progress, and the forks it encountered.
//!
//! The checkpoint moves only from a state that the writer has read: a second writer is refused here even when both
//! believe that they hold the lease.

use alloy_primitives::{B256, FixedBytes};
use sqlx::PgConnection;
use thiserror::Error;

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::Db;

/// The last blocks that were applied: provisionally (`head`) and finally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Height of the newest block that is held.
    pub head_number: u64,
    /// Its hash.
    pub head_hash: B256,
    /// Height of the newest final block.
    pub final_number: u64,
    /// Its hash.
    pub final_hash: B256,
    /// Its timestamp, in seconds since 1970-01-01 UTC.
    pub final_timestamp: u64,
    /// The contract's journal sequence at its end.
    pub final_seq: u64,
    /// The contract's journal root at its end.
    pub final_root: FixedBytes<24>,
}

/// A fork that the listener met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorganization {
    /// Height of the last block that both branches have; below finality: of the final block that was replaced.
    pub fork_number: u64,
    /// Height of the newest block of the old branch.
    pub old_head_number: u64,
    /// Its hash.
    pub old_head_hash: B256,
    /// Hash of the newest block of the new branch.
    pub new_head_hash: B256,
    /// Logs of the contract in the old branch's blocks.
    pub orphaned_logs: u32,
    /// Whether blocks were replaced that had been final.
    pub below_finality: bool,
}

/// Why the checkpoint was not moved.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// Someone else moved it since it was read.
    #[error("the checkpoint was moved by another writer")]
    MovedMeanwhile,
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

crate::from_sqlx!(CheckpointError);

/// How many seconds ago the newest final block was made, by the database's clock; `None` before the listener has begun.
pub async fn find_final_age(connection: &mut PgConnection) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT extract(epoch FROM now())::bigint - final_timestamp AS "age!" FROM checkpoint"#
    )
    .fetch_optional(connection)
    .await?)
}

/// The checkpoint, if the listener has begun.
pub async fn find(connection: &mut PgConnection) -> Result<Option<Checkpoint>, StoreError> {
    Ok(sqlx::query_as!(
        Checkpoint,
        r#"SELECT head_number AS "head_number!: Db<u64>", head_hash AS "head_hash!: Db<B256>",
                  final_number AS "final_number!: Db<u64>", final_hash AS "final_hash!: Db<B256>",
                  final_timestamp AS "final_timestamp!: Db<u64>",
                  final_seq AS "final_seq!: Db<u64>", final_root AS "final_root!: Db<FixedBytes<24>>"
           FROM checkpoint"#
    )
    .fetch_optional(connection)
    .await?)
}

/// Writes the first checkpoint.
///
/// # Errors
/// [`CheckpointError::MovedMeanwhile`] when there is one already.
pub async fn insert(connection: &mut PgConnection, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
    let inserted = sqlx::query!(
        "INSERT INTO checkpoint
             (head_number, head_hash, final_number, final_hash, final_timestamp, final_seq, final_root)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT DO NOTHING",
        signed(checkpoint.head_number)?,
        checkpoint.head_hash.as_slice(),
        signed(checkpoint.final_number)?,
        checkpoint.final_hash.as_slice(),
        signed(checkpoint.final_timestamp)?,
        signed(checkpoint.final_seq)?,
        checkpoint.final_root.as_slice(),
    )
    .execute(connection)
    .await?;
    match inserted.rows_affected() {
        1 => Ok(()),
        _ => Err(CheckpointError::MovedMeanwhile),
    }
}

/// Moves the checkpoint from the one that was read to another.
///
/// # Errors
/// [`CheckpointError::MovedMeanwhile`] when it is no longer the one that was read.
pub async fn update(
    connection: &mut PgConnection,
    from: &Checkpoint,
    to: &Checkpoint,
) -> Result<(), CheckpointError> {
    let updated = sqlx::query!(
        "UPDATE checkpoint
         SET head_number = $1, head_hash = $2, final_number = $3, final_hash = $4, final_timestamp = $5,
             final_seq = $6, final_root = $7, updated_at = now()
         WHERE head_hash = $8 AND final_hash = $9",
        signed(to.head_number)?,
        to.head_hash.as_slice(),
        signed(to.final_number)?,
        to.final_hash.as_slice(),
        signed(to.final_timestamp)?,
        signed(to.final_seq)?,
        to.final_root.as_slice(),
        from.head_hash.as_slice(),
        from.final_hash.as_slice(),
    )
    .execute(connection)
    .await?;
    match updated.rows_affected() {
        1 => Ok(()),
        _ => Err(CheckpointError::MovedMeanwhile),
    }
}

/// Records a fork. One below finality is met again at every start until people have decided: it is recorded once.
pub async fn insert_reorganization(
    connection: &mut PgConnection,
    fork: &Reorganization,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO reorganization
             (fork_number, old_head_number, old_head_hash, new_head_hash, orphaned_logs, below_finality)
         SELECT $1, $2, $3, $4, $5, $6
         WHERE NOT EXISTS (
             SELECT FROM reorganization
             WHERE $6 AND below_finality AND fork_number = $1 AND old_head_hash = $3
         )",
        signed(fork.fork_number)?,
        signed(fork.old_head_number)?,
        fork.old_head_hash.as_slice(),
        fork.new_head_hash.as_slice(),
        i32::try_from(fork.orphaned_logs).map_err(|_| StoreError::corrupt("more than 2^31 orphaned logs"))?,
        fork.below_finality,
    )
    .execute(connection)
    .await?;
    Ok(())
}
