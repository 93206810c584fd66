//! What components of the plan changed, as it is stored.

use std::collections::BTreeMap;

use audit::{Books, ComponentEffectRow};
use serde_json::Value;
use sqlx::PgTransaction;
use sqlx::types::Json;

use super::small;
use crate::deployment::natural;
use crate::{DbAmount, StoreError};

pub(super) async fn read(transaction: &mut PgTransaction<'_>, books: &mut Books) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "SELECT fact_seq, position, kind, user_id, number, amount AS \"amount: DbAmount\",
             detail AS \"detail: Json<BTreeMap<String, Value>>\"
         FROM component_effect"
    )
    .fetch_all(&mut **transaction)
    .await?;
    for row in rows {
        let effect = ComponentEffectRow {
            kind: row.kind,
            user: row
                .user_id
                .map(|user| small(user, "component_effect.user_id"))
                .transpose()?,
            number: row
                .number
                .map(|number| small(number, "component_effect.number"))
                .transpose()?,
            amount: row.amount.map(|amount| amount.0),
            detail: row.detail.map(|detail| text(&detail)).transpose()?,
        };
        let key = (
            natural(row.fact_seq, "component_effect.fact_seq")?,
            small(row.position, "component_effect.position")?,
        );
        books.component_effects.insert(key, effect);
    }
    Ok(())
}

/// A detail without blanks, its keys in order, whatever order the database keeps.
fn text(detail: &BTreeMap<String, Value>) -> Result<String, StoreError> {
    serde_json::to_string(detail).map_err(|_| StoreError::corrupt("component_effect.detail"))
}
