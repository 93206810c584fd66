//! Proposals: what one operator proposes and another person agrees to, with the command that follows.
//!
//! Not responsible for signatures (`approval`), nor for what a kind of content means.

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::{DbAmount, StoreError};

/// The constraint by which nobody approves what they proposed.
pub const TWO_PEOPLE: &str = "proposal_two_people";

/// Approvals of proposals, one after the other: each sees what those before it have used up.
const DECIDING_LOCK: i64 = 0x7072_6f70_6f73;

names::names! {
    /// What a proposal is about.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Kind {
        /// Unallocated revenue for a fund.
        FundAllocation = "fund_allocation",
    }
}

names::names! {
    /// What became of a proposal.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum State {
        /// It can be agreed to until it expires.
        Open = "open",
        /// Enough people agreed.
        Approved = "approved",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

crate::column::named!(Kind, State);

/// A proposal to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewProposal<'a> {
    /// Hash of its content; the database compares.
    pub hash: B256,
    /// What it is about.
    pub kind: Kind,
    /// The content in its one canonical form.
    pub payload: &'a str,
    /// The wallet that proposes it.
    pub proposed_by: Address,
    /// The wallet's own name for it.
    pub idempotency_key: &'a str,
    /// Until when it may be agreed to, in seconds of the chain's time.
    pub expires: u64,
}

/// A stored proposal. Times are seconds since 1970-01-01 UTC; `expires` is of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number: later ones have greater ones.
    pub id: i64,
    /// Hash of its content.
    pub hash: B256,
    /// What it is about.
    pub kind: Kind,
    /// The content.
    pub payload: String,
    /// The wallet that proposed it.
    pub proposed_by: Address,
    /// Whose wallet that was.
    pub proposer: String,
    /// When.
    pub proposed_at: i64,
    /// Until when it may be agreed to.
    pub expires: u64,
    /// What became of it.
    pub state: State,
    /// A wallet of somebody else who agreed.
    pub approved_by: Option<Address>,
    /// When it was approved or taken back.
    pub decided_at: Option<i64>,
    /// The command that follows from it.
    pub inbox_id: Option<i64>,
    /// The fact that the command became.
    pub fact_seq: Option<i64>,
    /// Whether the command is put aside.
    pub quarantined: bool,
    /// Why the fact had no effect, when it had none.
    pub ignored: Option<String>,
}

/// One list of columns for every statement that reads whole proposals.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Proposal,
            r#"SELECT p.id, p.hash AS "hash!: Db<B256>", p.kind AS "kind!: Db<Kind>", p.payload,
                      p.proposed_by AS "proposed_by!: Db<Address>", p.proposer,
                      extract(epoch FROM p.proposed_at)::bigint AS "proposed_at!",
                      p.expires AS "expires!: Db<u64>", p.state AS "state!: Db<State>",
                      p.approved_by AS "approved_by!: Db<Option<Address>>",
                      extract(epoch FROM p.decided_at)::bigint AS decided_at, p.inbox_id,
                      (SELECT i.fact_seq FROM inbox AS i WHERE i.id = p.inbox_id) AS fact_seq,
                      coalesce((SELECT i.quarantined FROM inbox AS i WHERE i.id = p.inbox_id), false) AS "quarantined!",
                      (SELECT substr(d.cause, length('ignored:') + 1)
                       FROM inbox AS i JOIN discrepancy AS d ON d.fact_seq = i.fact_seq
                       WHERE i.id = p.inbox_id AND starts_with(d.cause, 'ignored:')
                       ORDER BY d.ordinal LIMIT 1) AS ignored
               FROM proposal AS p "# + $tail
            $(, $argument)*
        )
    };
}

/// Stores a proposal; `false` when the wallet has used the key.
///
/// # Errors
/// The wallet is no operator's.
pub async fn insert(connection: &mut PgConnection, proposal: &NewProposal<'_>) -> Result<bool, StoreError> {
    let inserted = sqlx::query!(
        "INSERT INTO proposal (hash, kind, payload, proposed_by, idempotency_key, expires)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (proposed_by, idempotency_key) DO NOTHING",
        proposal.hash.as_slice(),
        proposal.kind.name(),
        proposal.payload,
        proposal.proposed_by.as_slice(),
        proposal.idempotency_key,
        signed(proposal.expires)?,
    )
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The proposal with this hash.
pub async fn find(connection: &mut PgConnection, hash: B256) -> Result<Option<Proposal>, StoreError> {
    Ok(select!("WHERE p.hash = $1", hash.as_slice())
        .fetch_optional(connection)
        .await?)
}

/// The proposal that a wallet made under a key.
pub async fn find_by_key(
    connection: &mut PgConnection,
    proposed_by: Address,
    idempotency_key: &str,
) -> Result<Option<Proposal>, StoreError> {
    Ok(select!(
        "WHERE p.proposed_by = $1 AND p.idempotency_key = $2",
        proposed_by.as_slice(),
        idempotency_key
    )
    .fetch_optional(connection)
    .await?)
}

/// The proposal with this hash, which nobody else changes until the transaction ends.
pub async fn lock(transaction: &mut PgTransaction<'_>, hash: B256) -> Result<Option<Proposal>, StoreError> {
    Ok(
        select!("WHERE p.hash = $1 FOR NO KEY UPDATE OF p", hash.as_slice())
            .fetch_optional(&mut **transaction)
            .await?,
    )
}

/// Proposals below a number, newest first.
pub async fn list(
    connection: &mut PgConnection,
    below: i64,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    Ok(
        select!("WHERE p.id < $1 ORDER BY p.id DESC LIMIT $2", below, limit)
            .fetch_all(connection)
            .await?,
    )
}

/// Waits until no other proposal is being approved; until the transaction's end none will be.
pub async fn lock_deciding(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", DECIDING_LOCK)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Marks an open proposal approved.
///
/// # Errors
/// Constraint [`TWO_PEOPLE`]: the wallet is of the person who proposed it.
pub async fn update_approved(
    connection: &mut PgConnection,
    hash: B256,
    approver: Address,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE proposal SET state = 'approved', approved_by = $2, decided_at = now() WHERE hash = $1 AND state = 'open'",
        hash.as_slice(),
        approver.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes the command that follows from an approved proposal.
pub async fn update_commanded(
    connection: &mut PgConnection,
    hash: B256,
    inbox_id: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE proposal SET inbox_id = $2 WHERE hash = $1",
        hash.as_slice(),
        inbox_id
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes an open proposal back.
pub async fn update_withdrawn(connection: &mut PgConnection, hash: B256) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE proposal SET state = 'withdrawn', decided_at = now() WHERE hash = $1 AND state = 'open'",
        hash.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What allocations that are commanded and not posted yet take from unallocated revenue. Whoever compares it with a balance
/// reads it first: what is posted in between is then counted twice, and never missed.
pub async fn fetch_waiting_allocations(connection: &mut PgConnection) -> Result<Amount, StoreError> {
    let waiting = sqlx::query_scalar!(
        r#"SELECT coalesce(sum((payload ->> 'amount')::numeric), 0)::numeric(39, 0) AS "sum!: DbAmount"
           FROM inbox
           WHERE fact_seq IS NULL AND NOT quarantined AND source = 'command' AND payload ->> 'report' = 'fund_allocated'"#
    )
    .fetch_one(connection)
    .await?;
    Ok(waiting.0)
}
