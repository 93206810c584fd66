//! The status of a command.

use alloy_primitives::Address;
use sqlx::PgConnection;

use crate::StoreError;

/// A command of someone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFate {
    /// Its number as a fact, once it is posted.
    pub fact_seq: Option<i64>,
    /// Why it had no effect, when it had none.
    pub ignored: Option<String>,
    /// When it was accepted, in seconds since 1970-01-01 UTC.
    pub accepted_at: i64,
}

/// The command of this number, if it is of this wallet.
pub async fn find(
    connection: &mut PgConnection,
    id: i64,
    actor: Address,
) -> Result<Option<CommandFate>, StoreError> {
    Ok(sqlx::query_as!(
        CommandFate,
        r#"SELECT i.fact_seq, i.effective_at AS accepted_at,
                  (SELECT substr(d.cause, length('ignored:') + 1) FROM discrepancy AS d
                   WHERE d.fact_seq = i.fact_seq AND starts_with(d.cause, 'ignored:')
                   ORDER BY d.ordinal LIMIT 1) AS ignored
           FROM inbox AS i
           WHERE i.id = $1 AND i.source = 'command' AND starts_with(i.natural_key, $2)"#,
        id,
        format!("{actor:#x}:")
    )
    .fetch_optional(connection)
    .await?)
}
