//! Payout batches on the operators' side: requested, approved, signed, handed over for submission, cancelled.
//!
//! Not responsible for decisions (`settlement::state`), nor for what the posting and settlement workers write.

use alloy_primitives::{Address, B256};
use money::Amount;
use serde_json::Value;
use settlement::batch::Promises;
use settlement::state::{Batch as Lifecycle, BatchState};
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Key of the advisory lock under which batches are proposed one after another: two proposals at once would promise the
/// same money twice.
const PROPOSING_LOCK: i64 = 0x7472_656c_6c69_7301;

/// A batch. Times are seconds since 1970-01-01 UTC: of the chain in `valid_after` and `deadline`, else of the database.
#[derive(Clone, Debug, PartialEq)]
pub struct PayoutBatch {
    /// Replay key on the chain.
    pub id: B256,
    /// Where it stands.
    pub state: BatchState,
    /// Who requested it.
    pub builder: Address,
    /// What was requested, as JSON.
    pub request: Value,
    /// When, in microseconds.
    pub requested_at_us: i64,
    /// The expired batch that it replaces.
    pub supersedes: Option<B256>,
    /// Payouts that hold something; before that, payouts that were requested.
    pub count: i32,
    /// What they hold, or what was requested.
    pub total: Amount,
    /// Hash of the sealed list.
    pub list_hash: Option<B256>,
    /// Hash of the manifest.
    pub manifest_hash: Option<B256>,
    /// When it was sealed.
    pub sealed_at: Option<i64>,
    /// Who approved it.
    pub approved_by: Option<Address>,
    /// When.
    pub approved_at: Option<i64>,
    /// Who had it signed.
    pub sign_requested_by: Option<Address>,
    /// The only account that may submit it.
    pub submitter: Option<Address>,
    /// First second at which the authorization is valid.
    pub valid_after: Option<u64>,
    /// Last second at which the authorization is valid.
    pub deadline: Option<u64>,
    /// Who signed the authorization.
    pub signer: Option<Address>,
    /// When.
    pub signed_at: Option<i64>,
    /// Who handed it over for submission.
    pub submit_requested_by: Option<Address>,
    /// When.
    pub submit_requested_at: Option<i64>,
    /// When a higher fee was requested last.
    pub bump_requested_at: Option<i64>,
    /// Who gave it up.
    pub cancel_requested_by: Option<Address>,
    /// When.
    pub cancel_requested_at: Option<i64>,
}

impl PayoutBatch {
    /// What decides about its next step.
    pub const fn lifecycle(&self) -> Lifecycle {
        Lifecycle {
            state: self.state,
            builder: self.builder,
            deadline: self.deadline,
            cancel_requested: self.cancel_requested_at.is_some(),
        }
    }
}

/// A batch to be requested.
#[derive(Clone, Debug, PartialEq)]
pub struct NewBatch<'a> {
    /// Replay key on the chain.
    pub id: B256,
    /// What a repeat of the request is recognized by.
    pub request_hash: B256,
    /// Who asks.
    pub builder: Address,
    /// What was requested; `users` are the numbers of those who are to be paid.
    pub request: &'a Value,
    /// The expired batch that it replaces.
    pub supersedes: Option<B256>,
    /// How many payouts.
    pub count: usize,
    /// Their sum.
    pub total: Amount,
}

/// What the signer is requested, besides the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The only account that may submit.
    pub submitter: Address,
    /// First second of validity.
    pub valid_after: u64,
    /// Last second of validity.
    pub deadline: u64,
}

/// One list of columns for every statement that reads whole batches.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            PayoutBatch,
            r#"SELECT batch_id AS "id!: Db<B256>", state AS "state!: Db<BatchState>",
                      requested_by AS "builder!: Db<Address>", request,
                      (extract(epoch FROM requested_at) * 1000000)::bigint AS "requested_at_us!",
                      supersedes AS "supersedes!: Db<Option<B256>>", coalesce(count, 0) AS "count!",
                      coalesce(total, 0)::numeric(39, 0) AS "total!: DbAmount",
                      list_hash AS "list_hash!: Db<Option<B256>>", manifest_hash AS "manifest_hash!: Db<Option<B256>>",
                      extract(epoch FROM sealed_at)::bigint AS sealed_at,
                      approved_by AS "approved_by!: Db<Option<Address>>",
                      extract(epoch FROM approved_at)::bigint AS approved_at,
                      sign_requested_by AS "sign_requested_by!: Db<Option<Address>>",
                      submitter AS "submitter!: Db<Option<Address>>",
                      valid_after AS "valid_after!: Db<Option<u64>>", deadline AS "deadline!: Db<Option<u64>>",
                      signer AS "signer!: Db<Option<Address>>", extract(epoch FROM signed_at)::bigint AS signed_at,
                      submit_requested_by AS "submit_requested_by!: Db<Option<Address>>",
                      extract(epoch FROM submit_requested_at)::bigint AS submit_requested_at,
                      extract(epoch FROM bump_requested_at)::bigint AS bump_requested_at,
                      cancel_requested_by AS "cancel_requested_by!: Db<Option<Address>>",
                      extract(epoch FROM cancel_requested_at)::bigint AS cancel_requested_at
               FROM payout_batch "# + $tail
            $(, $argument)*
        )
    };
}

/// A batch, if there is one of this id.
pub async fn find(connection: &mut PgConnection, id: B256) -> Result<Option<PayoutBatch>, StoreError> {
    Ok(select!("WHERE batch_id = $1", id.as_slice())
        .fetch_optional(connection)
        .await?)
}

/// The batch of an earlier request with this hash, if there is one.
pub async fn find_by_request(
    connection: &mut PgConnection,
    request_hash: B256,
) -> Result<Option<PayoutBatch>, StoreError> {
    Ok(select!("WHERE request_hash = $1", request_hash.as_slice())
        .fetch_optional(connection)
        .await?)
}

/// A batch, with its row locked until the transaction's end: of two operators, the second decides by what the first did.
pub async fn lock(transaction: &mut PgTransaction<'_>, id: B256) -> Result<Option<PayoutBatch>, StoreError> {
    Ok(select!("WHERE batch_id = $1 FOR UPDATE", id.as_slice())
        .fetch_optional(&mut **transaction)
        .await?)
}

/// Batches, newest first, below a position of time and id.
pub async fn list(
    connection: &mut PgConnection,
    state: Option<BatchState>,
    below: (i64, B256),
    limit: i64,
) -> Result<Vec<PayoutBatch>, StoreError> {
    Ok(select!(
        "WHERE ($1::text IS NULL OR state = $1)
           AND (requested_at, batch_id) < ('epoch'::timestamptz + $2::bigint * interval '1 microsecond', $3::bytea)
         ORDER BY requested_at DESC, batch_id DESC LIMIT $4",
        state.map(BatchState::name),
        below.0,
        below.1.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Waits until no other batch is being proposed; until the transaction's end none will be.
pub async fn lock_proposing(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", PROPOSING_LOCK)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// What batches that are not over will take from the contract, and what batches took: as one statement, because posting moves
/// both at once. What users were paid in all is what batches pushed and what claims sent, and every claim is kept.
pub async fn fetch_promises(connection: &mut PgConnection) -> Result<Promises, StoreError> {
    let row = sqlx::query!(
        r#"SELECT (coalesce((SELECT sum(held) FROM payout WHERE state = 'held'), 0)
                   + coalesce((SELECT sum(total) FROM payout_batch WHERE state = 'requested'), 0))::numeric(39, 0)
                      AS "live!: DbAmount",
                  coalesce((
                      SELECT sum(p.held) FROM payout AS p JOIN payout_batch AS b USING (batch_id)
                      WHERE p.state = 'held' AND b.signature IS NOT NULL
                  ), 0)::numeric(39, 0) AS "authorized!: DbAmount",
                  coalesce((SELECT paid - claimed FROM paid_total), 0)::numeric(39, 0)
                      AS "posted!: DbAmount""#
    )
    .fetch_one(connection)
    .await?;
    Ok(Promises {
        live: row.live.0,
        authorized: row.authorized.0,
        posted: row.posted.0,
    })
}

/// Whether any batch is not over.
pub async fn any_live(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM payout_batch
               WHERE state IN ('requested', 'held', 'sealed', 'approved', 'signed', 'submitting', 'quarantined')
           ) AS "live!""#
    )
    .fetch_one(connection)
    .await?)
}

/// Stores a batch that is requested, and that the withdrawals of its users are part of it.
///
/// # Errors
/// Constraint `payout_batch_pkey`, `payout_batch_request_hash_unique` or `payout_batch_supersedes_once` when there is one already.
pub async fn insert(
    transaction: &mut PgTransaction<'_>,
    batch: &NewBatch<'_>,
    users: &[i32],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO payout_batch (batch_id, requested_by, request, supersedes, count, total, request_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        batch.id.as_slice(),
        batch.builder.as_slice(),
        batch.request,
        batch.supersedes.as_ref().map(|id| id.as_slice()),
        i32::try_from(batch.count).map_err(|_| StoreError::corrupt("more than 2^31 payouts"))?,
        DbAmount(batch.total) as _,
        batch.request_hash.as_slice(),
    )
    .execute(&mut **transaction)
    .await?;
    sqlx::query!(
        "UPDATE withdrawal_request AS w SET batch_id = $1
         WHERE w.user_id = ANY($2)
           AND (w.batch_id IS NULL OR EXISTS (
               SELECT FROM payout AS p
               WHERE p.batch_id = w.batch_id AND p.user_id = w.user_id AND p.state IN ('refused', 'released')
           ))",
        batch.id.as_slice(),
        users
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes the approval; the row is to be locked before.
///
/// # Errors
/// Constraint `payout_batch_approved_by_another`.
pub async fn update_approved(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    approver: Address,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET state = 'approved', approved_by = $2, approved_at = now()
         WHERE batch_id = $1 AND state = 'sealed'",
        id.as_slice(),
        approver.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes that operators want the authorization, once; the row is to be locked before.
pub async fn update_sign_requested(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    operator: Address,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE payout_batch SET sign_requested_by = $2, sign_requested_at = now()
         WHERE batch_id = $1 AND state = 'approved' AND sign_requested_at IS NULL",
        id.as_slice(),
        operator.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Removes a request that the signer rejected, so that other times may be requested.
pub async fn clear_window(transaction: &mut PgTransaction<'_>, id: B256) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET submitter = NULL, valid_after = NULL, deadline = NULL
         WHERE batch_id = $1 AND state = 'approved' AND signature IS NULL",
        id.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes what the signer is going to be requested; the row is to be locked before.
pub async fn update_window(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    window: &Window,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET submitter = $2, valid_after = $3, deadline = $4
         WHERE batch_id = $1 AND state = 'approved' AND deadline IS NULL",
        id.as_slice(),
        window.submitter.as_slice(),
        signed(window.valid_after)?,
        signed(window.deadline)?
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Stores the signature; `false` when the batch has one already or has ended.
pub async fn update_signed(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    signer: Address,
    signature: &[u8],
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE payout_batch SET state = 'signed', signer = $2, signature = $3, signed_at = now()
         WHERE batch_id = $1 AND state = 'approved' AND signature IS NULL",
        id.as_slice(),
        signer.as_slice(),
        signature
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Hands a batch over to the settlement worker; the row is to be locked before.
pub async fn update_submitting(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    operator: Address,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET state = 'submitting', submit_requested_by = $2, submit_requested_at = now()
         WHERE batch_id = $1 AND state = 'signed'",
        id.as_slice(),
        operator.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Asks the settlement worker for a higher fee; the row is to be locked before.
pub async fn update_bump(transaction: &mut PgTransaction<'_>, id: B256) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET bump_requested_at = now() WHERE batch_id = $1 AND state = 'submitting'",
        id.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes that operators gave a batch up; the row is to be locked before.
pub async fn update_cancelled(
    transaction: &mut PgTransaction<'_>,
    id: B256,
    operator: Address,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE payout_batch SET cancel_requested_by = $2, cancel_requested_at = now()
         WHERE batch_id = $1 AND cancel_requested_at IS NULL",
        id.as_slice(),
        operator.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The manifest's text, once a batch is sealed.
pub async fn find_manifest(connection: &mut PgConnection, id: B256) -> Result<Option<String>, StoreError> {
    let manifest = sqlx::query_scalar!(
        "SELECT manifest FROM payout_batch WHERE batch_id = $1",
        id.as_slice()
    )
    .fetch_optional(connection)
    .await?;
    Ok(manifest.flatten())
}

/// Users of a batch whose payout was let go.
pub async fn list_released_users(connection: &mut PgConnection, id: B256) -> Result<Vec<i32>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT user_id FROM payout WHERE batch_id = $1 AND state = 'released' ORDER BY user_id",
        id.as_slice()
    )
    .fetch_all(connection)
    .await?)
}
