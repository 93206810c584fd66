//! How the posting worker learns of new causes.

use sqlx::PgConnection;

use crate::StoreError;

/// PostgreSQL's channel on which new causes are announced.
pub const CHANNEL: &str = "trellis_inbox";

/// Tells the posting worker, at commit, that there is something to do.
pub(crate) async fn announce(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_notify($1, '')", CHANNEL)
        .execute(connection)
        .await?;
    Ok(())
}
