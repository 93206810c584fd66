//! Who may be paid: matured balances that no batch has settled.

use alloy_primitives::Address;
use money::Amount;
use sqlx::PgConnection;

use crate::deployment::{address, natural};
use crate::{DbAmount, StoreError};

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

/// Which users. An absent filter lets everybody pass.
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

/// Sums over all users of a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many users.
    pub users: i64,
    /// What they have, what batches hold back included.
    pub posted: Amount,
    /// What batches hold back.
    pub pending: Amount,
}

struct Row {
    user_id: i32,
    wallet: Vec<u8>,
    paid: DbAmount,
    posted: DbAmount,
    pending: DbAmount,
    kinds: Vec<String>,
    oldest_matured_at: i64,
    frozen_until: i64,
    has_live_payout: bool,
    withdrawal_requested: bool,
}

impl TryFrom<Row> for Payable {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            user_id: row.user_id,
            wallet: address(&row.wallet, "users.wallet")?,
            paid: row.paid.0,
            posted: row.posted.0,
            pending: row.pending.0,
            kinds: row.kinds,
            oldest_matured_at: natural(row.oldest_matured_at, "inbox.effective_at")?,
            frozen_until: natural(row.frozen_until, "users.frozen_until")?,
            has_live_payout: row.has_live_payout,
            withdrawal_requested: row.withdrawal_requested,
        })
    }
}

/// Users of a filter with something matured and not paid, by number, above `after`.
///
/// # Errors
/// The database does not answer.
pub async fn list(
    connection: &mut PgConnection,
    filter: &Filter,
    after: i32,
    limit: i64,
) -> Result<Vec<Payable>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT user_id AS "user_id!", wallet AS "wallet!", paid AS "paid!: DbAmount", posted AS "posted!: DbAmount",
                  pending AS "pending!: DbAmount", kinds AS "kinds!", oldest_matured_at AS "oldest_matured_at!",
                  frozen_until AS "frozen_until!", has_live_payout AS "has_live_payout!",
                  withdrawal_requested AS "withdrawal_requested!"
           FROM payable
           WHERE posted > 0 AND user_id > $1
             AND ($2::numeric IS NULL OR posted - pending >= $2)
             AND ($3::numeric IS NULL OR posted - pending <= $3)
             AND ($4::text IS NULL OR $4 = ANY(kinds))
             AND ($5::bigint IS NULL OR oldest_matured_at <= $5)
             AND ($6::integer IS NULL OR user_id = $6)
           ORDER BY user_id LIMIT $7"#,
        after,
        filter.amount_min.map(DbAmount) as _,
        filter.amount_max.map(DbAmount) as _,
        filter.kind.as_deref(),
        filter.matured_by,
        filter.user,
        limit
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Payable::try_from).collect()
}

/// Sums over all users of a filter.
///
/// # Errors
/// The database does not answer.
pub async fn fetch_totals(connection: &mut PgConnection, filter: &Filter) -> Result<Totals, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "users!", coalesce(sum(posted), 0)::numeric(39, 0) AS "posted!: DbAmount",
                  coalesce(sum(pending), 0)::numeric(39, 0) AS "pending!: DbAmount"
           FROM payable
           WHERE posted > 0
             AND ($1::numeric IS NULL OR posted - pending >= $1)
             AND ($2::numeric IS NULL OR posted - pending <= $2)
             AND ($3::text IS NULL OR $3 = ANY(kinds))
             AND ($4::bigint IS NULL OR oldest_matured_at <= $4)
             AND ($5::integer IS NULL OR user_id = $5)"#,
        filter.amount_min.map(DbAmount) as _,
        filter.amount_max.map(DbAmount) as _,
        filter.kind.as_deref(),
        filter.matured_by,
        filter.user
    )
    .fetch_one(connection)
    .await?;
    Ok(Totals {
        users: row.users,
        posted: row.posted.0,
        pending: row.pending.0,
    })
}

/// Whom a batch is proposed from, and what has to be known of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Exactly those of these users who exist, whatever they have; without it, everybody with something unpaid.
    pub users: Option<&'a [i32]>,
    /// Whether [`Payable::kinds`] is looked up; empty otherwise.
    pub kinds: bool,
}

/// Everybody whom a batch could pay.
///
/// The oldest reward is looked up only of users whom a batch could pay now: it is what one query over many thousands of
/// users costs most.
///
/// # Errors
/// The database does not answer.
pub async fn list_candidates(
    connection: &mut PgConnection,
    wanted: Wanted<'_>,
) -> Result<Vec<Payable>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT user_id AS "user_id!", wallet AS "wallet!", paid AS "paid!: DbAmount", posted AS "posted!: DbAmount",
                  pending AS "pending!: DbAmount", CASE WHEN $2 THEN kinds ELSE '{}' END AS "kinds!",
                  CASE WHEN posted > pending AND NOT has_live_payout THEN oldest_matured_at ELSE 0 END
                  AS "oldest_matured_at!",
                  frozen_until AS "frozen_until!", has_live_payout AS "has_live_payout!",
                  withdrawal_requested AS "withdrawal_requested!"
           FROM payable
           WHERE CASE WHEN $1::integer[] IS NULL THEN posted > 0 ELSE user_id = ANY($1) END
           ORDER BY user_id"#,
        wanted.users as Option<&[i32]>,
        wanted.kinds
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Payable::try_from).collect()
}
