//! Figures over all participants, kept by what changed since they were counted last.
//!
//! [`refresh`] takes the old line of each participant whom facts touched out of the counts and puts the new one in, so its work
//! grows with what was posted and not with everyone. What it leaves is what a count of everyone would give. Not responsible
//! for when it is called, nor for the words around the figures.

use sqlx::{Connection, PgConnection, PgTransaction};

use crate::StoreError;

/// Percentiles that the figures are given at, in hundredths, least first.
pub const PERCENTILES: [u32; 7] = [5, 10, 25, 50, 75, 90, 95];

/// Seconds that a fact may wait to be counted; after that the figures are no longer shown.
const AGE_SECONDS_MAX: f64 = 7_200.0;

/// Figures over every participant ever, those whose registration was refunded included. Amounts are base
/// units as decimal text, because what someone has net of payments may be negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Last fact that is counted; 0 when there is none.
    pub fact_seq: i64,
    /// Participants ever.
    pub participants: i64,
    /// Of these, whose registration was refunded.
    pub refunded: i64,
    /// Of all, who never received a matured reward.
    pub without_rewards: i64,
    /// Of all, who received less than they paid.
    pub below_paid: i64,
    /// Of all, who received exactly what they paid.
    pub even: i64,
    /// Of all, who received more than they paid.
    pub above_paid: i64,
    /// Everything that was paid in and not refunded.
    pub paid_total: String,
    /// All matured rewards.
    pub received_total: String,
    /// Rewards within the cooling-off time, which may still be reversed; not in any other figure.
    pub held_total: String,
    /// Matured rewards at each of [`PERCENTILES`]; empty without participants.
    pub received_percentiles: Vec<String>,
    /// Matured rewards less what was paid, at each of [`PERCENTILES`]; empty without participants.
    pub net_percentiles: Vec<String>,
}

/// The figures as they were counted last; `None` when they were never counted, or a fact waits to be counted for too long. Percentiles are those of an actual participant (nearest rank), never interpolated.
pub async fn find(connection: &mut PgConnection) -> Result<Option<Figures>, StoreError> {
    Ok(sqlx::query_as!(
        Figures,
        r#"SELECT fact_seq, participants, refunded, without_rewards, below_paid, even, above_paid,
                  paid_total::text AS "paid_total!", received_total::text AS "received_total!",
                  held_total::text AS "held_total!", received_percentiles::text[] AS "received_percentiles!",
                  net_percentiles::text[] AS "net_percentiles!"
           FROM figures
           WHERE counted_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM fact JOIN posting_batch AS batch ON batch.seq = fact.batch_seq
               WHERE fact.seq = figures.fact_seq + 1 AND batch.posted_at < now() - $1 * interval '1 second')"#,
        AGE_SECONDS_MAX
    )
    .fetch_optional(connection)
    .await?)
}

/// Counts what was posted since the last time, in one transaction; `false` when nothing was. Two who do it at once do not
/// count twice: one of them fails.
pub async fn refresh(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(&mut *transaction)
        .await?;
    sqlx::query!("INSERT INTO figures (id) VALUES (1) ON CONFLICT (id) DO NOTHING")
        .execute(&mut *transaction)
        .await?;
    let is_behind = sqlx::query_scalar!(
        r#"SELECT counted_at IS NULL OR fact_seq < (SELECT coalesce(max(seq), 0) FROM fact) AS "behind!"
           FROM figures FOR UPDATE"#
    )
    .fetch_one(&mut *transaction)
    .await?;
    if is_behind {
        count_changed(&mut transaction).await?;
        place_percentiles(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(is_behind)
}

/// Counts the participants whom facts after the last counted one touched: who received, whose held rewards moved, who paid,
/// joined, or took a payment back.
async fn count_changed(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query_file!("src/figures/count_changed.sql")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Finds the percentiles in the counts.
async fn place_percentiles(transaction: &mut PgTransaction<'_>) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM figure_count WHERE people = 0")
        .execute(&mut **transaction)
        .await?;
    let percents: Vec<i64> = PERCENTILES.iter().map(|percent| i64::from(*percent)).collect();
    sqlx::query!(
        "WITH ranked AS MATERIALIZED (
             SELECT measure, value, sum(people) OVER (PARTITION BY measure ORDER BY value) AS upto FROM figure_count
         ), placed AS (
             SELECT w.place, r.measure, min(r.value) AS value
             FROM unnest($1::bigint[]) WITH ORDINALITY AS w (percent, place)
             JOIN ranked AS r ON r.upto >= (w.percent * (SELECT participants FROM figures) + 99) / 100
             GROUP BY w.place, r.measure
         )
         UPDATE figures
         SET received_percentiles = ARRAY(SELECT value FROM placed WHERE measure = 'received' ORDER BY place),
             net_percentiles = ARRAY(SELECT value FROM placed WHERE measure = 'net' ORDER BY place)",
        &percents
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
