//! What components of the plan changed, as it is stored.

use std::collections::BTreeMap;

use audit::{AccrualRow, Books, ComponentEffectRow, ContinuedRow};
use serde_json::Value;
use sqlx::PgTransaction;
use sqlx::types::Json;

use crate::column::Db;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

pub(super) async fn read(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", position AS "position!: Db<u32>", kind,
                  user_id AS "user_id!: Db<Option<u32>>", number AS "number!: Db<Option<u32>>",
                  amount AS "amount: DbAmount", detail AS "detail: Json<BTreeMap<String, Value>>"
           FROM component_effect"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let effect = ComponentEffectRow {
            kind: row.kind,
            user: row.user_id.0,
            number: row.number.0,
            amount: row.amount.map(|amount| amount.0),
            detail: row.detail.map(|detail| text(&detail)).transpose()?,
        };
        let key = (row.fact_seq.0, row.position.0);
        books.component_effects.insert(key, effect);
    }
    Ok(())
}

pub(super) async fn read_accruals(
    transaction: &mut PgTransaction<'_>,
    books: &mut Books,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", position AS "position!: Db<u32>",
                  subscription AS "subscription!: Db<u32>", user_id AS "user_id!: Db<u32>",
                  amount AS "amount!: DbAmount", reward AS "reward!: Db<Option<u32>>"
           FROM accrual"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let accrual = AccrualRow {
            subscription: row.subscription.0,
            user: row.user_id.0,
            amount: row.amount.0,
            reward: row.reward.0,
        };
        books.accruals.insert((row.fact_seq.0, row.position.0), accrual);
    }
    let after = sqlx::query_scalar!("SELECT after_fact FROM funded_start")
        .fetch_optional(&mut **transaction)
        .await?;
    // A restored ledger was posted again from its first fact on.
    books.funded_after = natural(after.unwrap_or_default(), "funded_start.after_fact")?;
    Ok(())
}

pub(super) async fn read_continued(
    transaction: &mut PgTransaction<'_>,
    books: &mut Books,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT fact_seq AS "fact_seq!: Db<u64>", parts AS "parts!: Db<u32>", legs AS "legs!: Db<u64>",
                  amount AS "amount!: DbAmount"
           FROM continued_fact"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let continued = ContinuedRow {
            parts: row.parts.0,
            legs: row.legs.0,
            amount: row.amount.0,
        };
        books.continued.insert(row.fact_seq.0, continued);
    }
    Ok(())
}

/// A detail without blanks, its keys in order, whatever order the database keeps.
fn text(detail: &BTreeMap<String, Value>) -> Result<String, StoreError> {
    serde_json::to_string(detail).map_err(|_| StoreError::corrupt("component_effect.detail"))
}
