//! Liabilities roots on the operators' side: requested, approved, listed.
//!
//! Not responsible for the tree (`audit::liabilities`), for its rows (`liabilities_build`) nor for publishing (`settlement_root`).

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::column::Db;
use crate::deployment::natural;
use crate::inbox::BlockRef;
use crate::{DbAmount, StoreError};

/// Sorts behind every wallet.
const BEHIND_ALL: &[u8] = &[0xff; 21];

/// A root. Times are seconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The root.
    pub root: B256,
    /// `built`, `approved`, `signed`, `published`, `vetoed`, `expired` or `discarded`.
    pub state: String,
    /// Sum of its leaves.
    pub total: Amount,
    /// Number of its leaves.
    pub leaves: i32,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
    /// The last fact that it counts.
    pub fact_seq: u64,
    /// The block that it counts whole.
    pub block_number: u64,
    /// Its hash.
    pub block_hash: B256,
    /// Whether it may be published while batches are under way.
    pub accept_claims: bool,
    /// Who built it.
    pub built_by: Address,
    /// When, in microseconds.
    pub built_at_us: i64,
    /// Who approved it.
    pub approved_by: Option<Address>,
    /// When.
    pub approved_at: Option<i64>,
    /// Last second at which its publication is authorized, by the chain's time.
    pub deadline: Option<u64>,
    /// Who signed it.
    pub signer: Option<Address>,
    /// From when on it can be claimed against, by the chain's time.
    pub claimable_from: Option<u64>,
    /// The fact of its publication.
    pub published_fact: Option<i64>,
    /// The fact of its veto.
    pub vetoed_fact: Option<i64>,
}

/// Up to where the ledger is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The last fact.
    pub fact_seq: u64,
    /// The last journal entry.
    pub as_of_seq: u64,
    /// The last block of which everything is posted.
    pub block: BlockRef,
}

/// One list of columns for every statement that reads whole roots.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Root,
            r#"SELECT root AS "root!: Db<B256>", state, total AS "total: DbAmount", leaves,
                      as_of_seq AS "as_of_seq!: Db<u64>", fact_seq AS "fact_seq!: Db<u64>",
                      block_number AS "block_number!: Db<u64>", block_hash AS "block_hash!: Db<B256>", accept_claims,
                      built_by AS "built_by!: Db<Address>",
                      (extract(epoch FROM built_at) * 1000000)::bigint AS "built_at_us!",
                      approved_by AS "approved_by!: Db<Option<Address>>",
                      extract(epoch FROM approved_at)::bigint AS approved_at, deadline AS "deadline!: Db<Option<u64>>",
                      signer AS "signer!: Db<Option<Address>>",
                      claimable_from AS "claimable_from!: Db<Option<u64>>", published_fact, vetoed_fact
               FROM liabilities_root "# + $tail
            $(, $argument)*
        )
    };
}

/// A root, if there is this one.
pub async fn find(connection: &mut PgConnection, root: B256) -> Result<Option<Root>, StoreError> {
    Ok(select!("WHERE root = $1", root.as_slice())
        .fetch_optional(connection)
        .await?)
}

/// A root, with its row locked until the transaction's end.
pub async fn lock(transaction: &mut PgTransaction<'_>, root: B256) -> Result<Option<Root>, StoreError> {
    Ok(select!("WHERE root = $1 FOR UPDATE", root.as_slice())
        .fetch_optional(&mut **transaction)
        .await?)
}

/// The newest root that was published and not vetoed.
pub async fn find_published(connection: &mut PgConnection) -> Result<Option<Root>, StoreError> {
    Ok(
        select!("WHERE state = 'published' ORDER BY published_fact DESC LIMIT 1")
            .fetch_optional(connection)
            .await?,
    )
}

/// Whether a root is on its way to the chain: approved, and neither published nor over.
pub async fn any_wanted(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM liabilities_root WHERE state IN ('approved', 'signed')) AS "wanted!""#
    )
    .fetch_one(connection)
    .await?)
}

/// Roots, newest first, below a position of time and root.
pub async fn list(
    connection: &mut PgConnection,
    below: (i64, B256),
    limit: i64,
) -> Result<Vec<Root>, StoreError> {
    Ok(select!(
        "WHERE (built_at, root) < ('epoch'::timestamptz + $1::bigint * interval '1 microsecond', $2::bytea)
         ORDER BY built_at DESC, root DESC LIMIT $3",
        below.0,
        below.1.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Makes everything that the transaction reads belong to one moment. To be called first.
pub async fn freeze_snapshot(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Up to where the ledger is posted; `None` before the first fact of the chain.
pub async fn find_posted(connection: &mut PgConnection) -> Result<Option<Posted>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT last_fact AS "last_fact!: Db<u64>", block_number AS "block_number!: Db<u64>",
                  block_hash AS "block_hash!: Db<B256>",
                  (SELECT max(chain_seq) FROM inbox WHERE fact_seq IS NOT NULL) AS as_of_seq
           FROM posting_batch ORDER BY seq DESC LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(as_of_seq) = row.as_of_seq else {
        return Ok(None);
    };
    Ok(Some(Posted {
        fact_seq: row.last_fact.0,
        as_of_seq: natural(as_of_seq, "inbox.chain_seq")?,
        block: BlockRef {
            number: row.block_number.0,
            hash: row.block_hash.0,
        },
    }))
}

/// Notes the approval; the row is to be locked before.
///
/// # Errors
/// Constraint `liabilities_root_approved_by_another`.
pub async fn update_approved(
    transaction: &mut PgTransaction<'_>,
    root: B256,
    approver: Address,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE liabilities_root SET state = 'approved', approved_by = $2, approved_at = now()
         WHERE root = $1 AND state = 'built'",
        root.as_slice(),
        approver.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Leaves of a root in the order of wallets, above `after`.
pub async fn list_leaves(
    connection: &mut PgConnection,
    root: B256,
    after: Address,
    limit: i64,
) -> Result<Vec<(Address, Amount)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT wallet AS "wallet!: Db<Address>", entitled AS "entitled: DbAmount"
           FROM liabilities_leaf
           WHERE root = $1 AND wallet > $2 ORDER BY wallet LIMIT $3"#,
        root.as_slice(),
        after.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.wallet.0, row.entitled.0))
        .collect())
}

/// A root that an operator requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// Who asked.
    pub requested_by: Address,
    /// Whether it may be published while batches are in progress.
    pub accept_claims: bool,
    /// When it was requested, in seconds since 1970-01-01 UTC.
    pub requested_at: i64,
    /// `waiting`, `built` or `refused`.
    pub state: String,
    /// The root, when it is built.
    pub root: Option<B256>,
    /// Why it was not built.
    pub refused: Option<String>,
    /// When it was built or refused.
    pub finished_at: Option<i64>,
}

/// Requests a root. Who asks again for the same while it waits finds the first request; `true` when it is new.
pub async fn insert_request(
    transaction: &mut PgTransaction<'_>,
    operator: Address,
    accept_claims: bool,
) -> Result<(i64, bool), StoreError> {
    let inserted = sqlx::query_scalar!(
        "INSERT INTO liabilities_request (requested_by, accept_claims) VALUES ($1, $2)
         ON CONFLICT (requested_by, accept_claims) WHERE state = 'waiting' DO NOTHING
         RETURNING id",
        operator.as_slice(),
        accept_claims
    )
    .fetch_optional(&mut **transaction)
    .await?;
    if let Some(id) = inserted {
        return Ok((id, true));
    }
    let id = sqlx::query_scalar!(
        "SELECT id FROM liabilities_request
         WHERE requested_by = $1 AND accept_claims = $2 ORDER BY id DESC LIMIT 1",
        operator.as_slice(),
        accept_claims
    )
    .fetch_one(&mut **transaction)
    .await?;
    Ok((id, false))
}

/// A request, if there is one of this number.
pub async fn find_request(connection: &mut PgConnection, id: i64) -> Result<Option<Request>, StoreError> {
    Ok(sqlx::query_as!(
        Request,
        r#"SELECT id, requested_by AS "requested_by!: Db<Address>", accept_claims,
                  extract(epoch FROM requested_at)::bigint AS "requested_at!", state,
                  root AS "root!: Db<Option<B256>>", refused, extract(epoch FROM finished_at)::bigint AS finished_at
           FROM liabilities_request WHERE id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?)
}

/// What everyone is entitled to in all: everything that was paid and everything that is available, from the sums that
/// posting keeps.
pub async fn fetch_entitled_total(connection: &mut PgConnection) -> Result<Amount, StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT (coalesce((SELECT paid FROM paid_total), 0)
                   + coalesce((SELECT credits - debits FROM kind_total WHERE kind = 'available' AND detail = 0), 0)
                  )::numeric(39, 0) AS "total!: DbAmount""#
    )
    .fetch_one(connection)
    .await?;
    Ok(total.0)
}

/// The block of leaves in which a wallet's leaf is, if it has one: its number and the wallet of its first leaf, and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// From 0.
    pub place: i32,
    /// Wallet of its first leaf.
    pub first_wallet: Address,
    /// Wallet of the first leaf of the next block; `None` for the last one.
    pub next_wallet: Option<Address>,
    /// Hash of the node above all its leaves.
    pub hash: B256,
}

/// The block of a root that a wallet's leaf would be in; blocks are the nodes of this level.
pub async fn find_block(
    connection: &mut PgConnection,
    root: B256,
    level: u16,
    wallet: Address,
) -> Result<Option<Block>, StoreError> {
    Ok(sqlx::query_as!(
        Block,
        r#"SELECT n.place, n.first_wallet AS "first_wallet!: Db<Address>", n.hash AS "hash!: Db<B256>",
                  (SELECT m.first_wallet FROM liabilities_node AS m WHERE m.root = n.root AND m.level = n.level
                      AND m.place = n.place + 1) AS "next_wallet!: Db<Option<Address>>"
           FROM liabilities_node AS n
           WHERE n.root = $1 AND n.level = $2 AND n.first_wallet <= $3 ORDER BY n.first_wallet DESC LIMIT 1"#,
        root.as_slice(),
        i16::try_from(level).map_err(|_| StoreError::corrupt("a level above 2^15"))?,
        wallet.as_slice()
    )
    .fetch_optional(connection)
    .await?)
}

/// Hashes and sums of the partners on the way from a block to the root, lowest first.
pub async fn list_partners(
    connection: &mut PgConnection,
    root: B256,
    level: u16,
    place: i32,
) -> Result<Vec<(B256, Amount)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT n.hash AS "hash!: Db<B256>", n.sum AS "sum: DbAmount"
           FROM generate_series(0, 30) AS up (height)
           JOIN liabilities_node AS n ON n.root = $1 AND n.level = $2 + up.height AND n.place = ($3 >> up.height) # 1
           ORDER BY n.level"#,
        root.as_slice(),
        i32::from(level),
        place
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.hash.0, row.sum.0)).collect())
}

/// The leaves of a block, by wallet, at most `limit`. The range has two ends, so that a planner without statistics of a fresh
/// list does not sort all of it.
pub async fn list_block(
    connection: &mut PgConnection,
    root: B256,
    block: &Block,
    limit: i64,
) -> Result<Vec<(Address, Amount)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT wallet AS "wallet!: Db<Address>", entitled AS "entitled: DbAmount"
           FROM liabilities_leaf
           WHERE root = $1 AND wallet >= $2 AND wallet < $3 ORDER BY wallet LIMIT $4"#,
        root.as_slice(),
        block.first_wallet.as_slice(),
        block
            .next_wallet
            .as_ref()
            .map_or(BEHIND_ALL, |wallet| wallet.as_slice()),
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.wallet.0, row.entitled.0))
        .collect())
}
