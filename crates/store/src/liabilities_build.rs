//! What the settlement worker reads and writes to build a root of liabilities: who is entitled to how much, page by page, and
//! the rows of a finished tree.
//!
//! Everything of one root is read and written in one transaction whose reads belong to one moment.

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::{Db, column};
use crate::deployment::hash;
use crate::liabilities::Posted;
use crate::{DbAmount, StoreError};

/// A request that is being worked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// Who asked: the builder of the root.
    pub requested_by: Address,
    /// Whether the root may be published while batches are in progress.
    pub accept_claims: bool,
}

/// What a user is entitled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Whose.
    pub wallet: Address,
    /// Lifetime: everything that was paid and everything that is available, never less than published before. May be zero.
    pub entitled: Amount,
}

/// A root to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRoot {
    /// The root.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
    /// Number of its leaves.
    pub leaves: usize,
    /// Up to where it counts.
    pub posted: Posted,
}

/// A node of a tree, to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Levels above the leaves.
    pub level: i16,
    /// Number in its level, from 0.
    pub place: i32,
    /// Its hash.
    pub hash: B256,
    /// Sum of the leaves below.
    pub sum: Amount,
    /// Wallet of the first leaf below.
    pub first_wallet: Address,
}

/// The oldest request that waits and that nobody else works at; it is locked until the transaction's end. None while a fact is
/// posted only in part: what it decided is not what users have yet.
pub async fn claim_request(transaction: &mut PgTransaction<'_>) -> Result<Option<Claimed>, StoreError> {
    Ok(sqlx::query_as!(
        Claimed,
        r#"SELECT id, requested_by AS "requested_by!: Db<Address>", accept_claims FROM liabilities_request
         WHERE state = 'waiting' AND NOT EXISTS (SELECT FROM open_fact) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"#
    )
    .fetch_optional(&mut **transaction)
    .await?)
}

/// What the next `limit` users above a wallet are entitled to, what batches hold back included, by wallet.
pub async fn list_entitlements(
    connection: &mut PgConnection,
    published: Option<B256>,
    after: Option<Address>,
    limit: i64,
) -> Result<Vec<Entitlement>, StoreError> {
    Ok(sqlx::query_as!(
        Entitlement,
        r#"SELECT u.wallet AS "wallet!: Db<Address>",
                  greatest(u.paid + coalesce(b.credits_posted - b.debits_posted, 0), coalesce(l.entitled, 0))::numeric(39, 0) AS "entitled!: DbAmount"
                      FROM (
               SELECT id, wallet, paid FROM users WHERE wallet > coalesce($2, ''::bytea) ORDER BY wallet LIMIT $3
           ) AS u
           LEFT JOIN LATERAL (
               SELECT credits_posted, debits_posted FROM balance WHERE account_id = available_account(u.id) OFFSET 0
           ) AS b ON true
           LEFT JOIN LATERAL (
               SELECT entitled FROM liabilities_leaf WHERE root = $1 AND wallet = u.wallet OFFSET 0
           ) AS l ON true
           ORDER BY u.wallet"#,
        published.as_ref().map(|root| root.as_slice()),
        after.as_ref().map(|wallet| wallet.as_slice()),
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Stores a root with its leaves, which the database takes from the same entitlements; `false` when it is stored already.
pub async fn insert(
    transaction: &mut PgTransaction<'_>,
    root: &NewRoot,
    request: &Claimed,
    published: Option<B256>,
) -> Result<bool, StoreError> {
    let leaves = i32::try_from(root.leaves).map_err(|_| StoreError::corrupt("more than 2^31 leaves"))?;
    let inserted = sqlx::query!(
        "INSERT INTO liabilities_root
             (root, total, leaves, as_of_seq, fact_seq, block_number, block_hash, accept_claims, built_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (root) DO NOTHING",
        root.root.as_slice(),
        DbAmount(root.total) as _,
        leaves,
        signed(root.posted.as_of_seq)?,
        signed(root.posted.fact_seq)?,
        signed(root.posted.block.number)?,
        root.posted.block.hash.as_slice(),
        request.accept_claims,
        request.requested_by.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let stored = sqlx::query!(
        "INSERT INTO liabilities_leaf (root, wallet, user_id, entitled)
         SELECT $1, u.wallet, u.id, e.entitled
         FROM users AS u
         LEFT JOIN balance AS b ON b.account_id = available_account(u.id)
         LEFT JOIN liabilities_leaf AS l ON l.root = $2 AND l.wallet = u.wallet
         CROSS JOIN LATERAL (
             SELECT greatest(
                 u.paid + coalesce(b.credits_posted - b.debits_posted, 0), coalesce(l.entitled, 0)
             )::numeric(39, 0) AS entitled
         ) AS e
         WHERE e.entitled > 0
         ORDER BY u.wallet",
        root.root.as_slice(),
        published.as_ref().map(|root| root.as_slice())
    )
    .execute(&mut **transaction)
    .await?;
    if stored.rows_affected() != u64::from(leaves.unsigned_abs()) {
        return Err(StoreError::corrupt("leaves that change while they are read"));
    }
    Ok(true)
}

/// Stores nodes of a root's tree.
pub async fn insert_nodes(
    transaction: &mut PgTransaction<'_>,
    root: B256,
    nodes: &[NodeRow],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO liabilities_node (root, level, place, hash, sum, first_wallet)
         SELECT $1, n.level, n.place, n.hash, n.sum, n.first_wallet
         FROM unnest($2::smallint[], $3::integer[], $4::bytea[], $5::numeric[], $6::bytea[])
             AS n (level, place, hash, sum, first_wallet)
         ON CONFLICT (root, level, place) DO NOTHING",
        root.as_slice(),
        &column(nodes, |node| node.level),
        &column(nodes, |node| node.place),
        &column(nodes, |node| node.hash.as_slice()) as &[&[u8]],
        &column(nodes, |node| DbAmount(node.sum)) as &[DbAmount],
        &column(nodes, |node| node.first_wallet.as_slice()) as &[&[u8]]
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Ends a request: with its root, or with why there is none.
pub async fn update_finished(
    transaction: &mut PgTransaction<'_>,
    id: i64,
    result: Result<B256, &str>,
) -> Result<(), StoreError> {
    let state = if result.is_ok() { "built" } else { "refused" };
    sqlx::query!(
        "UPDATE liabilities_request SET state = $2, root = $3, refused = $4, finished_at = now() WHERE id = $1",
        id,
        state,
        result.as_ref().ok().map(|root| root.as_slice()),
        result.err()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// The newest published root of whose tree no nodes are stored.
pub async fn find_without_nodes(connection: &mut PgConnection) -> Result<Option<B256>, StoreError> {
    let root = sqlx::query_scalar!(
        "SELECT r.root FROM liabilities_root AS r
         WHERE r.state = 'published' AND NOT EXISTS (SELECT FROM liabilities_node AS n WHERE n.root = r.root)
         ORDER BY r.published_fact DESC LIMIT 1"
    )
    .fetch_optional(connection)
    .await?;
    root.map(|root| hash(&root, "liabilities_root.root")).transpose()
}
