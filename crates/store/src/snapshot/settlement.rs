//! What facts determine of settlement: ends of pending transfers, lines and ends of payout batches, claims.

use alloy_primitives::B256;
use audit::{Books, ClaimRow, PayoutBatchRow, PayoutRow};
use sqlx::PgTransaction;

use crate::column::Db;
use crate::{DbAmount, StoreError};

pub(super) async fn read(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    resolutions(transaction, books).await?;
    payouts(transaction, books).await?;
    batches(transaction, books).await?;
    claims(transaction, books).await
}

async fn resolutions(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT pending_fact AS "pending_fact!: Db<u64>", pending_leg AS "pending_leg!: Db<u32>",
                  resolved_by AS "resolved_by!: Db<u64>"
           FROM pending_resolution"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let key = (row.pending_fact.0, row.pending_leg.0);
        let fact = row.resolved_by.0;
        books.resolutions.insert(key, fact);
    }
    Ok(())
}

async fn payouts(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id AS "batch_id!: Db<B256>", user_id AS "user_id!: Db<u32>",
                  amount AS "amount: DbAmount", held AS "held: DbAmount",
                  target AS "target: DbAmount", state, refused, settled AS "settled: DbAmount",
                  held_fact AS "held_fact!: Db<u64>", closed_fact AS "closed_fact!: Db<Option<u64>>"
           FROM payout"#
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
            held_fact: row.held_fact.0,
            closed_fact: row.closed_fact.0,
        };
        let key = (row.batch_id.0, row.user_id.0);
        books.payouts.insert(key, payout);
    }
    Ok(())
}

async fn batches(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT batch_id AS "batch_id!: Db<B256>", held_fact AS "held_fact!: Db<Option<u64>>",
                  closed_fact AS "closed_fact!: Db<Option<u64>>",
                  CASE WHEN state IN ('executed', 'expired', 'cancelled') THEN state END AS ended
           FROM payout_batch"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let batch = PayoutBatchRow {
            held_fact: row.held_fact.0,
            closed_fact: row.closed_fact.0,
            ended: row.ended,
        };
        books.payout_batches.insert(row.batch_id.0, batch);
    }
    Ok(())
}

async fn claims(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", user_id AS "user_id!: Db<u32>", root AS "root!: Db<B256>",
                  entitled AS "entitled: DbAmount", amount AS "amount: DbAmount", state
           FROM claim"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let claim = ClaimRow {
            root: row.root.0,
            entitled: row.entitled.0,
            amount: row.amount.0,
            state: row.state,
        };
        let key = (row.fact_seq.0, row.user_id.0);
        books.claims.insert(key, claim);
    }
    Ok(())
}
