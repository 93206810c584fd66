//! The statements of a batch that keep who waits to be paid, and the sums over all accounts of a kind.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{AccountKind, BalanceChange};
use money::Amount;
use sqlx::PgTransaction;

use super::{Batch, PostingError};
use crate::column::column;
use crate::{DbAmount, StoreError};

pub(super) async fn write(transaction: &mut PgTransaction<'_>, batch: &Batch) -> Result<(), PostingError> {
    let changes = DueChanges::of(batch)?;
    upsert_totals(transaction, &changes.totals).await?;
    let came = insert_due(transaction, &batch.changes.due).await?;
    let went = delete_due(transaction, &changes.paid).await?;
    update_since(transaction, &changes.moved).await?;
    upsert_paid(transaction, batch).await?;
    if came != went {
        sqlx::query!(
            "UPDATE kind_total SET due_users = due_users + $1 - $2 WHERE kind = 'available' AND detail = 0",
            came,
            went
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

/// What a batch does to them.
#[derive(Default)]
struct DueChanges {
    totals: BTreeMap<(&'static str, i32), BalanceChange>,
    /// Users of whose available money something went.
    paid: Vec<i32>,
    /// Users whose oldest unsettled reward may be another one.
    moved: BTreeSet<i32>,
}

impl DueChanges {
    fn of(batch: &Batch) -> Result<Self, PostingError> {
        let mut changes = Self::default();
        for (id, change) in &batch.balances {
            let account = id.account().ok_or(StoreError::corrupt("an account id"))?;
            let kind = account.kind();
            let has_cause = matches!(kind, AccountKind::Breakage | AccountKind::Clearing);
            let detail = if has_cause { account.detail() } else { 0 };
            let detail = i32::try_from(detail).map_err(|_| StoreError::corrupt("account.detail"))?;
            let total = changes.totals.entry((kind.name(), detail)).or_default();
            add(total, change);
            let user = account.user().and_then(|user| i32::try_from(user.get()).ok());
            let Some(user) = user else { continue };
            if kind == AccountKind::Available && !change.debits_posted.is_zero() {
                changes.paid.push(user);
                changes.moved.insert(user);
            }
            if kind == AccountKind::Reserve {
                changes.moved.insert(user);
            }
        }
        Ok(changes)
    }
}

fn add(total: &mut BalanceChange, change: &BalanceChange) {
    // Sums for people: they stop at the top instead of stopping posting.
    let sum = |one: Amount, other: Amount| one.checked_add(other).unwrap_or(Amount::new(u128::MAX));
    total.credits_posted = sum(total.credits_posted, change.credits_posted);
    total.debits_posted = sum(total.debits_posted, change.debits_posted);
    total.debits_held = sum(total.debits_held, change.debits_held);
    total.debits_released = sum(total.debits_released, change.debits_released);
}

async fn upsert_totals(
    transaction: &mut PgTransaction<'_>,
    totals: &BTreeMap<(&'static str, i32), BalanceChange>,
) -> Result<(), PostingError> {
    let totals: Vec<_> = totals.iter().collect();
    sqlx::query!(
        "INSERT INTO kind_total AS known (kind, detail, credits, debits, debits_pending)
         SELECT t.kind, t.detail, t.credits, t.debits, t.held - t.released
         FROM unnest($1::text[], $2::integer[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[])
             AS t (kind, detail, credits, debits, held, released)
         ON CONFLICT (kind, detail) DO UPDATE
         SET credits = known.credits + excluded.credits,
             debits = known.debits + excluded.debits,
             debits_pending = known.debits_pending + excluded.debits_pending",
        &column(&totals, |((kind, _), _)| *kind) as &[&str],
        &column(&totals, |((_, detail), _)| *detail),
        &column(&totals, |(_, change)| change.credits_posted.into()) as &[DbAmount],
        &column(&totals, |(_, change)| change.debits_posted.into()) as &[DbAmount],
        &column(&totals, |(_, change)| change.debits_held.into()) as &[DbAmount],
        &column(&totals, |(_, change)| change.debits_released.into()) as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes who has something now and had nothing; returns how many.
async fn insert_due(
    transaction: &mut PgTransaction<'_>,
    credited: &BTreeMap<i32, i64>,
) -> Result<i64, PostingError> {
    if credited.is_empty() {
        return Ok(0);
    }
    let users: Vec<i32> = credited.keys().copied().collect();
    let since: Vec<i64> = credited.values().copied().collect();
    let inserted = sqlx::query!(
        "INSERT INTO due (user_id, since)
         SELECT c.user_id, c.since
         FROM unnest($1::integer[], $2::bigint[]) AS c (user_id, since)
         JOIN balance AS b ON b.account_id = available_account(c.user_id)
         WHERE b.credits_posted > b.debits_posted
         ON CONFLICT (user_id) DO NOTHING",
        &users,
        &since
    )
    .execute(&mut **transaction)
    .await?;
    Ok(count(inserted.rows_affected()))
}

/// Takes out who has nothing any more; returns how many.
async fn delete_due(transaction: &mut PgTransaction<'_>, paid: &[i32]) -> Result<i64, PostingError> {
    if paid.is_empty() {
        return Ok(0);
    }
    let deleted = sqlx::query!(
        "DELETE FROM due USING balance AS b
         WHERE due.user_id = ANY($1) AND b.account_id = available_account(due.user_id)
           AND b.credits_posted <= b.debits_posted",
        paid
    )
    .execute(&mut **transaction)
    .await?;
    Ok(count(deleted.rows_affected()))
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Looks up the oldest unsettled reward of those for whom it may have changed: something was paid, or a reserve moved.
async fn update_since(
    transaction: &mut PgTransaction<'_>,
    moved: &BTreeSet<i32>,
) -> Result<(), PostingError> {
    if moved.is_empty() {
        return Ok(());
    }
    let users: Vec<i32> = moved.iter().copied().collect();
    sqlx::query!(
        "UPDATE due SET since = o.since
         FROM (
             SELECT d.user_id, i.effective_at AS since
             FROM due AS d
             CROSS JOIN LATERAL (
                 SELECT sum(b.credits_posted - b.debits_posted) AS amount
                 FROM account AS a JOIN balance AS b ON b.account_id = a.id
                 WHERE a.user_id = d.user_id AND a.kind IN ('available', 'reserve')
             ) AS unsettled
             CROSS JOIN LATERAL (
                 SELECT min(r.matured_fact) AS fact_seq FROM unsettled_rewards(d.user_id, unsettled.amount) AS r
             ) AS oldest
             JOIN fact AS t ON t.seq = oldest.fact_seq
             JOIN inbox AS i ON i.id = t.inbox_id
             WHERE d.user_id = ANY($1)
         ) AS o
         WHERE due.user_id = o.user_id AND due.since <> o.since",
        &users
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn upsert_paid(transaction: &mut PgTransaction<'_>, batch: &Batch) -> Result<(), PostingError> {
    let paid: Vec<DbAmount> = batch
        .changes
        .users
        .values()
        .map(|user| user.paid.into())
        .collect();
    let claims = &batch.changes.settlement.claims;
    let claimed: Vec<DbAmount> = claims.iter().map(|claim| claim.amount.into()).collect();
    if claimed.is_empty() && paid.iter().all(|paid| paid.0.is_zero()) {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO paid_total AS known (paid, claimed)
         SELECT (SELECT coalesce(sum(p.amount), 0) FROM unnest($1::numeric[]) AS p (amount)),
                (SELECT coalesce(sum(c.amount), 0) FROM unnest($2::numeric[]) AS c (amount))
         ON CONFLICT (id) DO UPDATE
         SET paid = known.paid + excluded.paid, claimed = known.claimed + excluded.claimed",
        &paid as &[DbAmount],
        &claimed as &[DbAmount],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
