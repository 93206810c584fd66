//! What operators did that is not a fact; append-only.

use alloy_primitives::Address;
use serde_json::Value;
use sqlx::PgConnection;

use crate::StoreError;

/// Notes what an operator did.
pub async fn insert(
    connection: &mut PgConnection,
    operator: Address,
    action: &str,
    subject: &str,
    detail: &Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_log (actor, action, subject, detail) VALUES ($1, $2, $3, $4)",
        format!("{operator:#x}"),
        action,
        subject,
        detail
    )
    .execute(connection)
    .await?;
    Ok(())
}
