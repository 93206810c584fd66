//! Balances, users, deposits, places and how payments were divided: what is new, and slices of what is old.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use alloy_primitives::{Address, B256};
use audit::checks::{Counters, Split, User};
use ledger::{Account, ClearingCause, UserId};
use sqlx::PgTransaction;

use super::rows::{CountersRow, DepositRow, NodeRow, PartRow, UserRow, counters};
use super::{Known, Rows};
use crate::chain_log::signed;
use crate::column::Db;
use crate::{DbAmount, StoreError};

/// Where payments wait that the plan has no use of.
const PARKED: Account = Account::Clearing(ClearingCause::UnexpectedIntake);

/// The highest number of a user, and how far deposits and places go.
pub(super) async fn find_last(
    transaction: &mut PgTransaction<'_>,
    fact_seq: u64,
) -> Result<(u32, Known), StoreError> {
    let row = sqlx::query!(
        r#"SELECT coalesce((SELECT max(id) FROM users), 0) AS "user!: Db<u32>",
                  coalesce((SELECT max(id) FROM deposit), 0) AS "deposit!: Db<u32>",
                  coalesce(place.tree, 0) AS "tree!: Db<u32>",
                  coalesce(place.node_index, 0) AS "node_index!: Db<u32>"
           FROM (SELECT) AS one LEFT JOIN
               (SELECT tree, node_index FROM pool_node WHERE tier = 1 ORDER BY tree DESC, node_index DESC LIMIT 1)
               AS place ON true"#
    )
    .fetch_one(&mut **transaction)
    .await?;
    let known = Known {
        fact_seq,
        deposit: row.deposit.0,
        place: (row.tree.0, row.node_index.0),
    };
    Ok((row.user.0, known))
}

/// What facts after those that are known wrote.
pub(super) async fn list_new(
    transaction: &mut PgTransaction<'_>,
    known: &Known,
    wallets: &[Address],
) -> Result<Rows, StoreError> {
    let after = signed(known.fact_seq)?;
    let balances = sqlx::query_as!(
        CountersRow,
        r#"SELECT account_id, debits_posted AS "debits_posted: DbAmount", credits_posted AS "credits_posted: DbAmount",
                  debits_pending AS "debits_pending: DbAmount", credits_pending AS "credits_pending: DbAmount"
           FROM balance WHERE account_id IN (
               SELECT debit_id FROM transfer WHERE fact_seq > $1
               UNION SELECT credit_id FROM transfer WHERE fact_seq > $1)"#,
        after
    )
    .fetch_all(&mut **transaction)
    .await?;
    let last_deposit = i32::try_from(known.deposit).unwrap_or(i32::MAX);
    let deposits = list_new_deposits(transaction, last_deposit, after).await?;
    let (tree, index) = known.place;
    let nodes = sqlx::query_as!(
        NodeRow,
        r#"SELECT tree AS "tree!: Db<u32>", node_index AS "node_index!: Db<u32>", user_id AS "user_id!: Db<u32>",
                  fact_seq AS "fact_seq!: Db<u64>"
           FROM pool_node
           WHERE tier = 1 AND (tree, node_index) > ($1, $2)"#,
        i32::try_from(tree).unwrap_or(i32::MAX),
        i32::try_from(index).unwrap_or(i32::MAX),
    )
    .fetch_all(&mut **transaction)
    .await?;
    let balances = counters(balances)?;
    let deposits = DepositRow::all(deposits)?;
    let subjects = balances.iter().filter_map(|row| row.account.user());
    let mut users: BTreeSet<u32> = subjects.map(UserId::get).collect();
    users.extend(deposits.iter().map(|deposit| deposit.user));
    let users = list_users(transaction, users, wallets, after).await?;
    let splits = sqlx::query_as!(
        PartRow,
        r#"SELECT t.fact_seq AS "fact_seq!: Db<u64>", t.credit_id, t.amount AS "amount: DbAmount", t.reason,
                  r.user_id AS "recipient!: Db<Option<u32>>"
           FROM deposit AS d
           JOIN transfer AS t ON t.fact_seq = d.fact_seq
           LEFT JOIN reward AS r ON r.fact_seq = t.fact_seq AND r.leg = t.leg
           WHERE d.id > $1 AND t.debit_id = $2
           ORDER BY t.fact_seq, t.leg"#,
        last_deposit,
        Account::Custody.id().get(),
    )
    .fetch_all(&mut **transaction)
    .await?;
    Ok(Rows {
        balances,
        users,
        deposits,
        first_tier: NodeRow::all(nodes),
        splits: PartRow::all(splits)?,
    })
}

/// Deposits behind this one, and those that facts after this one closed.
async fn list_new_deposits(
    transaction: &mut PgTransaction<'_>,
    last_deposit: i32,
    after: i64,
) -> Result<Vec<DepositRow>, StoreError> {
    Ok(sqlx::query_as!(
        DepositRow,
        r#"SELECT ref AS "deposit_ref!: Db<B256>", kind, user_id AS "user_id!: Db<u32>", amount AS "amount: DbAmount", state,
                  fact_seq AS "fact_seq!: Db<u64>", closed_fact AS "closed_fact!: Db<Option<u64>>",
                  EXISTS (SELECT FROM transfer AS t
                          WHERE t.fact_seq = deposit.fact_seq AND t.debit_id = $3 AND t.credit_id = $4) AS "is_parked!"
           FROM deposit WHERE id > $1 OR closed_fact > $2"#,
        last_deposit,
        after,
        Account::Custody.id().get(),
        PARKED.id().get(),
    )
    .fetch_all(&mut **transaction)
    .await?)
}

/// These users, those with these wallets, and those to whom facts after this one gave rewards.
async fn list_users(
    transaction: &mut PgTransaction<'_>,
    users: BTreeSet<u32>,
    wallets: &[Address],
    after: i64,
) -> Result<BTreeMap<u32, User>, StoreError> {
    let rewarded = sqlx::query_scalar!("SELECT DISTINCT user_id FROM reward WHERE fact_seq > $1", after)
        .fetch_all(&mut **transaction)
        .await?;
    let mut users: Vec<i32> = users
        .into_iter()
        .filter_map(|user| i32::try_from(user).ok())
        .collect();
    users.extend(rewarded);
    let wallets: Vec<Vec<u8>> = wallets.iter().map(|wallet| wallet.to_vec()).collect();
    let rows = sqlx::query_as!(
        UserRow,
        r#"SELECT u.id AS "id!: Db<u32>", u.wallet AS "wallet!: Db<Address>",
                  u.sponsor_id AS "sponsor_id!: Db<Option<u32>>", u.status AS "status!",
                  u.frozen_until AS "frozen_until!: Db<Option<u64>>", u.paid AS "paid!: DbAmount",
                  (coalesce(i.direct, 0) + coalesce(i.pool_layer, 0) + coalesce(i.generation, 0)
                      + coalesce(i.funded, 0))::numeric(39, 0)
                      AS "granted!: DbAmount"
           FROM users AS u LEFT JOIN user_income AS i ON i.user_id = u.id
           WHERE u.id = ANY($1) OR u.wallet = ANY($2)"#,
        &users,
        &wallets
    )
    .fetch_all(&mut **transaction)
    .await?;
    Ok(UserRow::all(rows))
}

/// Numbers of users as SQL compares them.
fn bounds(subjects: &RangeInclusive<u32>) -> (i32, i32) {
    let bound = |subject: u32| i32::try_from(subject).unwrap_or(i32::MAX);
    (bound(*subjects.start()), bound(*subjects.end()))
}

/// All rows about users with these numbers, except how their payments were divided.
pub(super) async fn list_slice(
    transaction: &mut PgTransaction<'_>,
    subjects: &RangeInclusive<u32>,
) -> Result<Rows, StoreError> {
    let (first, last) = bounds(subjects);
    let balances = sqlx::query_as!(
        CountersRow,
        r#"SELECT account_id, debits_posted AS "debits_posted: DbAmount", credits_posted AS "credits_posted: DbAmount",
                  debits_pending AS "debits_pending: DbAmount", credits_pending AS "credits_pending: DbAmount"
           FROM balance WHERE (account_id & 4294967295) BETWEEN $1 AND $2"#,
        i64::from(*subjects.start()),
        i64::from(*subjects.end())
    )
    .fetch_all(&mut **transaction)
    .await?;
    let users = sqlx::query_as!(
        UserRow,
        r#"SELECT u.id AS "id!: Db<u32>", u.wallet AS "wallet!: Db<Address>",
                  u.sponsor_id AS "sponsor_id!: Db<Option<u32>>", u.status AS "status!",
                  u.frozen_until AS "frozen_until!: Db<Option<u64>>", u.paid AS "paid!: DbAmount",
                  (coalesce(i.direct, 0) + coalesce(i.pool_layer, 0) + coalesce(i.generation, 0)
                      + coalesce(i.funded, 0))::numeric(39, 0)
                      AS "granted!: DbAmount"
           FROM users AS u LEFT JOIN user_income AS i ON i.user_id = u.id
           WHERE u.id BETWEEN $1 AND $2"#,
        first,
        last
    )
    .fetch_all(&mut **transaction)
    .await?;
    let deposits = sqlx::query_as!(
        DepositRow,
        r#"SELECT ref AS "deposit_ref!: Db<B256>", kind, user_id AS "user_id!: Db<u32>", amount AS "amount: DbAmount", state,
                  fact_seq AS "fact_seq!: Db<u64>", closed_fact AS "closed_fact!: Db<Option<u64>>",
                  EXISTS (SELECT FROM transfer AS t
                          WHERE t.fact_seq = deposit.fact_seq AND t.debit_id = $3 AND t.credit_id = $4) AS "is_parked!"
           FROM deposit WHERE user_id BETWEEN $1 AND $2"#,
        first,
        last,
        Account::Custody.id().get(),
        PARKED.id().get(),
    )
    .fetch_all(&mut **transaction)
    .await?;
    let nodes = sqlx::query_as!(
        NodeRow,
        r#"SELECT tree AS "tree!: Db<u32>", node_index AS "node_index!: Db<u32>", user_id AS "user_id!: Db<u32>",
                  fact_seq AS "fact_seq!: Db<u64>"
           FROM pool_node WHERE tier = 1 AND user_id BETWEEN $1 AND $2"#,
        first,
        last
    )
    .fetch_all(&mut **transaction)
    .await?;
    Ok(Rows {
        balances: counters(balances)?,
        users: UserRow::all(users),
        deposits: DepositRow::all(deposits)?,
        first_tier: NodeRow::all(nodes),
        splits: Vec::new(),
    })
}

/// How the payments of users with these numbers were divided.
pub(super) async fn list_splits(
    transaction: &mut PgTransaction<'_>,
    subjects: &RangeInclusive<u32>,
) -> Result<Vec<Split>, StoreError> {
    let (first, last) = bounds(subjects);
    let rows = sqlx::query_as!(
        PartRow,
        r#"SELECT t.fact_seq AS "fact_seq!: Db<u64>", t.credit_id, t.amount AS "amount: DbAmount", t.reason,
                  r.user_id AS "recipient!: Db<Option<u32>>"
           FROM deposit AS d
           JOIN transfer AS t ON t.fact_seq = d.fact_seq
           LEFT JOIN reward AS r ON r.fact_seq = t.fact_seq AND r.leg = t.leg
           WHERE d.user_id BETWEEN $1 AND $2 AND t.debit_id = $3
           ORDER BY t.fact_seq, t.leg"#,
        first,
        last,
        Account::Custody.id().get(),
    )
    .fetch_all(&mut **transaction)
    .await?;
    PartRow::all(rows)
}

/// More than any counter can be: what stands for a sum below zero, which only changed transfers can have.
const BELOW_ZERO: &str = "340282366920938463463374607431768211455";

/// The counters that follow from all transfers. A pending transfer counts until it is posted or voided.
pub(super) async fn sum_transfers(
    transaction: &mut PgTransaction<'_>,
    subjects: &RangeInclusive<u32>,
) -> Result<Vec<Counters>, StoreError> {
    let rows = sqlx::query_as!(
        CountersRow,
        r#"SELECT account_id AS "account_id!",
                  debits_posted AS "debits_posted!: DbAmount", credits_posted AS "credits_posted!: DbAmount",
                  CASE WHEN debits_pending < 0 THEN $3::text::numeric(39, 0) ELSE debits_pending END
                      AS "debits_pending!: DbAmount",
                  CASE WHEN credits_pending < 0 THEN $3::text::numeric(39, 0) ELSE credits_pending END
                      AS "credits_pending!: DbAmount"
           FROM (
               SELECT account_id,
                      coalesce(sum(debit) FILTER (WHERE phase IN (0, 2)), 0)::numeric(39, 0) AS debits_posted,
                      coalesce(sum(credit) FILTER (WHERE phase IN (0, 2)), 0)::numeric(39, 0) AS credits_posted,
                      coalesce(sum(CASE phase WHEN 1 THEN debit ELSE -debit END) FILTER (WHERE phase <> 0), 0)
                          ::numeric(39, 0) AS debits_pending,
                      coalesce(sum(CASE phase WHEN 1 THEN credit ELSE -credit END) FILTER (WHERE phase <> 0), 0)
                          ::numeric(39, 0) AS credits_pending
               FROM (
                   SELECT debit_id AS account_id, phase, sum(amount) AS debit, 0::numeric AS credit
                   FROM transfer WHERE (debit_id & 4294967295) BETWEEN $1 AND $2 GROUP BY debit_id, phase
                   UNION ALL
                   SELECT credit_id, phase, 0::numeric, sum(amount)
                   FROM transfer WHERE (credit_id & 4294967295) BETWEEN $1 AND $2 GROUP BY credit_id, phase
               ) AS side
               GROUP BY account_id
           ) AS summed"#,
        i64::from(*subjects.start()),
        i64::from(*subjects.end()),
        BELOW_ZERO
    )
    .fetch_all(&mut **transaction)
    .await?;
    counters(rows)
}
