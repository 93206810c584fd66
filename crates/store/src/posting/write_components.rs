//! The statement of a batch that writes what components of the plan changed.

use money::Amount;
use plan::ComponentEffect;
use plan::effect::Detail;
use serde_json::{Value, json};
use sqlx::PgTransaction;

use super::PostingError;
use super::write_ledger::STATEMENT_ROWS_MAX;
use crate::DbAmount;
use crate::column::{column, int};

/// A row of `component_effect`.
#[derive(Clone, Debug)]
pub(super) struct ComponentEffectRow {
    fact_seq: i64,
    position: i32,
    kind: &'static str,
    user: Option<i32>,
    number: Option<i64>,
    amount: Option<DbAmount>,
    detail: Option<Value>,
}

impl ComponentEffectRow {
    /// The row of an effect; `None` when it has a table of its own.
    pub(super) fn new(fact_seq: i64, position: i32, effect: &ComponentEffect) -> Option<Self> {
        let row = effect.row()?;
        Some(Self {
            fact_seq,
            position,
            kind: row.kind,
            user: row.user.map(|user| int(user.get())),
            number: row.number.map(i64::from),
            amount: row.amount.map(DbAmount::from),
            detail: detail(row.detail),
        })
    }

    /// Position of an effect of this fact that comes behind it.
    pub(super) const fn position_after(&self, fact_seq: i64) -> i32 {
        if self.fact_seq == fact_seq {
            self.position.saturating_add(1)
        } else {
            0
        }
    }
}

/// A row of `accrual`.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccrualRow {
    pub(super) fact_seq: i64,
    pub(super) position: i32,
    pub(super) subscription: i32,
    pub(super) user: i32,
    pub(super) amount: Amount,
    pub(super) reward: Option<i32>,
}

pub(super) async fn insert_accruals(
    transaction: &mut PgTransaction<'_>,
    rows: &[AccrualRow],
) -> Result<(), PostingError> {
    for rows in rows.chunks(STATEMENT_ROWS_MAX) {
        sqlx::query!(
            "INSERT INTO accrual (fact_seq, position, subscription, user_id, amount, reward)
             SELECT * FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::numeric[], $6::integer[])",
            &column(rows, |row| row.fact_seq),
            &column(rows, |row| row.position),
            &column(rows, |row| row.subscription),
            &column(rows, |row| row.user),
            &column(rows, |row| row.amount.into()) as &[DbAmount],
            &column(rows, |row| row.reward) as &[Option<i32>],
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}

fn detail(detail: Detail) -> Option<Value> {
    match detail {
        Detail::None => None,
        Detail::Word(word) => Some(json!({ "word": word })),
        Detail::Number(number) => Some(json!({ "number": number })),
        Detail::Amount(amount) => Some(json!({ "amount": amount.to_string() })),
        Detail::Reward(reason, day) => Some(json!({
            "rule": reason.name(),
            "reason": reason.code(),
            "available_at": day.to_string(),
        })),
        Detail::Missed(reason, cause) => Some(json!({
            "rule": reason.name(),
            "reason": reason.code(),
            "cause": cause.name(),
        })),
    }
}

pub(super) async fn write(
    transaction: &mut PgTransaction<'_>,
    rows: &[ComponentEffectRow],
) -> Result<(), PostingError> {
    for rows in rows.chunks(STATEMENT_ROWS_MAX) {
        sqlx::query!(
            "INSERT INTO component_effect (fact_seq, position, kind, user_id, number, amount, detail)
             SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::integer[], $5::bigint[],
                 $6::numeric[], $7::jsonb[])",
            &column(rows, |row| row.fact_seq),
            &column(rows, |row| row.position),
            &column(rows, |row| row.kind) as &[&str],
            &column(rows, |row| row.user) as &[Option<i32>],
            &column(rows, |row| row.number) as &[Option<i64>],
            &column(rows, |row| row.amount) as &[Option<DbAmount>],
            &column(rows, |row| row.detail.clone()) as &[Option<Value>],
        )
        .execute(&mut **transaction)
        .await?;
    }
    Ok(())
}
