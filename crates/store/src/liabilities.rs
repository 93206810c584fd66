//! Roots of liabilities as operators handle them: built over everybody who is entitled, approved, listed.
//!
//! Not responsible for the tree (`audit::liabilities`) nor for publishing (`settlement_root`).

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::deployment::{address, hash, natural};
use crate::inbox::BlockRef;
use crate::{DbAmount, StoreError};

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
    pub block: BlockRef,
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

/// What a user is entitled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// The user's number.
    pub user: i32,
    /// Whose.
    pub wallet: Address,
    /// Lifetime: everything that was paid and everything that is available, never less than published before.
    pub entitled: Amount,
}

/// A root to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewRoot<'a> {
    /// The root.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
    /// Up to where it counts.
    pub posted: Posted,
    /// Whether it may be published while batches are under way.
    pub accept_claims: bool,
    /// Who built it.
    pub built_by: Address,
    /// Its leaves.
    pub leaves: &'a [Entitlement],
}

struct Row {
    root: Vec<u8>,
    state: String,
    total: DbAmount,
    leaves: i32,
    as_of_seq: i64,
    fact_seq: i64,
    block_number: i64,
    block_hash: Vec<u8>,
    accept_claims: bool,
    built_by: Vec<u8>,
    built_at_us: i64,
    approved_by: Option<Vec<u8>>,
    approved_at: Option<i64>,
    deadline: Option<i64>,
    signer: Option<Vec<u8>>,
    claimable_from: Option<i64>,
    published_fact: Option<i64>,
    vetoed_fact: Option<i64>,
}

impl TryFrom<Row> for Root {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let wallet = |bytes: Option<Vec<u8>>, what| bytes.map(|bytes| address(&bytes, what)).transpose();
        let number = |number: Option<i64>, what| number.map(|number| natural(number, what)).transpose();
        Ok(Self {
            root: hash(&row.root, "liabilities_root.root")?,
            state: row.state,
            total: row.total.0,
            leaves: row.leaves,
            as_of_seq: natural(row.as_of_seq, "liabilities_root.as_of_seq")?,
            fact_seq: natural(row.fact_seq, "liabilities_root.fact_seq")?,
            block: BlockRef {
                number: natural(row.block_number, "liabilities_root.block_number")?,
                hash: hash(&row.block_hash, "liabilities_root.block_hash")?,
            },
            accept_claims: row.accept_claims,
            built_by: address(&row.built_by, "liabilities_root.built_by")?,
            built_at_us: row.built_at_us,
            approved_by: wallet(row.approved_by, "liabilities_root.approved_by")?,
            approved_at: row.approved_at,
            deadline: number(row.deadline, "liabilities_root.deadline")?,
            signer: wallet(row.signer, "liabilities_root.signer")?,
            claimable_from: number(row.claimable_from, "liabilities_root.claimable_from")?,
            published_fact: row.published_fact,
            vetoed_fact: row.vetoed_fact,
        })
    }
}

/// One list of columns for every statement that reads whole roots.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT root, state, total AS "total: DbAmount", leaves, as_of_seq, fact_seq, block_number, block_hash,
                      accept_claims, built_by, (extract(epoch FROM built_at) * 1000000)::bigint AS "built_at_us!",
                      approved_by, extract(epoch FROM approved_at)::bigint AS approved_at, deadline, signer,
                      claimable_from, published_fact, vetoed_fact
               FROM liabilities_root "# + $tail
            $(, $argument)*
        )
    };
}

/// A root, if there is this one.
///
/// # Errors
/// The database does not answer.
pub async fn find(connection: &mut PgConnection, root: B256) -> Result<Option<Root>, StoreError> {
    let row = select!("WHERE root = $1", root.as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(Root::try_from).transpose()
}

/// A root, with its row locked until the transaction's end.
///
/// # Errors
/// The database does not answer.
pub async fn lock(transaction: &mut PgTransaction<'_>, root: B256) -> Result<Option<Root>, StoreError> {
    let row = select!("WHERE root = $1 FOR UPDATE", root.as_slice())
        .fetch_optional(&mut **transaction)
        .await?;
    row.map(Root::try_from).transpose()
}

/// The newest root that was published and not vetoed.
///
/// # Errors
/// The database does not answer.
pub async fn find_published(connection: &mut PgConnection) -> Result<Option<Root>, StoreError> {
    let row = select!("WHERE state = 'published' ORDER BY published_fact DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    row.map(Root::try_from).transpose()
}

/// Whether a root is on its way to the chain: approved, and neither published nor over.
///
/// # Errors
/// The database does not answer.
pub async fn any_wanted(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let wanted = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM liabilities_root WHERE state IN ('approved', 'signed')) AS "wanted!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(wanted)
}

/// Roots, newest first, below a position of time and root.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    connection: &mut PgConnection,
    below: (i64, B256),
    limit: i64,
) -> Result<Vec<Root>, StoreError> {
    let rows = select!(
        "WHERE (built_at, root) < ('epoch'::timestamptz + $1::bigint * interval '1 microsecond', $2::bytea)
         ORDER BY built_at DESC, root DESC LIMIT $3",
        below.0,
        below.1.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Root::try_from).collect()
}

/// Makes everything that the transaction reads belong to one moment. To be called first.
///
/// # Errors
/// The database does not answer.
pub async fn freeze_snapshot(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Up to where the ledger is posted; `None` before the first fact of the chain.
///
/// # Errors
/// The database does not answer.
pub async fn find_posted(connection: &mut PgConnection) -> Result<Option<Posted>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT last_fact, block_number, block_hash,
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
        fact_seq: natural(row.last_fact, "posting_batch.last_fact")?,
        as_of_seq: natural(as_of_seq, "inbox.chain_seq")?,
        block: BlockRef {
            number: natural(row.block_number, "posting_batch.block_number")?,
            hash: hash(&row.block_hash, "posting_batch.block_hash")?,
        },
    }))
}

/// Everybody who is entitled to something, what batches hold back included, by wallet.
///
/// # Errors
/// The database does not answer.
pub async fn list_entitlements(
    connection: &mut PgConnection,
    published: Option<B256>,
) -> Result<Vec<Entitlement>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT u.id, u.wallet, e.entitled AS "entitled!: DbAmount"
           FROM users AS u
           LEFT JOIN account AS a ON a.user_id = u.id AND a.kind = 'available'
           LEFT JOIN balance AS b ON b.account_id = a.id
           LEFT JOIN liabilities_leaf AS l ON l.root = $1 AND l.wallet = u.wallet
           CROSS JOIN LATERAL (
               SELECT greatest(
                   u.paid + coalesce(b.credits_posted - b.debits_posted, 0), coalesce(l.entitled, 0)
               )::numeric(39, 0) AS entitled
           ) AS e
           WHERE e.entitled > 0
           ORDER BY u.wallet"#,
        published.as_ref().map(|root| root.as_slice())
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Entitlement {
                user: row.id,
                wallet: address(&row.wallet, "users.wallet")?,
                entitled: row.entitled.0,
            })
        })
        .collect()
}

/// Stores a root with its leaves; `false` when it is stored already.
///
/// # Errors
/// The database does not answer.
pub async fn insert(transaction: &mut PgTransaction<'_>, root: &NewRoot<'_>) -> Result<bool, StoreError> {
    let leaves =
        i32::try_from(root.leaves.len()).map_err(|_| StoreError::corrupt("more than 2^31 leaves"))?;
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
        root.accept_claims,
        root.built_by.as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let wallets: Vec<&[u8]> = root.leaves.iter().map(|leaf| leaf.wallet.as_slice()).collect();
    let users: Vec<i32> = root.leaves.iter().map(|leaf| leaf.user).collect();
    let entitled: Vec<DbAmount> = root.leaves.iter().map(|leaf| DbAmount(leaf.entitled)).collect();
    sqlx::query!(
        "INSERT INTO liabilities_leaf (root, wallet, user_id, entitled)
         SELECT $1, l.wallet, l.user_id, l.entitled
         FROM unnest($2::bytea[], $3::integer[], $4::numeric[]) AS l (wallet, user_id, entitled)",
        root.root.as_slice(),
        &wallets as &[&[u8]],
        &users,
        &entitled as &[DbAmount]
    )
    .execute(&mut **transaction)
    .await?;
    Ok(true)
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
///
/// # Errors
/// The database does not answer.
pub async fn list_leaves(
    connection: &mut PgConnection,
    root: B256,
    after: Address,
    limit: i64,
) -> Result<Vec<(Address, Amount)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT wallet, entitled AS "entitled: DbAmount" FROM liabilities_leaf
           WHERE root = $1 AND wallet > $2 ORDER BY wallet LIMIT $3"#,
        root.as_slice(),
        after.as_slice(),
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| Ok((address(&row.wallet, "liabilities_leaf.wallet")?, row.entitled.0)))
        .collect()
}
