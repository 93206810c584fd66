//! Who may be paid: matured balances that no batch has settled.

use alloy_primitives::Address;
use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Users with something unpaid whom one request looks at, one by one: a part of a second. Of rewards' kinds, a tenth.
pub const EXAMINED_MAX: i64 = 10_000;

/// A user with something matured and not paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payable {
    /// The user's number.
    pub user_id: i32,
    /// Where the chain pays.
    pub wallet: Address,
    /// Everything that the chain paid so far.
    pub paid: Amount,
    /// Matured and not paid, what batches hold back included.
    pub posted: Amount,
    /// What batches hold back of it.
    pub pending: Amount,
    /// Names of the kinds of the unsettled rewards, reserved ones included.
    pub kinds: Vec<String>,
    /// When the oldest of them matured, in seconds since 1970-01-01 UTC; 0 without one.
    pub oldest_matured_at: u64,
    /// When the user's freeze ends or ended, in seconds since 1970-01-01 UTC; 0 without one.
    pub frozen_until: u64,
    /// Whether a batch that is not over pays the user.
    pub has_live_payout: bool,
    /// Whether the user asked to be paid.
    pub withdrawal_requested: bool,
}

/// Which users. An absent filter lets everyone pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// At least this much not held back by a batch.
    pub amount_min: Option<Amount>,
    /// At most this much.
    pub amount_max: Option<Amount>,
    /// A reward of this kind among the unsettled ones.
    pub kind: Option<String>,
    /// The oldest unsettled reward matured at this time or before.
    pub matured_by: Option<i64>,
    /// Only this user.
    pub user: Option<i32>,
}

impl Filter {
    /// Kinds cost an observation of each user's rewards.
    const fn examined_max(&self) -> i64 {
        if self.kind.is_some() {
            EXAMINED_MAX / 10
        } else {
            EXAMINED_MAX
        }
    }
}

/// Sums over all users of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// How many users.
    pub users: i64,
    /// What they have, what batches hold back included.
    pub posted: Amount,
    /// What batches hold back.
    pub pending: Amount,
    /// Whether everyone who waits was looked at.
    pub is_complete: bool,
}

impl Totals {
    const NONE: Self = Self {
        users: 0,
        posted: Amount::ZERO,
        pending: Amount::ZERO,
        is_complete: true,
    };
}

/// Users of a filter with something matured and not paid, by number, above `after`: at most `limit` of the next
/// [`EXAMINED_MAX`] who wait.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    after: i32,
    limit: i64,
) -> Result<Vec<Payable>, StoreError> {
    // The subqueries with an offset are looked up row by row, in this order, until there are enough rows.
    Ok(sqlx::query_as!(
        Payable,
        r#"SELECT p.user_id AS "user_id!", p.wallet AS "wallet!: Db<Address>", p.paid AS "paid!: DbAmount",
                  p.posted AS "posted!: DbAmount", p.pending AS "pending!: DbAmount", p.kinds AS "kinds!",
                  p.oldest_matured_at AS "oldest_matured_at!: Db<u64>", p.frozen_until AS "frozen_until!: Db<u64>",
                  p.has_live_payout AS "has_live_payout!", p.withdrawal_requested AS "withdrawal_requested!"
           FROM (
               SELECT user_id, since FROM due
               WHERE user_id > $1 AND ($6::integer IS NULL OR user_id = $6)
               ORDER BY user_id LIMIT $8
           ) AS w
           CROSS JOIN LATERAL (
               SELECT credits_posted - debits_posted - debits_pending AS free
               FROM balance WHERE account_id = available_account(w.user_id) OFFSET 0
           ) AS b
           CROSS JOIN LATERAL (SELECT * FROM payable WHERE user_id = w.user_id OFFSET 0) AS p
           WHERE ($2::numeric IS NULL OR b.free >= $2)
             AND ($3::numeric IS NULL OR b.free <= $3)
             AND ($4::text IS NULL OR $4 = ANY(p.kinds))
             AND ($5::bigint IS NULL OR w.since <= $5)
           ORDER BY w.user_id LIMIT $7"#,
        after,
        filter.amount_min.map(DbAmount) as _,
        filter.amount_max.map(DbAmount) as _,
        filter.kind.as_deref(),
        filter.matured_by,
        filter.user,
        limit,
        filter.examined_max()
    )
    .fetch_all(connection)
    .await?)
}

/// The last user that [`list`] examined, when there are more.
pub async fn find_examined_end(
    connection: &mut PgConnection,
    filter: &Filter,
    after: i32,
) -> Result<Option<i32>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT user_id FROM due WHERE user_id > $1 ORDER BY user_id LIMIT 2 OFFSET $2",
        after,
        filter.examined_max() - 1
    )
    .fetch_all(connection)
    .await?;
    Ok(found
        .first()
        .copied()
        .filter(|_| found.len() > 1 && filter.user.is_none()))
}

/// Sums over all users of a filter; of a filter that has to look at each user, over the first [`EXAMINED_MAX`] who wait.
pub async fn fetch_totals(connection: &mut PgConnection, filter: &Filter) -> Result<Totals, StoreError> {
    if *filter == Filter::default() {
        return fetch_all_totals(connection).await;
    }
    let row = sqlx::query!(
        r#"SELECT count(*) AS "users!", coalesce(sum(b.posted), 0)::numeric(39, 0) AS "posted!: DbAmount",
                  coalesce(sum(b.pending), 0)::numeric(39, 0) AS "pending!: DbAmount"
           FROM (
               SELECT user_id, since FROM due WHERE $5::integer IS NULL OR user_id = $5 ORDER BY user_id LIMIT $6
           ) AS w
           CROSS JOIN LATERAL (
               SELECT credits_posted - debits_posted AS posted, debits_pending AS pending
               FROM balance WHERE account_id = available_account(w.user_id) OFFSET 0
           ) AS b
           WHERE ($1::numeric IS NULL OR b.posted - b.pending >= $1)
             AND ($2::numeric IS NULL OR b.posted - b.pending <= $2)
             AND ($3::text IS NULL OR $3 = ANY((SELECT p.kinds FROM payable AS p WHERE p.user_id = w.user_id)::text[]))
             AND ($4::bigint IS NULL OR w.since <= $4)"#,
        filter.amount_min.map(DbAmount) as _,
        filter.amount_max.map(DbAmount) as _,
        filter.kind.as_deref(),
        filter.matured_by,
        filter.user,
        filter.examined_max()
    )
    .fetch_one(&mut *connection)
    .await?;
    Ok(Totals {
        users: row.users,
        posted: row.posted.0,
        pending: row.pending.0,
        is_complete: find_examined_end(connection, filter, 0).await?.is_none(),
    })
}

async fn fetch_all_totals(connection: &mut PgConnection) -> Result<Totals, StoreError> {
    let row = sqlx::query!(
        r#"SELECT due_users, credits - debits AS "posted!: DbAmount", debits_pending AS "pending!: DbAmount"
           FROM kind_total WHERE kind = 'available' AND detail = 0"#
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or(Totals::NONE, |row| Totals {
        users: row.due_users,
        posted: row.posted.0,
        pending: row.pending.0,
        is_complete: true,
    }))
}

/// What a batch must know of users that it could pay: of those who exist, whatever their balance, by number.
pub async fn list_candidates(
    connection: &mut PgConnection,
    users: &[i32],
    with_kinds: bool,
) -> Result<Vec<Payable>, StoreError> {
    // Looked up row by row: without the offset the planner may read everyone for a few hundred users.
    Ok(sqlx::query_as!(
        Payable,
        r#"SELECT p.user_id AS "user_id!", p.wallet AS "wallet!: Db<Address>", p.paid AS "paid!: DbAmount",
                  p.posted AS "posted!: DbAmount", p.pending AS "pending!: DbAmount",
                  CASE WHEN $2 THEN (SELECT k.kinds FROM payable AS k WHERE k.user_id = w.user_id) ELSE '{}' END
                  AS "kinds!",
                  p.oldest_matured_at AS "oldest_matured_at!: Db<u64>", p.frozen_until AS "frozen_until!: Db<u64>",
                  p.has_live_payout AS "has_live_payout!", p.withdrawal_requested AS "withdrawal_requested!"
           FROM unnest($1::integer[]) AS w (user_id)
           CROSS JOIN LATERAL (
               SELECT user_id, wallet, paid, posted, pending, oldest_matured_at, frozen_until, has_live_payout,
                      withdrawal_requested
               FROM payable WHERE user_id = w.user_id OFFSET 0
           ) AS p
           ORDER BY p.user_id"#,
        users,
        with_kinds
    )
    .fetch_all(connection)
    .await?)
}

/// At most `limit` users with something matured and not paid who asked to be paid, lowest number first.
pub async fn list_asking(connection: &mut PgConnection, limit: i64) -> Result<Vec<i32>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT a.user_id AS "user_id!"
           FROM (
               SELECT user_id FROM withdrawal_request WHERE batch_id IS NULL
               UNION
               SELECT p.user_id FROM payout AS p
               JOIN withdrawal_request AS w ON w.user_id = p.user_id AND w.batch_id = p.batch_id
               WHERE p.state IN ('refused', 'released')
           ) AS a
           JOIN due ON due.user_id = a.user_id
           ORDER BY a.user_id LIMIT $1"#,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// At most `limit` users with something matured and not paid, who waits longest first.
pub async fn list_oldest(
    connection: &mut PgConnection,
    matured_by: Option<i64>,
    limit: i64,
) -> Result<Vec<i32>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT user_id FROM due WHERE since <= coalesce($1, since) ORDER BY since, user_id LIMIT $2",
        matured_by,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// The same, but only users whom nothing but the kinds of their rewards or the room of the batch could keep out of it: no
/// batch holds anything back of them, they are not frozen at `time`, and they have as much as the filter wants. Of those who
/// wait longest, so many are examined as `examined_max` says.
pub async fn list_payable(
    connection: &mut PgConnection,
    filter: &Filter,
    time: i64,
    examined_max: i64,
    limit: i64,
) -> Result<Vec<i32>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT w.user_id
         FROM (
             SELECT user_id, since FROM due WHERE since <= coalesce($1, since) ORDER BY since, user_id LIMIT $2
         ) AS w
         CROSS JOIN LATERAL (
             SELECT credits_posted - debits_posted AS free
             FROM balance WHERE account_id = available_account(w.user_id) AND debits_pending = 0 OFFSET 0
         ) AS b
         CROSS JOIN LATERAL (SELECT frozen_until FROM users WHERE id = w.user_id OFFSET 0) AS u
         WHERE ($3::numeric IS NULL OR b.free >= $3) AND ($4::numeric IS NULL OR b.free <= $4)
           AND coalesce(u.frozen_until, 0) <= $5
         ORDER BY w.since, w.user_id LIMIT $6",
        filter.matured_by,
        examined_max,
        filter.amount_min.map(DbAmount) as _,
        filter.amount_max.map(DbAmount) as _,
        time,
        limit
    )
    .fetch_all(connection)
    .await?)
}
