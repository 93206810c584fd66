//! Batches whose money is held but whose list is not sealed yet: the input of the list, and the sealed result.
//!
//! Not responsible for the form of list and manifest; `settlement` makes them.

use alloy_primitives::{Address, B256};
use ledger::{Account, AccountId, UserId};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::column::Db;
use crate::deployment::{hash, natural};
use crate::{DbAmount, StoreError};

/// One line that holds money back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// Its batch.
    pub batch: B256,
    /// The user's number.
    pub user: i32,
    /// Whom to pay.
    pub wallet: Address,
    /// What is held back now.
    pub held: Amount,
    /// What the chain will have paid in all afterwards.
    pub target: Amount,
}

/// Something that a user became entitled to: a transfer to what the user has available.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matured {
    /// Whose.
    pub user: i32,
    /// The fact by which it matured.
    pub fact_seq: u64,
    /// The transfer of that fact.
    pub leg: u32,
    /// How much.
    pub amount: Amount,
}

/// A fixed list with its manifest, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal<'a> {
    /// Which batch.
    pub batch: B256,
    /// How authorization and chain name the list.
    pub list_hash: B256,
    /// The rewards that it pays, as text.
    pub manifest: &'a str,
    /// The hash of that text.
    pub manifest_hash: B256,
    /// Sum of its amounts.
    pub total: Amount,
    /// How many payouts.
    pub count: usize,
}

/// At most `limit` batches that wait for their seal and that nobody gave up, oldest first.
pub async fn list_held(connection: &mut PgConnection, limit: usize) -> Result<Vec<B256>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT batch_id FROM payout_batch
         WHERE state = 'held' AND cancel_requested_at IS NULL
         ORDER BY held_fact, batch_id
         LIMIT $1",
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(connection)
    .await?;
    ids.iter().map(|id| hash(id, "payout_batch.batch_id")).collect()
}

/// The lines of these batches that hold something.
pub async fn list_lines(
    connection: &mut PgConnection,
    batches: &[B256],
) -> Result<Vec<HeldLine>, StoreError> {
    Ok(sqlx::query_as!(
        HeldLine,
        r#"SELECT payout.batch_id AS "batch!: Db<B256>", users.wallet AS "wallet!: Db<Address>",
                  payout.user_id AS user, payout.held AS "held: DbAmount", payout.target AS "target!: DbAmount"
           FROM payout JOIN users ON users.id = payout.user_id
           WHERE payout.batch_id = ANY($1) AND payout.state = 'held' AND payout.held > 0"#,
        &bytes(batches) as &[&[u8]]
    )
    .fetch_all(connection)
    .await?)
}

/// Everything that these users ever became entitled to, by user and then in the order of facts.
///
/// One statement for many users. The account ids come with it and the bounds are written out, so that whatever the
/// planner believes, it reads these users' movements and no others (index `transfer_entitlement`).
pub async fn list_matured(connection: &mut PgConnection, users: &[i32]) -> Result<Vec<Matured>, StoreError> {
    let accounts = users.iter().map(|&user| available(user));
    let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
    let rows = sqlx::query!(
        r#"SELECT credit_id, fact_seq AS "fact_seq!: Db<u64>", leg AS "leg!: Db<u32>", amount AS "amount: DbAmount"
           FROM transfer
           WHERE credit_id = ANY($1) AND phase = 0
             AND credit_id >= 216172782113783808 AND credit_id < 288230376151711744
           ORDER BY credit_id, fact_seq, leg"#,
        &accounts
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Matured {
                user: owner(row.credit_id)?,
                fact_seq: row.fact_seq.0,
                leg: row.leg.0,
                amount: row.amount.0,
            })
        })
        .collect()
}

/// The account of what a user has available.
fn available(user: i32) -> Result<i64, StoreError> {
    let number = u32::try_from(user).ok().and_then(UserId::new);
    let user = number.ok_or_else(|| StoreError::corrupt("payout.user_id"))?;
    Ok(Account::Available(user).id().get())
}

/// Whose account of what is available this is.
fn owner(account: i64) -> Result<i32, StoreError> {
    let corrupt = || StoreError::corrupt("transfer.credit_id");
    let Some(Account::Available(user)) = AccountId::new(account).and_then(AccountId::account) else {
        return Err(corrupt());
    };
    i32::try_from(user.get()).map_err(|_| corrupt())
}

/// The last posted fact; 0 before the first.
pub async fn find_last_fact(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT coalesce((SELECT last_fact FROM posting_batch ORDER BY seq DESC LIMIT 1), 0) AS "last!""#
    )
    .fetch_one(connection)
    .await?;
    natural(last, "posting_batch.last_fact")
}

/// Fixes a batch's list. `false` when it is not waiting for that any more.
pub async fn update_sealed(transaction: &mut PgTransaction<'_>, seal: &Seal<'_>) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE payout_batch
         SET state = 'sealed', list_hash = $2, manifest = $3, manifest_hash = $4, total = $5, count = $6,
             sealed_at = now()
         WHERE batch_id = $1 AND state = 'held' AND cancel_requested_at IS NULL",
        seal.batch.as_slice(),
        seal.list_hash.as_slice(),
        seal.manifest,
        seal.manifest_hash.as_slice(),
        DbAmount(seal.total) as _,
        i32::try_from(seal.count).map_err(|_| StoreError::corrupt("more than 2^31 payouts"))?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

fn bytes(ids: &[B256]) -> Vec<&[u8]> {
    ids.iter().map(B256::as_slice).collect()
}
