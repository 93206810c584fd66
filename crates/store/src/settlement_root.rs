//! Roots of liabilities on their way to the chain, and the claims and sweeps that the settlement worker sends for others.
//!
//! Not responsible for how a root is computed or approved (the API), nor for what publication does (the posting worker).

use alloy_primitives::{Address, B256};
use money::Amount;
use sqlx::{PgConnection, PgTransaction};

use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::{address, hash, natural};
use crate::settlement_batch::signature;
use crate::{DbAmount, Listed, StoreError};

/// A root that two operators want published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedRoot {
    /// The root.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
    /// Number of its leaves.
    pub leaves: u32,
    /// Who built it.
    pub builder: Address,
    /// Journal entry up to which it counts.
    pub as_of_seq: u64,
    /// Whether it may be published while batches are in progress.
    pub accept_claims: bool,
    /// First and last second of its authorization, from before the signer is requested it.
    pub window: Option<(u64, u64)>,
    /// Its authorization.
    pub authorization: Option<(Address, [u8; 65])>,
    /// Whether it has a submission that may still work, or worked.
    pub has_submission: bool,
}

/// A root that users can claim against, and that the worker claims against for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatureRoot {
    /// The root.
    pub root: B256,
    /// Sum of its leaves.
    pub total: Amount,
}

/// Roots that are approved and not published, oldest first.
pub async fn list_wanted(connection: &mut PgConnection) -> Result<Listed<WantedRoot>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT root, total AS "total: DbAmount", leaves, built_by, as_of_seq, accept_claims, valid_after, deadline, signer, signature,
                  EXISTS (
                      SELECT
           FROM submission
                      WHERE submission.kind = 'root' AND submission.subject = liabilities_root.root
                        AND submission.state <> 'dead'
                  ) AS "has_submission!"
           FROM liabilities_root
           WHERE state IN ('approved', 'signed')
           ORDER BY fact_seq, root"#
    )
    .fetch_all(connection)
    .await?;
    let mut listed = Listed::default();
    for row in rows {
        let root = hash(&row.root, "liabilities_root.root")?;
        let time = |seconds| natural(seconds, "liabilities_root.valid_after");
        let read = || {
            let window = match (row.valid_after, row.deadline) {
                (Some(valid_after), Some(deadline)) => Some((time(valid_after)?, time(deadline)?)),
                (None, _) | (_, None) => None,
            };
            let authorization = match (&row.signer, &row.signature) {
                (Some(signer), Some(bytes)) => Some((
                    address(signer, "liabilities_root.signer")?,
                    signature(bytes, "liabilities_root.signature")?,
                )),
                (None, _) | (_, None) => None,
            };
            Ok(WantedRoot {
                root,
                total: row.total.0,
                leaves: u32::try_from(row.leaves)
                    .map_err(|_| StoreError::corrupt("liabilities_root.leaves"))?,
                builder: address(&row.built_by, "liabilities_root.built_by")?,
                as_of_seq: natural(row.as_of_seq, "liabilities_root.as_of_seq")?,
                accept_claims: row.accept_claims,
                window,
                authorization,
                has_submission: row.has_submission,
            })
        };
        listed.add(root, read())?;
    }
    Ok(listed)
}

/// Where these roots stand, by the name of the state; those that do not exist are left out.
pub async fn list_states(
    connection: &mut PgConnection,
    roots: &[Vec<u8>],
) -> Result<Vec<(B256, String)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT root AS "root!: Db<B256>", state FROM liabilities_root WHERE root = ANY($1)"#,
        roots
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.root.0, row.state)).collect())
}

/// Fixes the life of a root's authorization, which comes before the signer is asked. `false` when it is fixed already, or
/// the root is no longer wanted.
pub async fn update_window(
    transaction: &mut PgTransaction<'_>,
    root: B256,
    valid_after: u64,
    deadline: u64,
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE liabilities_root SET valid_after = $2, deadline = $3
         WHERE root = $1 AND state = 'approved' AND deadline IS NULL",
        root.as_slice(),
        signed(valid_after)?,
        signed(deadline)?,
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Stores a root's authorization.
pub async fn update_signed(
    transaction: &mut PgTransaction<'_>,
    root: B256,
    signer: Address,
    bytes: &[u8; 65],
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE liabilities_root SET state = 'signed', signer = $2, signature = $3, signed_at = now()
         WHERE root = $1 AND state = 'approved' AND deadline IS NOT NULL",
        root.as_slice(),
        signer.as_slice(),
        bytes.as_slice(),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Abandons a root whose authorization has ended, unless facts wait that may say that it was published.
pub async fn update_expired(transaction: &mut PgTransaction<'_>, root: B256) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE liabilities_root SET state = 'expired'
         WHERE root = $1 AND state IN ('approved', 'signed')
           AND NOT EXISTS (SELECT FROM inbox WHERE source = 'chain' AND fact_seq IS NULL)",
        root.as_slice(),
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// The newest root that is mature at this time of the chain, when operators let the worker claim against it.
pub async fn find_claimable(
    connection: &mut PgConnection,
    time: u64,
) -> Result<Option<MatureRoot>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT root AS "root!: Db<B256>", total AS "total: DbAmount", accept_claims FROM liabilities_root
           WHERE state = 'published' AND claimable_from <= $1
           ORDER BY published_fact DESC
           LIMIT 1"#,
        signed(time)?
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.filter(|row| row.accept_claims).map(|row| MatureRoot {
        root: row.root.0,
        total: row.total.0,
    }))
}

/// The sum of a root's leaves.
pub async fn find_total(connection: &mut PgConnection, root: B256) -> Result<Option<Amount>, StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT total AS "total: DbAmount" FROM liabilities_root WHERE root = $1"#,
        root.as_slice()
    )
    .fetch_optional(connection)
    .await?;
    Ok(total.map(|total| total.0))
}

/// At most `limit` users whom this root owes something, whom nobody pays just now, and for whom no claim reverted in the
/// last `pause_seconds`; by wallet.
pub async fn list_due_claims(
    connection: &mut PgConnection,
    root: B256,
    time: u64,
    pause_seconds: u32,
    limit: usize,
) -> Result<Vec<Address>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT leaf.wallet
           FROM liabilities_leaf AS leaf JOIN users ON users.wallet = leaf.wallet
           WHERE leaf.root = $1 AND leaf.entitled > users.paid
             AND (users.frozen_until IS NULL OR users.frozen_until <= $2)
             AND NOT EXISTS (SELECT FROM payout WHERE payout.user_id = users.id AND payout.state = 'held')
             AND NOT EXISTS (
                 SELECT FROM submission
                 WHERE submission.kind = 'claim' AND submission.subject = leaf.wallet
                   AND (submission.state IN ('allocated', 'signed', 'sent', 'included')
                        OR submission.state = 'final_reverted'
                           AND submission.closed_at > now() - $3 * interval '1 second')
             )
           ORDER BY leaf.wallet
           LIMIT $4"#,
        root.as_slice(),
        signed(time)?,
        f64::from(pause_seconds),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|wallet| address(wallet, "liabilities_leaf.wallet"))
        .collect()
}

/// When the oldest deposit that is still held stops being refundable, in seconds since 1970-01-01 UTC.
pub async fn find_oldest_held(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let oldest = sqlx::query_scalar!("SELECT min(refundable_until) FROM deposit WHERE state = 'held'")
        .fetch_one(connection)
        .await?;
    oldest
        .map(|time| natural(time, "deposit.refundable_until"))
        .transpose()
}

/// Whether everything that the listener recorded as final is posted, and no fact only in part.
pub async fn is_all_posted(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM inbox WHERE fact_seq IS NULL AND source = 'chain')
               AND NOT EXISTS (SELECT FROM open_fact) AS "posted!""#
    )
    .fetch_one(connection)
    .await?)
}
