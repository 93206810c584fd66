//! A batch in the operators' view: its lines, and what was sent to the chain for it.

use alloy_primitives::{Address, B256};
use money::Amount;
use serde_json::Value;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Events shown of a batch: the newest; more only repeats what a node answers.
const EVENTS_MAX: i64 = 200;

/// One payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The user's number.
    pub user_id: i32,
    /// Whom.
    pub wallet: Address,
    /// What was requested.
    pub amount: Amount,
    /// What is held back now.
    pub held: Amount,
    /// What the chain will have paid in all.
    pub target: Option<Amount>,
    /// `held`, `refused`, `executed`, `credited`, `skipped` or `released`.
    pub state: String,
    /// Why nothing is held back.
    pub refused: Option<String>,
    /// What the chain paid or credited.
    pub settled: Option<Amount>,
}

/// An intent to land on the chain with one account nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its number.
    pub id: i64,
    /// The account.
    pub sender: Address,
    /// Its nonce.
    pub nonce: i64,
    /// Where it stands.
    pub state: String,
    /// Seconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// Seconds since 1970-01-01 UTC.
    pub closed_at: Option<i64>,
}

/// A signed transaction of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its submission.
    pub submission_id: i64,
    /// Counts from 1.
    pub number: i32,
    /// Whether it only fills the nonce.
    pub noop: bool,
    /// Its hash.
    pub transaction_hash: B256,
    /// Wei per gas at most.
    pub max_fee: Amount,
    /// Wei per gas at most for the block's producer.
    pub priority_fee: Amount,
    /// How often it was sent.
    pub sends: i32,
    /// The block that includes it, as far as it is known.
    pub included_block: Option<i64>,
    /// Whether it was executed there.
    pub succeeded: Option<bool>,
    /// The gas that it used.
    pub gas_used: Option<i64>,
}

/// Something that happened to a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its submission.
    pub submission_id: i64,
    /// Which attempt, if one.
    pub attempt: Option<i32>,
    /// What.
    pub event: String,
    /// In its own words.
    pub detail: Value,
    /// Seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// The payouts of a batch in the order of wallets. At most as many as the contract takes in one.
pub async fn list_lines(connection: &mut PgConnection, batch: B256) -> Result<Vec<Line>, StoreError> {
    Ok(sqlx::query_as!(
        Line,
        r#"SELECT p.user_id, u.wallet AS "wallet!: Db<Address>", p.amount AS "amount: DbAmount",
                  p.held AS "held: DbAmount", p.target AS "target!: Db<Option<Amount>>", p.state, p.refused,
                  p.settled AS "settled!: Db<Option<Amount>>"
           FROM payout AS p JOIN users AS u ON u.id = p.user_id
           WHERE p.batch_id = $1 ORDER BY u.wallet"#,
        batch.as_slice()
    )
    .fetch_all(connection)
    .await?)
}

/// The submissions of a batch, oldest first.
pub async fn list_submissions(
    connection: &mut PgConnection,
    batch: B256,
) -> Result<Vec<Submission>, StoreError> {
    Ok(sqlx::query_as!(
        Submission,
        r#"SELECT id, sender AS "sender!: Db<Address>", nonce, state,
                  extract(epoch FROM created_at)::bigint AS "created_at!",
                  extract(epoch FROM closed_at)::bigint AS closed_at
           FROM submission WHERE kind = 'batch' AND subject = $1 ORDER BY id"#,
        batch.as_slice()
    )
    .fetch_all(connection)
    .await?)
}

/// The attempts of these submissions, in order.
pub async fn list_attempts(
    connection: &mut PgConnection,
    submissions: &[i64],
) -> Result<Vec<Attempt>, StoreError> {
    Ok(sqlx::query_as!(
        Attempt,
        r#"SELECT submission_id, number, noop, transaction_hash AS "transaction_hash!: Db<B256>",
                  max_fee AS "max_fee: DbAmount", priority_fee AS "priority_fee: DbAmount", sends,
                  included_block, succeeded, gas_used
           FROM attempt WHERE submission_id = ANY($1) ORDER BY submission_id, number"#,
        submissions
    )
    .fetch_all(connection)
    .await?)
}

/// What happened to these submissions, newest first.
pub async fn list_events(
    connection: &mut PgConnection,
    submissions: &[i64],
) -> Result<Vec<Event>, StoreError> {
    Ok(sqlx::query_as!(
        Event,
        r#"SELECT submission_id, attempt, event, detail, extract(epoch FROM at)::bigint AS "at!"
           FROM submission_event WHERE submission_id = ANY($1) ORDER BY id DESC LIMIT $2"#,
        submissions,
        EVENTS_MAX
    )
    .fetch_all(connection)
    .await?)
}
