//! Messages that users signed for the contract and that the settlement process sends for them: from being queued to the final
//! transaction.
//!
//! Not responsible for the signed transactions (`relay_attempt`), nor for what may be relayed.

use alloy_primitives::{Address, B256, Bytes};
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::address;

/// How long an account counts as relaying after it was seen.
const SEEN_SECONDS: f64 = 300.0;

/// Whoever counts and inserts holds this lock, so that two requests do not both find the last place of a day.
const LIMITS_LOCK: i64 = 0x0072_656c_6179;

names::names! {
    /// What a message asks the contract for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Kind {
        /// A deposit back.
        Refund = "refund",
        /// What a published leaf entitles to.
        Claim = "claim",
        /// The user's whole credit.
        Credit = "credit",
    }
}

names::names! {
    /// Where a message stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// It waits for its transaction.
        Queued = "queued",
        /// A transaction is signed for it and may be sent.
        Sent = "sent",
        /// Its transaction is final.
        Done = "done",
        /// It was abandoned, or its transaction reverted.
        Failed = "failed",
    }
}

crate::column::named!(Kind, State);

impl State {
    /// Whether it is not over.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Queued | Self::Sent => true,
            Self::Done | Self::Failed => false,
        }
    }
}

/// A message and the outcome of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Its number.
    pub id: i64,
    /// What the user signed.
    pub digest: B256,
    /// What it requests.
    pub kind: Kind,
    /// Who signed.
    pub wallet: Address,
    /// Where it stands.
    pub state: State,
    /// Why it was not done.
    pub failed: Option<String>,
    /// Its newest transaction, or the one that was included.
    pub transaction: Option<B256>,
    /// Last second at which the contract takes it, by the chain's time.
    pub deadline: u64,
    /// When it was queued last, in seconds since 1970-01-01 UTC.
    pub queued_at: i64,
}

/// A message that is about to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRelay {
    /// What the user signed.
    pub digest: B256,
    /// What it requests.
    pub kind: Kind,
    /// Who signed.
    pub wallet: Address,
    /// The call of the contract, signature included.
    pub input: Bytes,
    /// The gas that its transaction gets.
    pub gas_limit: u64,
    /// Last second at which the contract takes it, by the chain's time.
    pub deadline: u64,
}

/// How many messages were queued within the last 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lately {
    /// Of this wallet.
    pub of_wallet: u64,
    /// Of all.
    pub of_all: u64,
}

/// A message that waits for its transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub id: i64,
    /// What the user signed.
    pub digest: B256,
    /// The call.
    pub input: Bytes,
    /// The gas that its transaction gets.
    pub gas_limit: u64,
    /// Last second at which the contract takes it.
    pub deadline: u64,
}

/// A message by what was signed.
pub async fn find(connection: &mut PgConnection, digest: B256) -> Result<Option<Relay>, StoreError> {
    Ok(sqlx::query_as!(
        Relay,
        r#"SELECT id, digest AS "digest!: Db<B256>", kind AS "kind!: Db<Kind>", wallet AS "wallet!: Db<Address>",
                  state AS "state!: Db<State>", failed, transaction_hash AS "transaction!: Db<Option<B256>>",
                  deadline AS "deadline!: Db<u64>", extract(epoch FROM queued_at)::bigint AS "queued_at!"
           FROM relay WHERE digest = $1"#,
        digest.as_slice()
    )
    .fetch_optional(connection)
    .await?)
}

/// The account that relays, if one was seen lately.
pub async fn find_relayer(connection: &mut PgConnection) -> Result<Option<Address>, StoreError> {
    let account = sqlx::query_scalar!(
        "SELECT account FROM relayer WHERE seen_at > now() - $1 * interval '1 second'
         ORDER BY seen_at DESC LIMIT 1",
        SEEN_SECONDS
    )
    .fetch_optional(connection)
    .await?;
    account
        .map(|bytes| address(&bytes, "relayer.account"))
        .transpose()
}

/// Says that this account relays.
pub async fn insert_relayer(transaction: &mut PgTransaction<'_>, account: Address) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO relayer (account) VALUES ($1) ON CONFLICT (account) DO UPDATE SET seen_at = now()",
        account.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// How many messages were queued lately. Nobody else queues one until the end of the transaction.
pub async fn lock_lately(transaction: &mut PgTransaction<'_>, wallet: Address) -> Result<Lately, StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LIMITS_LOCK)
        .execute(&mut **transaction)
        .await?;
    Ok(sqlx::query_as!(
        Lately,
        r#"SELECT coalesce(sum(rounds), 0)::bigint AS "of_all!: Db<u64>",
                  coalesce(sum(rounds) FILTER (WHERE wallet = $1), 0)::bigint AS "of_wallet!: Db<u64>"
           FROM relay WHERE queued_at > now() - interval '1 day'"#,
        wallet.as_slice()
    )
    .fetch_one(&mut **transaction)
    .await?)
}

/// Queues a message; one that has ended is queued again, with the new call. `false` when it is queued or sent already.
pub async fn insert(transaction: &mut PgTransaction<'_>, new: &NewRelay) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO relay AS known (digest, kind, wallet, input, gas_limit, deadline)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (digest) DO UPDATE
         SET state = 'queued', failed = NULL, rounds = known.rounds + 1, queued_at = now(),
             input = excluded.input, gas_limit = excluded.gas_limit
         WHERE known.state IN ('done', 'failed')",
        new.digest.as_slice(),
        new.kind.name(),
        new.wallet.as_slice(),
        new.input.as_ref(),
        signed(new.gas_limit)?,
        signed(new.deadline)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The oldest messages that wait, behind this number.
pub async fn list_queued(
    connection: &mut PgConnection,
    after: i64,
    limit: i64,
) -> Result<Vec<Queued>, StoreError> {
    Ok(sqlx::query_as!(
        Queued,
        r#"SELECT id, digest AS "digest!: Db<B256>", input, gas_limit AS "gas_limit!: Db<u64>",
                  deadline AS "deadline!: Db<u64>"
           FROM relay WHERE state = 'queued' AND id > $1 ORDER BY id LIMIT $2"#,
        after,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Gives a message up that waits, and says why.
pub async fn update_given_up(
    transaction: &mut PgTransaction<'_>,
    id: i64,
    why: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE relay SET state = 'failed', failed = $2 WHERE id = $1 AND state = 'queued'",
        id,
        why
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Another transaction took the nonce: the message waits again.
pub async fn update_waiting_again(transaction: &mut PgTransaction<'_>, id: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE relay SET state = 'queued' WHERE id = $1 AND state = 'sent'",
        id
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
