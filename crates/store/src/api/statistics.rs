//! What the disclosure states: figures over all participants, exact integers.

use sqlx::PgConnection;

use crate::StoreError;

/// Percentiles that the figures are given at, in hundredths, least first.
pub const PERCENTILES: [u32; 7] = [5, 10, 25, 50, 75, 90, 95];

/// Figures over every participant ever, those whose registration was refunded included. Amounts are base
/// units as decimal text, because what somebody has net of payments may be negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
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

/// Computes the figures in one statement, so that they belong to one moment. Percentiles are those of an actual
/// participant (nearest rank), never interpolated.
///
/// # Errors
/// The database does not answer.
pub async fn fetch(connection: &mut PgConnection) -> Result<Statistics, StoreError> {
    let percents: Vec<i64> = PERCENTILES.iter().map(|percent| i64::from(*percent)).collect();
    let row = sqlx::query!(
        r#"WITH paid AS (
               SELECT user_id, sum(amount) AS amount FROM deposit WHERE state <> 'refunded' GROUP BY user_id
           ), received AS (
               SELECT a.user_id,
                      sum(b.credits_posted) FILTER (WHERE a.kind = 'available')
                          AS matured,
                      sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'held') AS held
               FROM account AS a JOIN balance AS b ON b.account_id = a.id
               WHERE a.user_id IS NOT NULL GROUP BY a.user_id
           ), line AS (
               SELECT u.status, coalesce(p.amount, 0) AS paid, coalesce(r.matured, 0) AS received,
                      coalesce(r.held, 0) AS held, coalesce(r.matured, 0) - coalesce(p.amount, 0) AS net
               FROM users AS u
               LEFT JOIN paid AS p ON p.user_id = u.id
               LEFT JOIN received AS r ON r.user_id = u.id
           ), ranked AS (
               SELECT received, net, count(*) OVER () AS n,
                      row_number() OVER (ORDER BY received) AS received_rank,
                      row_number() OVER (ORDER BY net) AS net_rank
               FROM line
           ), wanted AS (
               SELECT percent, place FROM unnest($1::bigint[]) WITH ORDINALITY AS w (percent, place)
           )
           SELECT (SELECT coalesce(max(seq), 0) FROM fact) AS "fact_seq!",
                  count(*) AS "participants!",
                  count(*) FILTER (WHERE status = 'refunded') AS "refunded!",
                  count(*) FILTER (WHERE received = 0) AS "without_rewards!",
                  count(*) FILTER (WHERE net < 0) AS "below_paid!",
                  count(*) FILTER (WHERE net = 0) AS "even!",
                  count(*) FILTER (WHERE net > 0) AS "above_paid!",
                  coalesce(sum(paid), 0)::text AS "paid_total!",
                  coalesce(sum(received), 0)::text AS "received_total!",
                  coalesce(sum(held), 0)::text AS "held_total!",
                  ARRAY(SELECT received::text FROM wanted
                        JOIN ranked ON received_rank = (percent * n + 99) / 100 ORDER BY place)
                      AS "received_percentiles!",
                  ARRAY(SELECT net::text FROM wanted
                        JOIN ranked ON net_rank = (percent * n + 99) / 100 ORDER BY place)
                      AS "net_percentiles!"
           FROM line"#,
        &percents
    )
    .fetch_one(connection)
    .await?;
    Ok(Statistics {
        fact_seq: row.fact_seq,
        participants: row.participants,
        refunded: row.refunded,
        without_rewards: row.without_rewards,
        below_paid: row.below_paid,
        even: row.even,
        above_paid: row.above_paid,
        paid_total: row.paid_total,
        received_total: row.received_total,
        held_total: row.held_total,
        received_percentiles: row.received_percentiles,
        net_percentiles: row.net_percentiles,
    })
}
