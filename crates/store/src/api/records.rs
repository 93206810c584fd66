//! What components keep of a user: tax by financial year, the place in the binary tree, pairs, and what is paid of the price.
//!
//! The work of each statement grows with what one user has, not with users.

use money::Amount;
use sqlx::PgConnection;

use crate::{DbAmount, StoreError};

/// Sums of a user's financial year under a policy, in base units; what went back is in the `_returned` ones only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithholdingYear {
    /// The calendar year in which it starts.
    pub financial_year: i32,
    /// Place of the policy among the plan's policies, from 1.
    pub policy: i16,
    /// What was paid before anything was withheld.
    pub paid: Amount,
    /// How much of it was taxed.
    pub taxed: Amount,
    /// The tax.
    pub withheld: Amount,
    /// What of the payments went back.
    pub paid_returned: Amount,
    /// What of the taxed amount went back.
    pub taxed_returned: Amount,
    /// The tax that was given back.
    pub withheld_returned: Amount,
}

/// All financial years of a user, newest first.
pub async fn list_withholding_years(
    connection: &mut PgConnection,
    user: i32,
) -> Result<Vec<WithholdingYear>, StoreError> {
    Ok(sqlx::query_as!(
        WithholdingYear,
        r#"SELECT financial_year, policy, paid AS "paid!: DbAmount", taxed AS "taxed!: DbAmount",
                  withheld AS "withheld!: DbAmount", paid_returned AS "paid_returned!: DbAmount",
                  taxed_returned AS "taxed_returned!: DbAmount", withheld_returned AS "withheld_returned!: DbAmount"
           FROM withholding_year WHERE user_id = $1 ORDER BY financial_year DESC, policy"#,
        user
    )
    .fetch_all(connection)
    .await?)
}

/// What a policy made of one payment, or of what went back of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithholdingRecord {
    /// Number of the fact.
    pub fact_seq: i64,
    /// Its place within its fact.
    pub position: i32,
    /// Place of the policy among the plan's policies, from 1.
    pub policy: i16,
    /// The calendar year in which the financial year starts.
    pub financial_year: i32,
    /// The payment before anything was withheld, in base units.
    pub gross: Amount,
    /// What was taxed, in base units.
    pub base: Amount,
    /// The tax, in base units.
    pub amount: Amount,
    /// Whether it went back; otherwise it was paid.
    pub is_returned: bool,
    /// When, in seconds since 1970-01-01 UTC.
    pub at: i64,
}

/// Records of a user below a place among the facts, newest first.
pub async fn list_withholding(
    connection: &mut PgConnection,
    user: i32,
    below: (i64, i32),
    limit: i64,
) -> Result<Vec<WithholdingRecord>, StoreError> {
    Ok(sqlx::query_as!(
        WithholdingRecord,
        r#"SELECT w.fact_seq, w.position, w.policy, w.financial_year, w.gross AS "gross!: DbAmount",
                  w.base AS "base!: DbAmount", w.amount AS "amount!: DbAmount", w.is_returned, i.effective_at AS at
           FROM withholding_record AS w
           JOIN fact AS f ON f.seq = w.fact_seq
           JOIN inbox AS i ON i.id = f.inbox_id
           WHERE w.user_id = $1 AND (w.fact_seq, w.position) < ($2::bigint, $3::integer)
           ORDER BY w.fact_seq DESC, w.position DESC LIMIT $4"#,
        user,
        below.0,
        below.1,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// What is known of a user by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// `left` or `right`: where the user wants the next direct; `None` for wherever is free first.
    pub side: Option<String>,
    /// Members of the left side who count and are not in a pair.
    pub lots_left: i32,
    /// The same of the right side.
    pub lots_right: i32,
    /// What is paid of the price, instalments out of pairs included, in base units.
    pub paid: Amount,
    /// Whether the user's tax id is known.
    pub has_tax_id: bool,
}

/// What is known of a user; `None` when nothing is.
pub async fn find_member(connection: &mut PgConnection, user: i32) -> Result<Option<Member>, StoreError> {
    Ok(sqlx::query_as!(
        Member,
        r#"SELECT side, lots_left, lots_right, paid AS "paid!: DbAmount", has_tax_id
           FROM member_record WHERE user_id = $1"#,
        user
    )
    .fetch_optional(connection)
    .await?)
}

/// A place in the binary tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryPlace {
    /// Who stands directly above.
    pub parent: i64,
    /// `left` or `right`: on which side of that one.
    pub side: String,
}

/// A user's place; `None` at the top.
pub async fn find_place(connection: &mut PgConnection, user: i32) -> Result<Option<BinaryPlace>, StoreError> {
    Ok(sqlx::query_as!(
        BinaryPlace,
        r#"SELECT number AS "parent!", detail ->> 'word' AS "side!"
           FROM component_effect
           WHERE user_id = $1 AND kind = 'side_placed' AND number IS NOT NULL
           ORDER BY fact_seq, position LIMIT 1"#,
        user
    )
    .fetch_optional(connection)
    .await?)
}

/// A pair that was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Number of the reward that it is.
    pub reward: i32,
    /// The fact that granted it.
    pub fact_seq: i64,
    /// When, in seconds since 1970-01-01 UTC.
    pub at: i64,
    /// What the fund granted, in base units.
    pub amount: Amount,
    /// The tax in it, in base units.
    pub withheld: Amount,
    /// What pays the user's own instalment, in base units.
    pub instalment: Amount,
    /// The fact that took it back; `None` while it stands.
    pub returned_fact: Option<i64>,
}

/// Pairs of a user below a reward that paid at least this instalment, newest first.
pub async fn list_pairs(
    connection: &mut PgConnection,
    user: i32,
    instalment_min: Amount,
    below: i32,
    limit: i64,
) -> Result<Vec<Pair>, StoreError> {
    Ok(sqlx::query_as!(
        Pair,
        r#"SELECT p.reward, p.fact_seq, i.effective_at AS at, p.amount AS "amount!: DbAmount",
                  p.withheld AS "withheld!: DbAmount", p.instalment AS "instalment!: DbAmount", p.returned_fact
           FROM binary_pair AS p
           JOIN fact AS f ON f.seq = p.fact_seq
           JOIN inbox AS i ON i.id = f.inbox_id
           WHERE p.user_id = $1 AND p.reward < $2 AND p.instalment >= $3
           ORDER BY p.reward DESC LIMIT $4"#,
        user,
        below,
        DbAmount::from(instalment_min) as DbAmount,
        limit
    )
    .fetch_all(connection)
    .await?)
}

/// Sums of a user's pairs that stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairSums {
    /// How many there are.
    pub pairs: i64,
    /// What they granted before tax, in base units.
    pub amount: Amount,
    /// What they paid of the user's own price, in base units.
    pub instalments: Amount,
}

/// Sums of a user's pairs.
pub async fn fetch_pair_sums(connection: &mut PgConnection, user: i32) -> Result<PairSums, StoreError> {
    Ok(sqlx::query_as!(
        PairSums,
        r#"SELECT count(*) AS "pairs!", coalesce(sum(amount), 0)::numeric(39, 0) AS "amount!: DbAmount",
                  coalesce(sum(instalment), 0)::numeric(39, 0) AS "instalments!: DbAmount"
           FROM binary_pair WHERE user_id = $1 AND returned_fact IS NULL"#,
        user
    )
    .fetch_one(connection)
    .await?)
}

/// The day that ended last by the posted facts, in days since 1970-01-01; `None` before the first.
pub async fn find_last_day(connection: &mut PgConnection) -> Result<Option<u32>, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT number AS "number!" FROM component_effect WHERE kind = 'day_ended'
           ORDER BY fact_seq DESC, position DESC LIMIT 1"#
    )
    .fetch_optional(connection)
    .await?;
    let day = number
        .map(|number| u32::try_from(number).map_err(|_| StoreError::corrupt("component_effect.number")));
    day.transpose()
}
