//! Pauses of keys: after an equivocation a key signs nothing in the same area until a person ends the pause.
//!
//! The serving role begins pauses and cannot end them.

use alloy::primitives::Address;
use sqlx::{Connection, PgConnection};

use crate::audit::{self, Entry, Event};
use crate::protection::Identity;
use crate::purpose::{Area, Purpose};

/// Areas for which the key has a pause that nobody ended.
pub(crate) async fn list_paused(
    connection: &mut PgConnection,
    purpose: Purpose,
    signer: Address,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT DISTINCT pause.area FROM signer.key_pause AS pause
         LEFT JOIN signer.key_resume AS resume ON resume.pause_id = pause.id
         WHERE pause.purpose = $1 AND pause.signer = $2 AND resume.pause_id IS NULL
         ORDER BY pause.area",
        purpose.name(),
        signer.as_slice(),
    )
    .fetch_all(connection)
    .await
}

/// Whether the key has a pause of this area that nobody ended.
pub(super) async fn is_paused(
    connection: &mut PgConnection,
    purpose: Purpose,
    signer: Address,
    area: Area,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM signer.key_pause AS pause
               LEFT JOIN signer.key_resume AS resume ON resume.pause_id = pause.id
               WHERE pause.purpose = $1 AND pause.signer = $2 AND pause.area IN ('all', $3)
                 AND resume.pause_id IS NULL
           ) AS "paused!""#,
        purpose.name(),
        signer.as_slice(),
        area.name(),
    )
    .fetch_one(connection)
    .await
}

/// Begins a pause.
pub(super) async fn insert(
    connection: &mut PgConnection,
    identity: Identity,
    business_key: &str,
    area: Area,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO signer.key_pause (purpose, signer, business_key, paused_at_ms, area)
         VALUES ($1, $2, $3, $4, $5)",
        identity.purpose.name(),
        identity.signer.as_slice(),
        business_key,
        crate::now_ms(),
        area.name(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends all pauses of a key, as the database's owner, and returns the business keys for which they were begun.
///
/// # Errors
/// When the database does not respond, or refuses the role.
pub async fn resume(
    connection: &mut PgConnection,
    purpose: Purpose,
    signer: Address,
    reason: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let head = audit::lock_head(&mut transaction).await?;
    let ended = sqlx::query_scalar!(
        "WITH ended AS (
             INSERT INTO signer.key_resume (pause_id, reason, resumed_at_ms)
             SELECT pause.id, $3, $4 FROM signer.key_pause AS pause
             LEFT JOIN signer.key_resume AS resume ON resume.pause_id = pause.id
             WHERE pause.purpose = $1 AND pause.signer = $2 AND resume.pause_id IS NULL
             RETURNING pause_id
         )
         SELECT pause.business_key FROM signer.key_pause AS pause JOIN ended ON ended.pause_id = pause.id
         ORDER BY pause.id",
        purpose.name(),
        signer.as_slice(),
        reason,
        crate::now_ms(),
    )
    .fetch_all(&mut *transaction)
    .await?;
    let detail = serde_json::json!({"signer": signer, "reason": reason});
    let entry = |business_key: &String| Entry::new(Event::Resumed, "", business_key, &detail);
    let entries: Vec<Entry> = ended.iter().map(entry).collect();
    audit::append(&mut transaction, purpose, head, &entries).await?;
    transaction.commit().await?;
    Ok(ended)
}
