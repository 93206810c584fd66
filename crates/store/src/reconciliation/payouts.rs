//! Batches with their lines, sending accounts with their submissions, and trees of liabilities.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use audit::checks::{Batch, BatchState, Payout, PayoutState, Root, Sender, SubmissionEnd};
use audit::liabilities::Leaf;
use sqlx::PgTransaction;

use super::rows::amount_or_zero;
use crate::chain_log::signed;
use crate::column::Db;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

/// Submissions that are read of an account when not all are: what is on its way is far less.
const SUBMISSIONS_RECENT: i64 = 1_000;

/// Batches that are open, or were closed after a fact.
pub(super) async fn list_batches(
    transaction: &mut PgTransaction<'_>,
    after: u64,
) -> Result<Vec<Batch>, StoreError> {
    let after = signed(after)?;
    let rows = sqlx::query!(
        r#"SELECT batch_id AS "batch_id!: Db<B256>", state, deadline AS "deadline!: Db<Option<u64>>",
                  manifest_hash AS "manifest_hash!: Db<Option<B256>>",
                  signature IS NOT NULL AS "is_signed!"
           FROM payout_batch WHERE closed_fact IS NULL OR closed_fact > $1"#,
        after
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut batches: BTreeMap<B256, Batch> = BTreeMap::new();
    for row in rows {
        let batch = Batch {
            id: row.batch_id.0,
            state: batch_state(&row.state)?,
            deadline: row.deadline.0,
            manifest_hash: row.manifest_hash.0,
            is_signed: row.is_signed,
            payouts: Vec::new(),
        };
        batches.insert(batch.id, batch);
    }
    let rows = sqlx::query!(
        r#"SELECT p.batch_id AS "batch_id!: Db<B256>", p.user_id AS "user_id!: Db<u32>",
                  p.held AS "held: DbAmount", p.target AS "target: DbAmount", p.state,
                  p.settled AS "settled: DbAmount"
           FROM payout AS p JOIN payout_batch AS b ON b.batch_id = p.batch_id
           WHERE (b.closed_fact IS NULL OR b.closed_fact > $1) AND p.state <> 'refused'
           ORDER BY p.batch_id, p.user_id"#,
        after
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let payout = Payout {
            user: row.user_id.0,
            held: row.held.0,
            target: amount_or_zero(row.target),
            state: payout_state(&row.state)?,
            settled: amount_or_zero(row.settled),
        };
        if let Some(batch) = batches.get_mut(&row.batch_id.0) {
            batch.payouts.push(payout);
        }
    }
    Ok(batches.into_values().collect())
}

fn batch_state(name: &str) -> Result<BatchState, StoreError> {
    Ok(match name {
        "requested" | "held" | "sealed" | "approved" => BatchState::Open,
        "signed" | "submitting" => BatchState::Signed,
        "executed" => BatchState::Executed,
        "expired" | "cancelled" => BatchState::Released,
        "quarantined" => BatchState::Quarantined,
        _ => return Err(StoreError::corrupt("payout_batch.state")),
    })
}

fn payout_state(name: &str) -> Result<PayoutState, StoreError> {
    Ok(match name {
        "held" => PayoutState::Held,
        "executed" => PayoutState::Executed,
        "credited" => PayoutState::Credited,
        "skipped" => PayoutState::Skipped,
        "released" => PayoutState::Released,
        _ => return Err(StoreError::corrupt("payout.state")),
    })
}

/// Sending accounts with all or the newest of their submissions.
pub(super) async fn list_senders(
    transaction: &mut PgTransaction<'_>,
    recent_only: bool,
) -> Result<Vec<Sender>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT address AS "address!: Db<Address>", next_nonce AS "next_nonce!: Db<u64>"
           FROM sender_account"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut senders: BTreeMap<Address, Sender> = BTreeMap::new();
    for row in rows {
        let sender = Sender {
            address: row.address.0,
            next_nonce: row.next_nonce.0,
            submissions: Vec::new(),
        };
        senders.insert(sender.address, sender);
    }
    let rows = sqlx::query!(
        r#"SELECT s.sender AS "sender!: Db<Address>", s.nonce AS "nonce!: Db<u64>",
                  CASE WHEN s.state IN ('final_ok', 'final_reverted') THEN (SELECT max(a.included_block)
                      FROM attempt AS a WHERE a.submission_id = s.id) END AS final_block
           FROM submission AS s JOIN sender_account AS account ON account.address = s.sender
           WHERE NOT $1 OR s.nonce >= account.next_nonce - $2
           ORDER BY s.sender, s.nonce"#,
        recent_only,
        SUBMISSIONS_RECENT,
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let end = match row.final_block {
            Some(block) => SubmissionEnd::Final(natural(block, "attempt.included_block")?),
            None => SubmissionEnd::Open,
        };
        if let Some(sender) = senders.get_mut(&row.sender.0) {
            sender.submissions.push((row.nonce.0, end));
        }
    }
    Ok(senders.into_values().collect())
}

/// Trees of liabilities, with the leaves of the newest published one if they are requested.
pub(super) async fn list_roots(
    transaction: &mut PgTransaction<'_>,
    with_leaves: bool,
) -> Result<Vec<Root>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT root AS "root!: Db<B256>", total AS "total: DbAmount", as_of_seq AS "as_of_seq!: Db<u64>",
                  published_fact, vetoed_fact
           FROM liabilities_root ORDER BY published_fact NULLS FIRST"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut roots = Vec::with_capacity(rows.len());
    for row in rows {
        roots.push(Root {
            root: row.root.0,
            total: row.total.0,
            as_of_seq: row.as_of_seq.0,
            is_published: row.published_fact.is_some(),
            is_vetoed: row.vetoed_fact.is_some(),
            leaves: None,
        });
    }
    if let Some(newest) = roots.last_mut().filter(|root| with_leaves && root.is_published) {
        newest.leaves = Some(list_leaves(transaction, newest.root).await?);
    }
    Ok(roots)
}

async fn list_leaves(transaction: &mut PgTransaction<'_>, root: B256) -> Result<Vec<Leaf>, StoreError> {
    Ok(sqlx::query_as!(
        Leaf,
        r#"SELECT wallet AS "wallet!: Db<Address>", entitled AS "entitled: DbAmount"
           FROM liabilities_leaf WHERE root = $1"#,
        root.as_slice()
    )
    .fetch_all(&mut **transaction)
    .await?)
}
