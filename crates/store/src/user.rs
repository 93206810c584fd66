//! Users and operators as the API shows them: profiles, balances, sponsor tree.

use alloy_primitives::Address;
use money::Amount;
use sqlx::PgConnection;

use crate::column::Db;
use crate::{DbAmount, StoreError};

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Number, from 1.
    pub id: i32,
    /// The wallet.
    pub wallet: Address,
    /// The user's sponsor.
    pub sponsor_id: Option<i32>,
    /// Which of the sponsor's directs the user is; 0 without a sponsor.
    pub ordinal: i32,
    /// Whether the registration stands.
    pub status: UserStatus,
    /// End of a freeze, in seconds since 1970-01-01 UTC; may have passed.
    pub frozen_until: Option<u64>,
    /// Directs so far, refunded ones included.
    pub directs: i32,
    /// Retopups that stand.
    pub retopups: i32,
    /// Time of the registration's block, in seconds since 1970-01-01 UTC.
    pub registered_at: i64,
}

names::names! {
    /// Whether a registration stands.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum UserStatus {
        /// It does.
        Active = "active",
        /// It was refunded.
        Refunded = "refunded",
    }
}

crate::column::named!(UserStatus);

/// What a user has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Matured and not paid out.
    pub available: Amount,
    /// Within the cooling-off time of what caused it.
    pub held: Amount,
    /// Reserved towards next prices, over all tiers.
    pub reserved: Amount,
    /// Could not be sent and waits in the contract.
    pub credit: Amount,
    /// Owed after corrections.
    pub receivable: Amount,
    /// The part of what is available that a live batch holds back.
    pub in_payout: Amount,
    /// What left the contract for the user so far.
    pub withdrawn: Amount,
    /// Matured rewards that the user can take out, in plans where they wait for that.
    pub wallet: Amount,
    /// Rewards that funds granted and that are not the user's own yet.
    pub deferred: Amount,
    /// Lifetime direct rewards granted.
    pub direct_income: Amount,
    /// Lifetime pool rewards granted.
    pub pool_income: Amount,
    /// Lifetime generation rewards granted.
    pub generation_income: Amount,
    /// Lifetime rewards granted by funds.
    pub funded_income: Amount,
}

impl Balances {
    /// All rewards ever granted, in base units.
    pub const fn gross_income(&self) -> u128 {
        let granted = self
            .direct_income
            .base_units()
            .saturating_add(self.pool_income.base_units());
        let granted = granted.saturating_add(self.generation_income.base_units());
        granted.saturating_add(self.funded_income.base_units())
    }

    /// What the user has or got, less what is owed, in base units.
    pub fn net_income(&self) -> i128 {
        let parts = [
            self.available,
            self.held,
            self.reserved,
            self.credit,
            self.withdrawn,
            self.wallet,
            self.deferred,
        ];
        let signed = |amount: Amount| i128::try_from(amount.base_units()).unwrap_or(i128::MAX);
        let has = parts
            .map(signed)
            .iter()
            .fold(0_i128, |sum, part| sum.saturating_add(*part));
        has.saturating_sub(signed(self.receivable))
    }
}

/// One list of columns for every statement that reads whole users.
macro_rules! select {
    ($tail:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            User,
            r#"SELECT id, wallet AS "wallet!: Db<Address>", sponsor_id, ordinal, status AS "status!: Db<UserStatus>",
                      frozen_until AS "frozen_until!: Db<Option<u64>>", directs, retopups, registered_at
               FROM users "# + $tail
            $(, $argument)*
        )
    };
}

pub mod search;

/// The user with this wallet.
pub async fn find_by_wallet(
    connection: &mut PgConnection,
    wallet: Address,
) -> Result<Option<User>, StoreError> {
    Ok(select!("WHERE wallet = $1", wallet.as_slice())
        .fetch_optional(connection)
        .await?)
}

/// The user with this number.
pub async fn find(connection: &mut PgConnection, id: i32) -> Result<Option<User>, StoreError> {
    Ok(select!("WHERE id = $1", id).fetch_optional(connection).await?)
}

/// Whether anyone is registered.
pub async fn any_exists(connection: &mut PgConnection) -> Result<bool, StoreError> {
    Ok(
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM users) AS "exists!""#)
            .fetch_one(connection)
            .await?,
    )
}

/// Directs of these users in order, at most `limit`, from the first whose `(sponsor, ordinal)` is above `after`.
pub async fn list_directs(
    connection: &mut PgConnection,
    sponsors: &[i32],
    after: (i32, i32),
    limit: i64,
) -> Result<Vec<User>, StoreError> {
    Ok(select!(
        "WHERE sponsor_id = ANY($1) AND (sponsor_id, ordinal) > ($2, $3)
         ORDER BY sponsor_id, ordinal LIMIT $4",
        sponsors,
        after.0,
        after.1,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// What a user has.
pub async fn fetch_balances(connection: &mut PgConnection, user: i32) -> Result<Balances, StoreError> {
    Ok(sqlx::query_as!(
        Balances,
        r#"SELECT available AS "available!: DbAmount", held AS "held!: DbAmount",
                  reserved AS "reserved!: DbAmount", credit AS "credit!: DbAmount",
                  receivable AS "receivable!: DbAmount", in_payout AS "in_payout!: DbAmount",
                  withdrawn AS "withdrawn!: DbAmount", wallet AS "wallet!: DbAmount",
                  deferred AS "deferred!: DbAmount", direct_income AS "direct_income!: DbAmount",
                  pool_income AS "pool_income!: DbAmount",
                  generation_income AS "generation_income!: DbAmount",
                  funded_income AS "funded_income!: DbAmount"
           FROM user_balances WHERE user_id = $1"#,
        user
    )
    .fetch_one(connection)
    .await?)
}

/// What a user reserves of each tier, and whether the user still does. Tiers never chosen are absent.
pub async fn list_reserves(
    connection: &mut PgConnection,
    user: i32,
) -> Result<Vec<(i16, bool, Amount)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT c.tier, c.choice = 'in' AS "reserving!",
                  coalesce(sum(b.credits_posted - b.debits_posted), 0)::numeric(39, 0) AS "amount!: DbAmount"
           FROM reserve_choice AS c
           LEFT JOIN account AS a ON a.user_id = c.user_id AND a.kind = 'reserve' AND a.detail = c.tier
           LEFT JOIN balance AS b ON b.account_id = a.id
           WHERE c.user_id = $1
           GROUP BY c.tier, c.choice ORDER BY c.tier"#,
        user
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tier, row.reserving, row.amount.0))
        .collect())
}

/// The roles of the operator with this wallet; `None` for everyone else.
pub async fn find_operator_roles(
    connection: &mut PgConnection,
    wallet: Address,
) -> Result<Option<Vec<String>>, StoreError> {
    Ok(
        sqlx::query_scalar!("SELECT roles FROM operator WHERE wallet = $1", wallet.as_slice())
            .fetch_optional(connection)
            .await?,
    )
}
