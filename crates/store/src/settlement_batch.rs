//! Batches on their way to the chain, as the settlement worker sees them.
//!
//! Not responsible for how a batch is requested, approved or signed (the API), nor for what its execution does to the
//! books (the posting worker).

use alloy_primitives::{Address, B256};
use money::Amount;
use settlement::state::BatchState;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::{address, hash, natural};
use crate::{DbAmount, Listed, StoreError};

/// An authorized batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBatch {
    /// Its id.
    pub batch: B256,
    /// The only account that may submit it.
    pub submitter: Address,
    /// The most that it may pay.
    pub max_total: Amount,
    /// How authorization and chain name its list.
    pub list_hash: B256,
    /// The text that holds the list.
    pub manifest: String,
    /// The hash of that text.
    pub manifest_hash: B256,
    /// First second at which it is valid.
    pub valid_after: u64,
    /// Last second at which it is valid.
    pub deadline: u64,
    /// The account whose signature it is.
    pub signer: Address,
    /// `r ‖ s ‖ v`.
    pub signature: [u8; 65],
    /// Whether operators asked once more that it is sent, after they had handed it over.
    pub insisted: bool,
}

/// A batch whose authorization exists, or may exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedBatch {
    /// Its id.
    pub batch: B256,
    /// Where it stands.
    pub state: BatchState,
    /// Who requested it.
    pub requested_by: Address,
    /// Last second of its authorization.
    pub deadline: u64,
    /// Whether operators gave it up.
    pub cancel_requested: bool,
    /// Whether operators want its fee raised, and no attempt was signed since.
    pub bump_requested: bool,
}

/// A batch that operators want signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedBatch {
    /// Its id.
    pub batch: B256,
    /// Who built it.
    pub builder: Address,
    /// What it pays in all.
    pub total: Amount,
    /// How authorization and chain name its list.
    pub list_hash: B256,
    /// The text that holds the list.
    pub manifest: String,
    /// The hash of that text.
    pub manifest_hash: B256,
    /// Submitter, first and last second of its authorization, from before the signer is requested it.
    pub window: Option<(Address, u64, u64)>,
}

/// At most `limit` batches that operators want signed and nobody gave up, in the order in which they asked.
pub async fn list_to_sign(
    connection: &mut PgConnection,
    limit: usize,
) -> Result<Listed<WantedBatch>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id, requested_by, total AS "total!: DbAmount", list_hash AS "list_hash!",
                  manifest, manifest_hash AS "manifest_hash!", submitter, valid_after, deadline
           FROM payout_batch
           WHERE state = 'approved' AND sign_requested_at IS NOT NULL AND cancel_requested_at IS NULL
           ORDER BY sign_requested_at, batch_id
           LIMIT $1"#,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let mut listed = Listed::default();
    for row in rows {
        let batch = hash(&row.batch_id, "payout_batch.batch_id")?;
        let window = match (row.submitter, row.valid_after, row.deadline) {
            (Some(submitter), Some(valid_after), Some(deadline)) => Some((submitter, valid_after, deadline)),
            (None, _, _) | (_, None, _) | (_, _, None) => None,
        };
        let read = || {
            let window = window.map(|(submitter, valid_after, deadline)| {
                Ok::<_, StoreError>((
                    address(&submitter, "payout_batch.submitter")?,
                    natural(valid_after, "payout_batch.valid_after")?,
                    natural(deadline, "payout_batch.deadline")?,
                ))
            });
            Ok(WantedBatch {
                batch,
                builder: address(&row.requested_by, "payout_batch.requested_by")?,
                total: row.total.0,
                list_hash: hash(&row.list_hash, "payout_batch.list_hash")?,
                manifest: row.manifest.ok_or(StoreError::corrupt("payout_batch.manifest"))?,
                manifest_hash: hash(&row.manifest_hash, "payout_batch.manifest_hash")?,
                window: window.transpose()?,
            })
        };
        listed.add(batch, read())?;
    }
    Ok(listed)
}

/// At most `limit` batches that operators want submitted and that have no submission that may still work, in the order in
/// which they were requested. A batch that was signed under a nonce that was abandoned waits for its end: the signer
/// carries a batch by one nonce only.
pub async fn list_submittable(
    connection: &mut PgConnection,
    limit: usize,
) -> Result<Listed<SignedBatch>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id, submitter, total AS "total!: DbAmount", list_hash AS "list_hash!", manifest,
                  manifest_hash AS "manifest_hash!", valid_after, deadline, signer, signature AS "signature!",
                  bump_requested_at IS NOT NULL AS "insisted!"
           FROM payout_batch
           WHERE state IN ('signed', 'submitting') AND submit_requested_at IS NOT NULL
             AND cancel_requested_at IS NULL AND signature IS NOT NULL
             AND NOT EXISTS (
                 SELECT FROM submission
                 WHERE submission.kind = 'batch' AND submission.subject = payout_batch.batch_id
                   AND (submission.state <> 'dead'
                        OR EXISTS (SELECT FROM attempt WHERE attempt.submission_id = submission.id))
             )
           ORDER BY submit_requested_at, batch_id
           LIMIT $1"#,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    let mut listed = Listed::default();
    for row in rows {
        let batch = hash(&row.batch_id, "payout_batch.batch_id")?;
        let part = |bytes: Option<Vec<u8>>, what| bytes.ok_or(StoreError::corrupt(what));
        let time = |time: Option<i64>, what| natural(time.unwrap_or(-1), what);
        let read = || {
            Ok(SignedBatch {
                batch,
                submitter: address(
                    &part(row.submitter, "payout_batch.submitter")?,
                    "payout_batch.submitter",
                )?,
                max_total: row.total.0,
                list_hash: hash(&row.list_hash, "payout_batch.list_hash")?,
                manifest: row.manifest.ok_or(StoreError::corrupt("payout_batch.manifest"))?,
                manifest_hash: hash(&row.manifest_hash, "payout_batch.manifest_hash")?,
                valid_after: time(row.valid_after, "payout_batch.valid_after")?,
                deadline: time(row.deadline, "payout_batch.deadline")?,
                signer: address(&part(row.signer, "payout_batch.signer")?, "payout_batch.signer")?,
                signature: signature(&row.signature, "payout_batch.signature")?,
                insisted: row.insisted,
            })
        };
        listed.add(batch, read())?;
    }
    Ok(listed)
}

/// Whether a batch is still wanted, with its row locked until the transaction's end; it is being submitted from then on.
pub async fn update_submitting(transaction: &mut PgTransaction<'_>, batch: B256) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE payout_batch SET state = 'submitting'
         WHERE batch_id = $1 AND state IN ('signed', 'submitting') AND cancel_requested_at IS NULL",
        batch.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// All batches that are not over and whose authorization exists, or may exist.
pub async fn list_watched(connection: &mut PgConnection) -> Result<Vec<WatchedBatch>, StoreError> {
    Ok(sqlx::query_as!(
        WatchedBatch,
        r#"SELECT batch_id AS "batch!: Db<B256>", state AS "state!: Db<BatchState>", requested_by AS "requested_by!: Db<Address>",
                  deadline AS "deadline!: Db<u64>",
                  cancel_requested_at IS NOT NULL AS "cancel_requested!",
                  (bump_requested_at IS NOT NULL AND NOT EXISTS (SELECT FROM submission
                      JOIN attempt ON attempt.submission_id = submission.id
                      WHERE submission.kind = 'batch' AND submission.subject = payout_batch.batch_id
                      AND attempt.signed_at > payout_batch.bump_requested_at)) AS "bump_requested!"
           FROM payout_batch
           WHERE state IN ('requested', 'held', 'sealed', 'approved', 'signed', 'submitting', 'quarantined')
             AND deadline IS NOT NULL
           ORDER BY deadline, batch_id"#
    )
    .fetch_all(connection)
    .await?)
}

/// Where these batches stand; those that do not exist are left out.
pub async fn list_states(
    connection: &mut PgConnection,
    batches: &[Vec<u8>],
) -> Result<Vec<(B256, BatchState)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id AS "batch_id!: Db<B256>", state AS "state!: Db<BatchState>" FROM payout_batch WHERE batch_id = ANY($1)"#,
        batches
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.batch_id.0, row.state.0))
        .collect())
}

/// What batches in flight, except those of `executed`, may still take from the contract's funds.
pub async fn find_promised(connection: &mut PgConnection, without: &[B256]) -> Result<Amount, StoreError> {
    let without: Vec<&[u8]> = without.iter().map(B256::as_slice).collect();
    let promised = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(payout_batch.total), 0)::numeric(39, 0) AS "promised!: DbAmount"
           FROM submission JOIN payout_batch ON payout_batch.batch_id = submission.subject
           WHERE submission.kind = 'batch' AND submission.state IN ('allocated', 'signed', 'sent', 'included')
             AND NOT payout_batch.batch_id = ANY($1)"#,
        &without as &[&[u8]]
    )
    .fetch_one(connection)
    .await?;
    Ok(promised.0)
}

/// Quarantines a batch for manual review. `false` when it has ended, or was quarantined already.
pub async fn update_quarantined(
    transaction: &mut PgTransaction<'_>,
    batch: B256,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE payout_batch SET state = 'quarantined'
         WHERE batch_id = $1 AND state IN ('requested', 'held', 'sealed', 'approved', 'signed', 'submitting')",
        batch.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Enters the command that lets go of what a batch holds back, at the chain's time `effective_at`. `false` when it was
/// entered before.
pub async fn insert_release(
    transaction: &mut PgTransaction<'_>,
    batch: B256,
    end: plan::BatchEnd,
    effective_at: u64,
) -> Result<bool, StoreError> {
    let cause = plan::Cause::BatchReleased { batch_id: batch, end };
    let text = crate::cause_json::write(&cause);
    let inserted = sqlx::query!(
        "WITH inserted AS (
             INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
             VALUES ('schedule', $1, $2::text::jsonb, $3, $4)
             ON CONFLICT (source, natural_key) DO NOTHING
             RETURNING id
         )
         SELECT id FROM inserted, pg_notify($5, '')",
        format!("settlement:release:{batch:#x}"),
        text.text,
        text.fingerprint.as_slice(),
        signed(effective_at)?,
        crate::inbox::CHANNEL,
    )
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(inserted.is_some())
}

pub(crate) fn signature(bytes: &[u8], what: &'static str) -> Result<[u8; 65], StoreError> {
    bytes.try_into().map_err(|_| StoreError::corrupt(what))
}
