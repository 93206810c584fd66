//! A user's subscriptions and ranks, read off what components of the plan changed.
//!
//! The work of each statement grows with the effects of one user, not with users.

use money::Amount;
use sqlx::PgConnection;

use crate::{DbAmount, StoreError};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its number.
    pub number: i64,
    /// What was paid for it, the part that a bonus paid included.
    pub amount: Amount,
    /// What it accrued, before tax; what was taken back later is not taken off.
    pub accrued: Amount,
    /// The fact that bought it.
    pub fact_seq: i64,
    /// When, in seconds since 1970-01-01 UTC.
    pub bought_at: i64,
    /// The fact by which it ended: it reached its cap, or its payment was refunded.
    pub ended_fact: Option<i64>,
}

/// Subscriptions of a user with numbers above `after`, at most `limit`.
pub async fn list(
    connection: &mut PgConnection,
    user: i32,
    after: i64,
    limit: i64,
) -> Result<Vec<Subscription>, StoreError> {
    Ok(sqlx::query_as!(
        Subscription,
        r#"SELECT b.number AS "number!", b.amount AS "amount!: DbAmount", b.fact_seq, i.effective_at AS bought_at,
                  (SELECT coalesce(sum(a.amount), 0)::numeric(39, 0) FROM accrual AS a
                   WHERE a.user_id = $1 AND a.subscription = b.number) AS "accrued!: DbAmount",
                  (SELECT min(e.fact_seq) FROM component_effect AS e
                   WHERE e.user_id = $1 AND e.kind = 'subscription_ended' AND e.number = b.number) AS ended_fact
           FROM component_effect AS b
           JOIN fact AS f ON f.seq = b.fact_seq
           JOIN inbox AS i ON i.id = f.inbox_id
           WHERE b.user_id = $1 AND b.kind = 'subscription_bought' AND b.number > $2
           ORDER BY b.number LIMIT $3"#,
        user,
        after,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// A change of the rank that a user is paid as, or a title that the user reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankChange {
    /// Where it stands among the effects.
    pub fact_seq: i64,
    /// Its place within its fact.
    pub position: i32,
    /// Whether it is a title; otherwise the user is paid as this rank from then on.
    pub is_title: bool,
    /// The rank, from 1; 0 for none.
    pub rank: i64,
    /// When, in seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// Changes of a user's ranks below a place among the effects, newest first.
pub async fn list_rank_changes(
    connection: &mut PgConnection,
    user: i32,
    below: (i64, i32),
    limit: i64,
) -> Result<Vec<RankChange>, StoreError> {
    Ok(sqlx::query_as!(
        RankChange,
        r#"SELECT c.fact_seq, c.position, c.kind = 'rank_reached' AS "is_title!", c.number AS "rank!",
                  i.effective_at AS at
           FROM component_effect AS c
           JOIN fact AS f ON f.seq = c.fact_seq
           JOIN inbox AS i ON i.id = f.inbox_id
           WHERE c.user_id = $1 AND c.kind IN ('rank_reached', 'rank_paid_as')
             AND (c.fact_seq, c.position) < ($2::bigint, $3::integer)
           ORDER BY c.fact_seq DESC, c.position DESC LIMIT $4"#,
        user,
        below.0,
        below.1,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// The highest title of a user, and the rank that the user is paid as; 0 for none.
pub async fn fetch_ranks(connection: &mut PgConnection, user: i32) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query!(
        r#"SELECT coalesce((SELECT max(number) FROM component_effect
                            WHERE user_id = $1 AND kind = 'rank_reached'), 0) AS "title!",
                  coalesce((SELECT number FROM component_effect
                            WHERE user_id = $1 AND kind = 'rank_paid_as'
                            ORDER BY fact_seq DESC, position DESC LIMIT 1), 0) AS "paid_as!""#,
        user
    )
    .fetch_one(connection)
    .await?;
    Ok((row.title, row.paid_as))
}
