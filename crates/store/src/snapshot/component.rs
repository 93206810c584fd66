//! What components of the plan changed, as it is stored.

use std::collections::BTreeMap;

use audit::{Books, ComponentEffectRow};
use serde_json::Value;
use sqlx::PgTransaction;
use sqlx::types::Json;

use crate::column::Db;
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

/// A detail without blanks, its keys in order, whatever order the database keeps.
fn text(detail: &BTreeMap<String, Value>) -> Result<String, StoreError> {
    serde_json::to_string(detail).map_err(|_| StoreError::corrupt("component_effect.detail"))
}
