//! The business keys recorded as signed, which may appear on the chain.

use sqlx::{PgConnection, Row};

/// A business key and the number under which it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Grows with every record; decisions are in one order, so none appears later below another.
    pub id: i64,
    /// Such as `batch:31337:0x…:0x…`.
    pub business_key: String,
}

/// What was recorded after a number, in order.
pub async fn list_recorded(connection: &mut PgConnection, after: i64) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query("SELECT id, business_key FROM signer.sign_request WHERE id > $1 ORDER BY id")
        .bind(after)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Recorded {
                id: row.try_get("id")?,
                business_key: row.try_get("business_key")?,
            })
        })
        .collect()
}
