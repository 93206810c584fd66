//! Ends of the plan's days in the inbox: one row for each day, under the day's date, so that no day ends twice.
//!
//! Not responsible for when a day ends, which the plan's time zone says, nor for their order as facts (see `inbox`).

use plan::{Cause, Day, Report};
use sqlx::{PgConnection, PgTransaction};

use crate::StoreError;
use crate::announcement::announce;
use crate::cause_json;
use crate::chain_log::signed;
use crate::deployment::natural;

/// What the natural key of a day begins with; the date follows.
const KEY: &str = "day:";

/// The natural key of a day.
pub(crate) fn key(day: Day) -> String {
    format!("{KEY}{day}")
}

fn day_of(key: &str) -> Result<Day, StoreError> {
    let day = key.strip_prefix(KEY).and_then(Day::of_date);
    day.ok_or_else(|| StoreError::corrupt("inbox.natural_key"))
}

/// The cause that a day ended.
pub(crate) const fn ended(day: Day) -> Cause {
    Cause::Reported(Report::DayEnded { day })
}

/// The last day whose end is in the inbox.
pub async fn find_last_day(connection: &mut PgConnection) -> Result<Option<Day>, StoreError> {
    let key = sqlx::query_scalar!(
        "SELECT natural_key FROM inbox WHERE source = 'schedule' AND natural_key LIKE 'day:%'
         ORDER BY natural_key COLLATE \"C\" DESC LIMIT 1"
    )
    .fetch_optional(connection)
    .await?;
    key.as_deref().map(day_of).transpose()
}

/// The last day whose end is a fact.
pub async fn find_last_posted_day(connection: &mut PgConnection) -> Result<Option<Day>, StoreError> {
    let key = sqlx::query_scalar!(
        "SELECT natural_key FROM inbox
         WHERE source = 'schedule' AND natural_key LIKE 'day:%' AND fact_seq IS NOT NULL
         ORDER BY natural_key COLLATE \"C\" DESC LIMIT 1"
    )
    .fetch_optional(connection)
    .await?;
    key.as_deref().map(day_of).transpose()
}

/// Seconds since 1970-01-01 UTC at which the contract was deployed, once that block is final and recorded.
pub async fn find_deployment_time(connection: &mut PgConnection) -> Result<Option<u64>, StoreError> {
    let time = sqlx::query_scalar!(
        r#"SELECT b."timestamp"
           FROM deployment AS d
         JOIN chain_block AS b ON b.hash = d.contract_block_hash
         WHERE b.final"#
    )
    .fetch_optional(connection)
    .await?;
    time.map(|time| natural(time, "chain_block.timestamp"))
        .transpose()
}

/// Puts the end of a day into the inbox, at this second since 1970-01-01 UTC.
///
/// # Errors
/// The day is there already: constraint `inbox_natural_key_unique`. The last final block is older: a policy refuses the row.
pub async fn insert_day(
    transaction: &mut PgTransaction<'_>,
    day: Day,
    ends_at: u64,
) -> Result<(), StoreError> {
    let text = cause_json::write(&ended(day));
    sqlx::query!(
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('schedule', $1, $2::text::jsonb, $3, $4)",
        key(day),
        text.text,
        text.fingerprint.as_slice(),
        signed(ends_at)?,
    )
    .execute(&mut **transaction)
    .await?;
    announce(transaction).await
}
