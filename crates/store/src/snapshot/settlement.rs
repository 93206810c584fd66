//! What facts determine of settlement: ends of pending transfers, lines and ends of payout batches, claims.

use audit::{Books, ClaimRow, PayoutBatchRow, PayoutRow};
use sqlx::PgTransaction;

use super::small;
use crate::deployment::{hash, natural};
use crate::{DbAmount, StoreError};

pub(super) async fn read(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    resolutions(transaction, books).await?;
    payouts(transaction, books).await?;
    batches(transaction, books).await?;
    claims(transaction, books).await
}

async fn resolutions(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!("SELECT pending_fact, pending_leg, resolved_by FROM pending_resolution")
        .fetch_all(&mut **transaction)
        .await?;
    for row in rows {
        let key = (
            natural(row.pending_fact, "pending_resolution.pending_fact")?,
            small(row.pending_leg, "pending_resolution.pending_leg")?,
        );
        let fact = natural(row.resolved_by, "pending_resolution.resolved_by")?;
        books.resolutions.insert(key, fact);
    }
    Ok(())
}

async fn payouts(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT batch_id, user_id, amount AS \"amount: DbAmount\", held AS \"held: DbAmount\",
             target AS \"target: DbAmount\", state, refused, settled AS \"settled: DbAmount\", held_fact, closed_fact
         FROM payout"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let payout = PayoutRow {
            amount: row.amount.0,
            held: row.held.0,
            target: row.target.map(|target| target.0),
            state: row.state,
            refused: row.refused,
            settled: row.settled.map(|settled| settled.0),
            held_fact: natural(row.held_fact, "payout.held_fact")?,
            closed_fact: row
                .closed_fact
                .map(|fact| natural(fact, "payout.closed_fact"))
                .transpose()?,
        };
        let key = (
            hash(&row.batch_id, "payout.batch_id")?,
            small(row.user_id, "payout.user_id")?,
        );
        books.payouts.insert(key, payout);
    }
    Ok(())
}

async fn batches(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT batch_id, held_fact, closed_fact,
             CASE WHEN state IN ('executed', 'expired', 'cancelled') THEN state END AS ended
         FROM payout_batch"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let batch = PayoutBatchRow {
            held_fact: row
                .held_fact
                .map(|fact| natural(fact, "payout_batch.held_fact"))
                .transpose()?,
            closed_fact: row
                .closed_fact
                .map(|fact| natural(fact, "payout_batch.closed_fact"))
                .transpose()?,
            ended: row.ended,
        };
        books
            .payout_batches
            .insert(hash(&row.batch_id, "payout_batch.batch_id")?, batch);
    }
    Ok(())
}

async fn claims(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT fact_seq, user_id, root, entitled AS \"entitled: DbAmount\", amount AS \"amount: DbAmount\", \
             state FROM claim"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let claim = ClaimRow {
            root: hash(&row.root, "claim.root")?,
            entitled: row.entitled.0,
            amount: row.amount.0,
            state: row.state,
        };
        let key = (
            natural(row.fact_seq, "claim.fact_seq")?,
            small(row.user_id, "claim.user_id")?,
        );
        books.claims.insert(key, claim);
    }
    Ok(())
}
