//! The statements of a batch that write what settlement reads: lines and ends of payout batches, claims, roots.
//!
//! The chain can speak of a batch or a root that this database never had; then there is no row to change, and
//! that is no reason to stop: the fact itself is posted with its discrepancy.

use sqlx::PgTransaction;

use super::PostingError;
use super::changes::{ClaimRow, SettlementChanges};
use super::write_ledger::STATEMENT_ROWS_MAX;
use crate::DbAmount;
use crate::column::column;

pub(super) async fn write(
    transaction: &mut PgTransaction<'_>,
    changes: &SettlementChanges,
) -> Result<(), PostingError> {
    // Lines that end come first: a user may have one that holds, and a new one may take its place.
    update_payouts(transaction, changes).await?;
    insert_payouts(transaction, changes).await?;
    update_batches(transaction, changes).await?;
    for claims in changes.claims.chunks(STATEMENT_ROWS_MAX) {
        insert_claims(transaction, claims).await?;
    }
    update_roots(transaction, changes).await
}

async fn update_payouts(
    transaction: &mut PgTransaction<'_>,
    changes: &SettlementChanges,
) -> Result<(), PostingError> {
    let old = changes.payouts.iter();
    let old: Vec<_> = old.filter(|(_, change)| change.requested.is_none()).collect();
    if old.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE payout
         SET held = coalesce(p.held, payout.held),
             state = coalesce(p.state, payout.state),
             settled = coalesce(p.settled, payout.settled),
             closed_fact = coalesce(p.fact, payout.closed_fact)
         FROM unnest($1::bytea[], $2::integer[], $3::numeric[], $4::text[], $5::numeric[], $6::bigint[])
             AS p (batch_id, user_id, held, state, settled, fact)
         WHERE payout.batch_id = p.batch_id AND payout.user_id = p.user_id AND payout.state <> 'refused'",
        &column(&old, |((batch, _), _)| batch.as_slice()) as &[&[u8]],
        &column(&old, |((_, user), _)| *user),
        &column(&old, |(_, change)| change.held.map(DbAmount)) as &[Option<DbAmount>],
        &column(&old, |(_, change)| change.state()) as &[Option<&str>],
        &column(&old, |(_, change)| change.settled()) as &[Option<DbAmount>],
        &column(&old, |(_, change)| change.closed.map(|closed| closed.fact_seq)) as &[Option<i64>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_payouts(
    transaction: &mut PgTransaction<'_>,
    changes: &SettlementChanges,
) -> Result<(), PostingError> {
    let new: Vec<_> = changes
        .payouts
        .iter()
        .filter_map(|(key, change)| change.requested.map(|requested| (key, requested, change)))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO payout (batch_id, user_id, amount, held, target, state, refused, settled, held_fact,
             closed_fact)
         SELECT * FROM unnest($1::bytea[], $2::integer[], $3::numeric[], $4::numeric[], $5::numeric[],
             $6::text[], $7::text[], $8::numeric[], $9::bigint[], $10::bigint[])",
        &column(&new, |((batch, _), ..)| batch.as_slice()) as &[&[u8]],
        &column(&new, |((_, user), ..)| *user),
        &column(&new, |(_, line, _)| line.amount.into()) as &[DbAmount],
        &column(&new, |(.., change)| change.held.unwrap_or_default().into()) as &[DbAmount],
        &column(&new, |(_, line, _)| line.target.map(DbAmount)) as &[Option<DbAmount>],
        &column(&new, |(.., change)| change.state()) as &[Option<&str>],
        &column(&new, |(_, line, _)| line.refused) as &[Option<&str>],
        &column(&new, |(.., change)| change.settled()) as &[Option<DbAmount>],
        &column(&new, |(_, line, _)| line.fact_seq),
        &column(&new, |(.., change)| change.closed.map(|closed| closed.fact_seq)) as &[Option<i64>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn update_batches(
    transaction: &mut PgTransaction<'_>,
    changes: &SettlementChanges,
) -> Result<(), PostingError> {
    let batches: Vec<_> = changes.batches.iter().collect();
    if batches.is_empty() {
        return Ok(());
    }
    // What operators did to a request in the meantime stands: only a mere request becomes held.
    sqlx::query!(
        "UPDATE payout_batch AS known
         SET state = CASE
                 WHEN b.ended IS NOT NULL THEN b.ended
                 WHEN b.held_fact IS NOT NULL AND known.state = 'requested' THEN 'held'
                 ELSE known.state
             END,
             held_fact = coalesce(b.held_fact, known.held_fact),
             count = coalesce(b.count, known.count),
             total = coalesce(b.total, known.total),
             closed_fact = coalesce(b.closed_fact, known.closed_fact)
         FROM unnest($1::bytea[], $2::bigint[], $3::integer[], $4::numeric[], $5::text[], $6::bigint[])
             AS b (batch_id, held_fact, count, total, ended, closed_fact)
         WHERE known.batch_id = b.batch_id",
        &column(&batches, |(id, _)| id.as_slice()) as &[&[u8]],
        &column(&batches, |(_, change)| change.held.map(|held| held.fact_seq)) as &[Option<i64>],
        &column(&batches, |(_, change)| change.held.map(|held| held.count)) as &[Option<i32>],
        &column(&batches, |(_, change)| change.held.map(|held| held.total.into())) as &[Option<DbAmount>],
        &column(&batches, |(_, change)| change.closed.map(|(end, _)| end)) as &[Option<&str>],
        &column(&batches, |(_, change)| change.closed.map(|(_, fact)| fact)) as &[Option<i64>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn insert_claims(transaction: &mut PgTransaction<'_>, claims: &[ClaimRow]) -> Result<(), PostingError> {
    sqlx::query!(
        "INSERT INTO claim (fact_seq, user_id, root, entitled, amount, state)
         SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[], $4::numeric[], $5::numeric[], $6::text[])",
        &column(claims, |claim| claim.fact_seq),
        &column(claims, |claim| claim.user),
        &column(claims, |claim| claim.root.as_slice()) as &[&[u8]],
        &column(claims, |claim| claim.entitled.into()) as &[DbAmount],
        &column(claims, |claim| claim.amount.into()) as &[DbAmount],
        &column(claims, |claim| claim.state) as &[&str],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

async fn update_roots(
    transaction: &mut PgTransaction<'_>,
    changes: &SettlementChanges,
) -> Result<(), PostingError> {
    let roots: Vec<_> = changes.roots.iter().collect();
    if roots.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE liabilities_root AS known
         SET state = CASE
                 WHEN coalesce(r.vetoed_fact, 0) > coalesce(r.published_fact, 0) THEN 'vetoed'
                 ELSE 'published'
             END,
             claimable_from = coalesce(r.claimable_from, known.claimable_from),
             published_fact = coalesce(r.published_fact, known.published_fact),
             vetoed_fact = coalesce(r.vetoed_fact, known.vetoed_fact)
         FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[])
             AS r (root, claimable_from, published_fact, vetoed_fact)
         WHERE known.root = r.root",
        &column(&roots, |(root, _)| root.as_slice()) as &[&[u8]],
        &column(&roots, |(_, change)| change.published.map(|(from, _)| from)) as &[Option<i64>],
        &column(&roots, |(_, change)| change.published.map(|(_, fact)| fact)) as &[Option<i64>],
        &column(&roots, |(_, change)| change.vetoed) as &[Option<i64>],
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
