//! Signed transactions of relayed messages, stored before they are sent, and what they cost.
//!
//! Every function that writes is to be called in a transaction that has checked the lease for settlement.

use alloy_primitives::{Address, B256, Bytes};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::{DbAmount, StoreError};

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its hash.
    pub hash: B256,
    /// Its bytes.
    pub raw: Bytes,
    /// Wei per gas at most, tip included.
    pub max_fee: u128,
    /// Wei per gas at most for the block's producer.
    pub priority_fee: u128,
    /// Seconds since it was signed.
    pub age_seconds: u64,
}

/// A message with signed transactions of one nonce, of which none is final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message's number.
    pub id: i64,
    /// The account that sends.
    pub sender: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// The call.
    pub input: Bytes,
    /// The gas that its transaction gets.
    pub gas_limit: u64,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
}

/// A signed transaction that is about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// The message's number.
    pub relay: i64,
    /// The account that sends.
    pub sender: Address,
    /// The account's nonce.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// Its bytes.
    pub raw: Bytes,
    /// Wei per gas at most, tip included.
    pub max_fee: u128,
    /// Wei per gas at most for the block's producer.
    pub priority_fee: u128,
    /// What it costs at most.
    pub cost_max: Amount,
}

/// How a nonce ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The transaction that is final.
    pub hash: B256,
    /// What it cost.
    pub fee: Amount,
    /// Whether it was executed; `false` when it reverted.
    pub succeeded: bool,
}

/// Messages that may be on their way to the chain, in the order of their nonces.
pub async fn list_sent(connection: &mut PgConnection) -> Result<Vec<Sent>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT r.id, r.sender AS "sender!: Db<Address>", r.nonce AS "nonce!: Db<u64>", r.input,
                  r.gas_limit AS "gas_limit!: Db<u64>", a.transaction_hash AS "hash!: Db<B256>", a.raw,
                  a.max_fee AS "max_fee: DbAmount", a.priority_fee AS "priority_fee: DbAmount",
                  extract(epoch FROM now() - a.signed_at)::bigint AS "age!"
           FROM relay AS r
           JOIN relay_attempt AS a ON a.relay_id = r.id AND a.sender = r.sender AND a.nonce = r.nonce
           WHERE r.state = 'sent'
           ORDER BY r.sender, r.nonce, a.max_fee"#
    )
    .fetch_all(connection)
    .await?;
    let mut sent: Vec<Sent> = Vec::new();
    for row in rows {
        let attempt = Attempt {
            hash: row.hash.0,
            raw: row.raw.into(),
            max_fee: row.max_fee.0.base_units(),
            priority_fee: row.priority_fee.0.base_units(),
            age_seconds: u64::try_from(row.age).unwrap_or_default(),
        };
        match sent.last_mut().filter(|last| last.id == row.id) {
            Some(last) => last.attempts.push(attempt),
            None => sent.push(Sent {
                id: row.id,
                sender: row.sender.0,
                nonce: row.nonce.0,
                input: row.input.into(),
                gas_limit: row.gas_limit.0,
                attempts: vec![attempt],
            }),
        }
    }
    Ok(sent)
}

/// What an account spent within the last 24 hours, or may still have to pay: of transactions with one nonce the dearest.
pub async fn spent_lately(connection: &mut PgConnection, sender: Address) -> Result<Amount, StoreError> {
    let spent = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(dearest), 0) AS "spent!: DbAmount" FROM (
               SELECT max(cost) AS dearest FROM relay_attempt
               WHERE sender = $1 AND signed_at > now() - interval '1 day' GROUP BY nonce
           ) AS nonces"#,
        sender.as_slice()
    )
    .fetch_one(connection)
    .await?;
    Ok(spent.0)
}

/// What an account may still have to pay for messages whose transactions are not final.
pub async fn under_way(connection: &mut PgConnection, sender: Address) -> Result<Amount, StoreError> {
    let cost = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(dearest), 0) AS "cost!: DbAmount" FROM (
               SELECT max(a.cost) AS dearest FROM relay AS r
               JOIN relay_attempt AS a ON a.relay_id = r.id AND a.sender = r.sender AND a.nonce = r.nonce
               WHERE r.state = 'sent' AND r.sender = $1 GROUP BY a.nonce
           ) AS nonces"#,
        sender.as_slice()
    )
    .fetch_one(connection)
    .await?;
    Ok(cost.0)
}

/// Stores a signed transaction, and that its message has one. `false` when the message is not where it should be: nothing may
/// be sent then.
pub async fn insert(transaction: &mut PgTransaction<'_>, new: &NewAttempt) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE relay SET state = 'sent', sender = $2, nonce = $3, transaction_hash = $4
         WHERE id = $1 AND (state = 'queued' OR (state = 'sent' AND sender = $2 AND nonce = $3))",
        new.relay,
        new.sender.as_slice(),
        signed(new.nonce)?,
        new.hash.as_slice(),
    )
    .execute(&mut **transaction)
    .await?;
    if updated.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!(
        "INSERT INTO relay_attempt (transaction_hash, relay_id, sender, nonce, raw, max_fee, priority_fee, cost)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.hash.as_slice(),
        new.relay,
        new.sender.as_slice(),
        signed(new.nonce)?,
        new.raw.as_ref(),
        DbAmount(Amount::new(new.max_fee)) as DbAmount,
        DbAmount(Amount::new(new.priority_fee)) as DbAmount,
        DbAmount(new.cost_max) as DbAmount,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(true)
}

/// Closes a message whose transaction is final, and notes what it cost.
pub async fn update_finished(
    transaction: &mut PgTransaction<'_>,
    sent: &Sent,
    finished: &Finished,
) -> Result<(), StoreError> {
    let failed = (!finished.succeeded).then_some("reverted");
    sqlx::query!(
        "UPDATE relay SET state = CASE WHEN $3::text IS NULL THEN 'done' ELSE 'failed' END, failed = $3, transaction_hash = $2
         WHERE id = $1 AND state = 'sent'",
        sent.id,
        finished.hash.as_slice(),
        failed,
    )
    .execute(&mut **transaction)
    .await?;
    sqlx::query!(
        "UPDATE relay_attempt SET cost = CASE WHEN transaction_hash = $3 THEN $4 ELSE 0 END
         WHERE sender = $1 AND nonce = $2",
        sent.sender.as_slice(),
        signed(sent.nonce)?,
        finished.hash.as_slice(),
        DbAmount(finished.fee) as DbAmount,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
