//! The reconciler's latest attestations of batches and roots, and its pending work.
//!
//! Not responsible for whether a signature is the attestor's: the signer verifies that.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use approval::Moment;
use money::Amount;
use sqlx::PgConnection;

use crate::chain_log::{LogRow, StoredLog, log_rows, signed};
use crate::column::Db;
use crate::{DbAmount, StoreError};

names::names! {
    /// What an attestation is about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Kind {
        /// A batch.
        Batch = "batch",
        /// A root.
        Root = "root",
    }
}

/// A stored attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAttestation {
    /// What was looked at: the list's hash of a batch, or the root itself.
    pub content: B256,
    /// As of when.
    pub moment: Moment,
    /// `r ‖ s ‖ v`.
    pub signature: [u8; 65],
}

/// A batch that waits for an authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedBatch {
    /// Its id.
    pub batch_id: B256,
    /// The hash of its list.
    pub list_hash: B256,
    /// The text that holds the list.
    pub manifest: String,
}

/// A root that waits for its authorization, or is claimed against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedRoot {
    /// The root.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
    /// Number of its leaves.
    pub leaves: u64,
    /// The last fact that it counts.
    pub fact_seq: u64,
}

/// The newest word about something.
pub async fn find(
    connection: &mut PgConnection,
    kind: Kind,
    subject: B256,
) -> Result<Option<StoredAttestation>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT content AS "content!: Db<B256>", fact_seq AS "fact_seq!: Db<u64>",
                  journal_seq AS "journal_seq!: Db<u64>",
                  journal_root AS "journal_root!: Db<B256>",
                  block_number AS "block_number!: Db<u64>", block_hash AS "block_hash!: Db<B256>",
                  seen_at AS "seen_at!: Db<u64>", attested_at AS "attested_at!: Db<u64>",
                  signature AS "signature!: Db<[u8; 65]>"
           FROM attestation WHERE kind = $1 AND subject = $2"#,
        kind.name(),
        subject.as_slice(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| StoredAttestation {
        content: row.content.0,
        moment: Moment {
            fact_seq: row.fact_seq.0,
            journal_seq: row.journal_seq.0,
            journal_root: row.journal_root.0,
            block_number: row.block_number.0,
            block_hash: row.block_hash.0,
            seen_at: row.seen_at.0,
            attested_at: row.attested_at.0,
        },
        signature: row.signature.0,
    }))
}

/// Stores the newest word about something.
pub async fn upsert(
    connection: &mut PgConnection,
    kind: Kind,
    subject: B256,
    attestation: &StoredAttestation,
) -> Result<(), StoreError> {
    let moment = &attestation.moment;
    sqlx::query!(
        "INSERT INTO attestation (kind, subject, content, fact_seq, journal_seq, journal_root, block_number, block_hash,
             seen_at, attested_at, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (kind, subject) DO UPDATE SET content = excluded.content, fact_seq = excluded.fact_seq,
             journal_seq = excluded.journal_seq, journal_root = excluded.journal_root,
             block_number = excluded.block_number, block_hash = excluded.block_hash, seen_at = excluded.seen_at,
             attested_at = excluded.attested_at, signature = excluded.signature",
        kind.name(),
        subject.as_slice(),
        attestation.content.as_slice(),
        signed(moment.fact_seq)?,
        signed(moment.journal_seq)?,
        moment.journal_root.as_slice(),
        signed(moment.block_number)?,
        moment.block_hash.as_slice(),
        signed(moment.seen_at)?,
        signed(moment.attested_at)?,
        attestation.signature.as_slice(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Batches whose list is fixed and that nobody has signed for, oldest first.
pub async fn list_batches(
    connection: &mut PgConnection,
    limit: i64,
) -> Result<Vec<ClaimedBatch>, StoreError> {
    Ok(sqlx::query_as!(
        ClaimedBatch,
        r#"SELECT batch_id AS "batch_id!: Db<B256>", list_hash AS "list_hash!: Db<B256>",
                  manifest AS "manifest!"
           FROM payout_batch
           WHERE state IN ('sealed', 'approved') AND cancel_requested_at IS NULL
             AND list_hash IS NOT NULL AND manifest IS NOT NULL
           ORDER BY sealed_at, batch_id LIMIT $1"#,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Roots that wait for an authorization, and the newest one that is published.
pub async fn list_roots(connection: &mut PgConnection) -> Result<Vec<ClaimedRoot>, StoreError> {
    Ok(sqlx::query_as!(
        ClaimedRoot,
        r#"SELECT root AS "root!: Db<B256>", total AS "total: DbAmount", leaves AS "leaves!: Db<u64>",
                  fact_seq AS "fact_seq!: Db<u64>"
           FROM liabilities_root
           WHERE state IN ('built', 'approved', 'signed')
               OR root = (SELECT root FROM liabilities_root WHERE state = 'published'
                          ORDER BY published_fact DESC LIMIT 1)
           ORDER BY built_at DESC, root LIMIT 8"#
    )
    .fetch_all(connection)
    .await?)
}

/// The last log that was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCursor {
    /// Height of its block.
    pub block_number: u64,
    /// Its place in the block.
    pub log_index: u32,
}

/// At most `limit` logs of final blocks after a log and up to a block, in the chain's order.
pub async fn list_logs(
    connection: &mut PgConnection,
    after: LogCursor,
    through: u64,
    limit: usize,
) -> Result<Vec<StoredLog>, StoreError> {
    let rows = log_rows!(
        "FROM chain_block AS b JOIN chain_log AS l ON l.block_hash = b.hash
         WHERE b.canonical AND b.final AND b.number >= $1 AND b.number <= $3
           AND (l.block_number, l.log_index) > ($1, $2)
         ORDER BY b.number, l.log_index
         LIMIT $4",
        signed(after.block_number)?,
        i32::try_from(after.log_index).unwrap_or(i32::MAX),
        signed(through)?,
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(LogRow::read).collect()
}

/// The author's own name for a command, and the author's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandProof {
    /// The wallet and the idempotency key: `0x…:key`; or the hash of the proposal that it follows from: `proposal:0x…`.
    pub natural_key: String,
    /// The signature, if there is one.
    pub signature: Option<Vec<u8>>,
}

/// What proves these commands, by their ids in the inbox.
pub async fn list_proofs(
    connection: &mut PgConnection,
    inbox_ids: &[i64],
) -> Result<BTreeMap<i64, CommandProof>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, natural_key, signature FROM inbox WHERE id = ANY($1)"#,
        inbox_ids
    )
    .fetch_all(connection)
    .await?;
    let proof = |natural_key, signature| CommandProof {
        natural_key,
        signature,
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.id, proof(row.natural_key, row.signature)))
        .collect())
}

/// What proves a command.
pub async fn find_proof(connection: &mut PgConnection, inbox_id: i64) -> Result<CommandProof, StoreError> {
    Ok(sqlx::query_as!(
        CommandProof,
        r#"SELECT natural_key, signature FROM inbox WHERE id = $1"#,
        inbox_id
    )
    .fetch_one(connection)
    .await?)
}
