//! Users who asked to be paid by the next batch.

use alloy_primitives::B256;
use sqlx::PgConnection;

use crate::StoreError;
use crate::column::Db;

/// Someone's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its number.
    pub id: i64,
    /// Seconds since 1970-01-01 UTC.
    pub requested_at: i64,
    /// The batch that the user is part of.
    pub batch: Option<B256>,
}

/// The user's wish that is not fulfilled yet: none of a batch, or of one that is not over.
pub async fn find_open(connection: &mut PgConnection, user: i32) -> Result<Option<Withdrawal>, StoreError> {
    Ok(sqlx::query_as!(
        Withdrawal,
        r#"SELECT w.id, extract(epoch FROM w.requested_at)::bigint AS "requested_at!",
                  w.batch_id AS "batch!: Db<Option<B256>>"
           FROM withdrawal_request AS w
           LEFT JOIN payout_batch AS b ON b.batch_id = w.batch_id
           LEFT JOIN payout AS p ON p.batch_id = w.batch_id AND p.user_id = w.user_id
           WHERE w.user_id = $1
             AND (w.batch_id IS NULL OR p.state IN ('held', 'refused', 'released')
                  OR (p.state IS NULL AND b.state = 'requested'))
           ORDER BY w.id LIMIT 1"#,
        user
    )
    .fetch_optional(connection)
    .await?)
}

/// Stores a request; when there is an open one already, nothing changes.
pub async fn insert(connection: &mut PgConnection, user: i32) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO withdrawal_request (user_id) VALUES ($1)
         ON CONFLICT (user_id) WHERE batch_id IS NULL DO NOTHING",
        user
    )
    .execute(connection)
    .await?;
    Ok(())
}
