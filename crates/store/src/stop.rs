//! Stops of settlement: opened by the reconciler, or by an operator, whose stop keeps new payments out, too; closed when two operators
//! signed that.

use alloy_primitives::Address;
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::column::Db;

/// The cause of an operator's stop.
const BY_OPERATOR: &str = "operator";

/// A stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its number.
    pub id: i64,
    /// Why: what a check found, or `operator`.
    pub cause: String,
    /// The operator who stopped.
    pub opened_by: Option<Address>,
    /// The operator's reason.
    pub reason: Option<String>,
    /// Seconds since 1970-01-01 UTC, like all times here.
    pub opened_at: i64,
    /// The first operator who wants to go on.
    pub first_resume_by: Option<Address>,
    /// When.
    pub first_resume_at: Option<i64>,
    /// The second, who ended the stop.
    pub resumed_by: Option<Address>,
    /// When.
    pub resumed_at: Option<i64>,
}

/// One list of columns for every statement that reads whole stops.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Stop,
            r#"SELECT id, cause, opened_by AS "opened_by!: Db<Option<Address>>", reason, extract(epoch FROM opened_at)::bigint AS "opened_at!",
                      first_resume_by AS "first_resume_by!: Db<Option<Address>>",
                      extract(epoch FROM first_resume_at)::bigint AS first_resume_at,
                      resumed_by AS "resumed_by!: Db<Option<Address>>",
                      extract(epoch FROM resumed_at)::bigint AS resumed_at
               FROM settlement_stop "# + $tail
            $(, $argument)*
        )
    };
}

/// Whether any stop is open.
pub async fn any_open(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM settlement_stop WHERE resumed_by IS NULL) AS "open!""#
    )
    .fetch_one(connection)
    .await?)
}

/// Whether an operator keeps new payments out.
pub async fn is_intake_stopped(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM settlement_stop WHERE cause = $1 AND resumed_by IS NULL) AS "open!""#,
        BY_OPERATOR
    )
    .fetch_one(connection)
    .await?)
}

/// Opens an operator's stop, and returns its number; `None` while one is open that nobody has agreed to end. One that somebody has agreed
/// to end does not stand for a later one: what was agreed was not about that.
///
/// # Errors
/// Constraint `settlement_stop_reason_length`, and a null `turn` while ten are open that somebody has agreed to end.
pub async fn insert_by_operator(
    transaction: &mut PgTransaction<'_>,
    operator: Address,
    reason: &str,
) -> Result<Option<i64>, StoreError> {
    Ok(sqlx::query_scalar!(
        "WITH open AS (SELECT s.id, s.turn FROM settlement_stop AS s WHERE s.cause = $1 AND s.resumed_by IS NULL)
         INSERT INTO settlement_stop (cause, turn, opened_by, reason)
         SELECT $1, (SELECT min(t.turn) FROM generate_series(0, 9) AS t (turn) WHERE t.turn NOT IN (SELECT turn FROM open)), $2, $3
         WHERE NOT EXISTS (
             SELECT FROM open
             WHERE NOT EXISTS (SELECT FROM approval AS a WHERE a.kind = 'resume' AND a.subject = int8send(open.id))
         )
         ON CONFLICT (cause, turn) WHERE resumed_by IS NULL DO NOTHING
         RETURNING id",
        BY_OPERATOR,
        operator.as_slice(),
        reason
    )
    .fetch_optional(&mut **transaction)
    .await?)
}

/// Stops below a number, newest first.
pub async fn list(connection: &mut PgConnection, below: i64, limit: i64) -> Result<Vec<Stop>, StoreError> {
    Ok(select!("WHERE id < $1 ORDER BY id DESC LIMIT $2", below, limit)
        .fetch_all(connection)
        .await?)
}

/// The open stops, oldest first.
pub async fn list_open(connection: &mut PgConnection) -> Result<Vec<Stop>, StoreError> {
    Ok(select!("WHERE resumed_by IS NULL ORDER BY id")
        .fetch_all(connection)
        .await?)
}

/// Notes that these operators ended a stop.
///
/// # Errors
/// Constraint `settlement_stop_two_operators`.
pub async fn update_resumed(
    transaction: &mut PgTransaction<'_>,
    id: i64,
    operators: [Address; 2],
) -> Result<bool, StoreError> {
    let updated = sqlx::query!(
        "UPDATE settlement_stop
         SET first_resume_by = $2, first_resume_at = now(), resumed_by = $3, resumed_at = now()
         WHERE id = $1 AND resumed_by IS NULL",
        id,
        operators[0].as_slice(),
        operators[1].as_slice()
    )
    .execute(&mut **transaction)
    .await?;
    Ok(updated.rows_affected() == 1)
}
