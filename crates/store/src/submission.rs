//! Submissions: one intent to land on the chain with one account nonce, its signed transactions, and what happened.
//!
//! Not responsible for decisions; `settlement` takes them. Every function that writes is to be called in a transaction
//! that has checked the lease for settlement.

use alloy_primitives::{Address, B256, Bytes};
use serde_json::Value;
use settlement::state::SubmissionState;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::inbox::BlockRef;
use crate::{DbAmount, StoreError};

names::names! {
    /// What a submission is for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Kind {
        /// Pays a batch; the subject is its id.
        Batch = "batch",
        /// Publishes a root of liabilities; the subject is the root.
        Root = "root",
        /// Claims for a user; the subject is the wallet.
        Claim = "claim",
        /// Sweeps matured escrow; the subject is the last day to sweep, as eight bytes.
        Sweep = "sweep",
        /// Fills a nonce; the subject is the nonce, as eight bytes.
        Noop = "noop",
    }
}

crate::column::named!(Kind);

/// A submission that is about to get a nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubmission {
    /// The account that sends it.
    pub sender: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// What for.
    pub kind: Kind,
    /// About what.
    pub subject: Vec<u8>,
    /// The typed call, as the signer is requested it.
    pub call: Value,
    /// The chain's newest block at this moment.
    pub allocated_block: u64,
}

/// A submission that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its number.
    pub id: i64,
    /// The account's nonce.
    pub nonce: u64,
    /// What for.
    pub kind: Kind,
    /// About what.
    pub subject: Vec<u8>,
    /// Where it stands.
    pub state: SubmissionState,
    /// The chain's newest block when it got its nonce.
    pub allocated_block: u64,
    /// Seconds since it got its nonce, by the database's clock.
    pub age_seconds: u64,
    /// Its signed transactions, oldest first.
    pub attempts: Vec<Attempt>,
}

/// A signed transaction of a submission, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    /// Whether it only fills the nonce.
    pub noop: bool,
    /// Its hash.
    pub transaction_hash: B256,
    /// Gas at most.
    pub gas_limit: u64,
    /// Wei per gas at most, tip included.
    pub max_fee: u128,
    /// Wei per gas at most for the block's producer.
    pub priority_fee: u128,
    /// The newest block when it was sent first.
    pub first_sent_block: Option<u64>,
    /// The newest block when it was sent last.
    pub last_sent_block: Option<u64>,
    /// How often it was sent.
    pub sends: u32,
    /// The block that was last seen to include it.
    pub included: Option<BlockRef>,
    /// Whether it was executed there.
    pub succeeded: Option<bool>,
}

/// A signed transaction that is about to be stored, which comes before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// Whose.
    pub submission: i64,
    /// Counts from 1.
    pub number: u32,
    /// Whether it only fills the nonce.
    pub noop: bool,
    /// Its hash.
    pub transaction_hash: B256,
    /// The bytes that are sent.
    pub raw: Bytes,
    /// Gas at most.
    pub gas_limit: u64,
    /// Wei per gas at most, tip included.
    pub max_fee: u128,
    /// Wei per gas at most for the block's producer.
    pub priority_fee: u128,
}

/// What the chain says about an attempt that a block includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The block.
    pub block: BlockRef,
    /// Whether it was executed.
    pub succeeded: bool,
    /// The gas that it used, and the wei that were paid for each unit, if a receipt said so.
    pub gas: Option<(u64, u128)>,
}

/// Gives a submission its nonce, which must be the account's next: the row is to be locked before. Returns its number;
/// `None` when another live submission is for the same.
pub async fn insert(
    transaction: &mut PgTransaction<'_>,
    submission: &NewSubmission,
) -> Result<Option<i64>, StoreError> {
    let nonce = signed(submission.nonce)?;
    let id = sqlx::query_scalar!(
        "INSERT INTO submission (sender, nonce, kind, subject, call, allocated_block)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (kind, subject) WHERE state IN ('allocated', 'signed', 'sent', 'included') DO NOTHING
         RETURNING id",
        submission.sender.as_slice(),
        nonce,
        submission.kind.name(),
        submission.subject,
        submission.call,
        signed(submission.allocated_block)?,
    )
    .fetch_optional(&mut **transaction)
    .await?;
    if id.is_some() {
        sqlx::query!(
            "UPDATE sender_account SET next_nonce = $2 WHERE address = $1",
            submission.sender.as_slice(),
            nonce.saturating_add(1),
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(id)
}

/// All submissions of an account that are not over, by nonce, with their attempts.
pub async fn list_live(
    connection: &mut PgConnection,
    sender: Address,
) -> Result<Vec<Submission>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, nonce AS "nonce!: Db<u64>", kind AS "kind!: Db<Kind>", subject,
                  state AS "state!: Db<SubmissionState>", allocated_block AS "allocated_block!: Db<u64>",
                  greatest(0, extract(epoch FROM now() - created_at))::bigint AS "age_seconds!: Db<u64>"
           FROM submission
           WHERE sender = $1 AND state IN ('allocated', 'signed', 'sent', 'included')
           ORDER BY nonce"#,
        sender.as_slice()
    )
    .fetch_all(&mut *connection)
    .await?;
    let live = rows.into_iter().map(|row| Submission {
        id: row.id,
        nonce: row.nonce.0,
        kind: row.kind.0,
        subject: row.subject,
        state: row.state.0,
        allocated_block: row.allocated_block.0,
        age_seconds: row.age_seconds.0,
        attempts: Vec::new(),
    });
    let mut live: Vec<Submission> = live.collect();
    if !live.is_empty() {
        add_attempts(connection, &mut live).await?;
    }
    Ok(live)
}

async fn add_attempts(connection: &mut PgConnection, live: &mut [Submission]) -> Result<(), StoreError> {
    let ids: Vec<i64> = live.iter().map(|submission| submission.id).collect();
    let rows = sqlx::query!(
        r#"SELECT submission_id, number AS "number!: Db<u32>", noop,
                  transaction_hash AS "transaction_hash!: Db<B256>", gas_limit AS "gas_limit!: Db<u64>",
                  max_fee AS "max_fee: DbAmount", priority_fee AS "priority_fee: DbAmount",
                  first_sent_block AS "first_sent_block!: Db<Option<u64>>",
                  last_sent_block AS "last_sent_block!: Db<Option<u64>>", sends AS "sends!: Db<u32>",
                  included_block AS "included_block: Db<u64>", included_hash AS "included_hash: Db<B256>", succeeded
           FROM attempt WHERE submission_id = ANY($1) ORDER BY submission_id, number"#,
        &ids
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let included = row.included_block.zip(row.included_hash);
        let attempt = Attempt {
            number: row.number.0,
            noop: row.noop,
            transaction_hash: row.transaction_hash.0,
            gas_limit: row.gas_limit.0,
            max_fee: row.max_fee.0.base_units(),
            priority_fee: row.priority_fee.0.base_units(),
            first_sent_block: row.first_sent_block.0,
            last_sent_block: row.last_sent_block.0,
            sends: row.sends.0,
            included: included.map(|(number, hash)| BlockRef {
                number: number.0,
                hash: hash.0,
            }),
            succeeded: row.succeeded,
        };
        let of = live
            .iter_mut()
            .find(|submission| submission.id == row.submission_id);
        of.ok_or_else(|| StoreError::corrupt("an attempt without a submission"))?
            .attempts
            .push(attempt);
    }
    Ok(())
}

/// The typed calls of these submissions.
pub async fn list_calls(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<(i64, Value)>, StoreError> {
    let rows = sqlx::query!("SELECT id, call FROM submission WHERE id = ANY($1)", ids)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.call)).collect())
}

/// The bytes of these attempts, by submission and number.
pub async fn list_raw(
    connection: &mut PgConnection,
    hashes: &[B256],
) -> Result<Vec<(B256, Bytes)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT transaction_hash AS "hash!: Db<B256>", raw FROM attempt WHERE transaction_hash = ANY($1)"#,
        &slices(hashes) as &[&[u8]]
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.hash.0, row.raw.into())).collect())
}

/// Stores a signed transaction.
///
/// # Errors
/// The database does not respond; constraint `attempt_pkey` when there is one of this number already.
pub async fn insert_attempt(
    transaction: &mut PgTransaction<'_>,
    attempt: &NewAttempt,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO attempt
             (submission_id, number, noop, transaction_hash, raw, gas_limit, max_fee, priority_fee)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        attempt.submission,
        number(attempt.number)?,
        attempt.noop,
        attempt.transaction_hash.as_slice(),
        attempt.raw.as_ref(),
        signed(attempt.gas_limit)?,
        wei(attempt.max_fee) as _,
        wei(attempt.priority_fee) as _,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes that an attempt was sent when this was the newest block.
pub async fn update_sent(
    transaction: &mut PgTransaction<'_>,
    submission: i64,
    attempt: u32,
    head: u64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE attempt SET first_sent_block = coalesce(first_sent_block, $3), last_sent_block = $3, sends = sends + 1
         WHERE submission_id = $1 AND number = $2",
        submission,
        number(attempt)?,
        signed(head)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes the block that includes an attempt, or that none does any more.
pub async fn update_included(
    transaction: &mut PgTransaction<'_>,
    submission: i64,
    attempt: u32,
    inclusion: Option<&Inclusion>,
) -> Result<(), StoreError> {
    let block = inclusion.map(|found| signed(found.block.number)).transpose()?;
    let gas = inclusion.and_then(|found| found.gas);
    let gas_used = gas.map(|(used, _)| signed(used)).transpose()?;
    sqlx::query!(
        "UPDATE attempt
         SET included_block = $3, included_hash = $4, succeeded = $5,
             gas_used = CASE WHEN included_hash = $4 THEN coalesce($6, gas_used) ELSE $6 END,
             gas_price = CASE WHEN included_hash = $4 THEN coalesce($7, gas_price) ELSE $7 END
         WHERE submission_id = $1 AND number = $2",
        submission,
        number(attempt)?,
        block,
        inclusion.map(|found| found.block.hash.to_vec()),
        inclusion.map(|found| found.succeeded),
        gas_used,
        gas.map(|(_, price)| wei(price)) as _,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Moves a submission on; `false` when it is not where it was seen.
pub async fn update_state(
    transaction: &mut PgTransaction<'_>,
    id: i64,
    from: SubmissionState,
    to: SubmissionState,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE submission SET state = $3, closed_at = CASE WHEN $4 THEN now() END WHERE id = $1 AND state = $2",
        id,
        from.name(),
        to.name(),
        to.is_final(),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Records what happened, in its own words.
pub async fn insert_event(
    transaction: &mut PgTransaction<'_>,
    submission: i64,
    attempt: Option<u32>,
    event: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO submission_event (submission_id, attempt, event, detail) VALUES ($1, $2, $3, $4)",
        submission,
        attempt.map(number).transpose()?,
        event,
        detail,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn slices(hashes: &[B256]) -> Vec<&[u8]> {
    hashes.iter().map(B256::as_slice).collect()
}

pub(crate) fn number(number: u32) -> Result<i32, StoreError> {
    i32::try_from(number).map_err(|_| StoreError::corrupt("more than 2^31 attempts"))
}

pub(crate) fn wei(amount: u128) -> DbAmount {
    DbAmount(money::Amount::new(amount))
}
