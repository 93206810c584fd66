//! The statements of a batch about facts that others continue.

use money::Amount;
use plan::Effect;
use sqlx::PgTransaction;

use super::{Batch, PostingError};
use crate::DbAmount;
use crate::column::{column, int};
use crate::deployment::natural;

/// A row of `continued_fact`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContinuedRow {
    pub(super) fact_seq: i64,
    pub(super) parts: i32,
    pub(super) legs: i64,
    pub(super) amount: Amount,
}

impl ContinuedRow {
    /// The row of a fact that says that it continues.
    pub(super) fn of(fact_seq: i64, effect: &Effect) -> Option<Self> {
        if let Effect::Continues { parts, legs, amount } = *effect {
            return Some(Self {
                fact_seq,
                parts: int(parts),
                legs: i64::from(legs),
                amount,
            });
        }
        None
    }
}

/// Notes what the parts of a fact bring together, and compares it with what they brought once the last one is there.
pub(super) async fn write(transaction: &mut PgTransaction<'_>, batch: &Batch) -> Result<(), PostingError> {
    let rows = &batch.changes.continued;
    if !rows.is_empty() {
        sqlx::query!(
            "INSERT INTO continued_fact (fact_seq, parts, legs, amount)
             SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::numeric[])",
            &column(rows, |row| row.fact_seq),
            &column(rows, |row| row.parts),
            &column(rows, |row| row.legs),
            &column(rows, |row| row.amount.into()) as &[DbAmount],
        )
        .execute(&mut **transaction)
        .await?;
    }
    if batch.has_parts {
        compare(transaction).await?;
    }
    Ok(())
}

/// Only the newest one can end in a batch: its parts are the last facts.
async fn compare(transaction: &mut PgTransaction<'_>) -> Result<(), PostingError> {
    let wrong = sqlx::query_scalar!(
        "SELECT c.fact_seq
           FROM (SELECT * FROM continued_fact ORDER BY fact_seq DESC LIMIT 1) AS c
           WHERE c.fact_seq + c.parts - 1 <= (SELECT max(seq) FROM fact)
             AND (NOT (
                   SELECT count(*) = c.legs AND coalesce(sum(t.amount), 0) = c.amount FROM transfer AS t
                   WHERE t.fact_seq BETWEEN c.fact_seq AND c.fact_seq + c.parts - 1)
               OR c.parts - 1 <> (
                   SELECT count(*) FROM fact AS f JOIN inbox AS i ON i.id = f.inbox_id
                   WHERE f.seq BETWEEN c.fact_seq + 1 AND c.fact_seq + c.parts - 1 AND i.source = 'posting'))"
    )
    .fetch_optional(&mut **transaction)
    .await?;
    match wrong {
        Some(fact_seq) => Err(PostingError::PartsDiffer {
            fact_seq: natural(fact_seq, "continued_fact.fact_seq")?,
        }),
        None => Ok(()),
    }
}
