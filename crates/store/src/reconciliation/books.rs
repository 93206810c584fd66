//! Balances, users, deposits, places and how payments were divided.

use std::collections::BTreeMap;

use audit::checks::{Counters, Deposit, DepositState, Node, Part, Split, User};
use ledger::{Account, AccountId, Reason};
use money::Amount;
use sqlx::PgTransaction;

use crate::chain_log::signed;
use crate::deployment::{address, hash, natural};
use crate::{DbAmount, StoreError};

/// A stored number that is small and not negative.
pub(super) fn small(number: impl Into<i64>, what: &'static str) -> Result<u32, StoreError> {
    u32::try_from(number.into()).map_err(|_| StoreError::corrupt(what))
}

fn account(id: i64) -> Result<Account, StoreError> {
    AccountId::new(id)
        .and_then(AccountId::account)
        .ok_or(StoreError::corrupt("account.id"))
}

/// The counters of one account as they come from the database.
struct Row {
    account_id: i64,
    debits_posted: DbAmount,
    credits_posted: DbAmount,
    debits_pending: DbAmount,
    credits_pending: DbAmount,
}

impl TryFrom<Row> for Counters {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            account: account(row.account_id)?,
            debits_posted: row.debits_posted.0,
            credits_posted: row.credits_posted.0,
            debits_pending: row.debits_pending.0,
            credits_pending: row.credits_pending.0,
        })
    }
}

pub(super) async fn list_balances(transaction: &mut PgTransaction<'_>) -> Result<Vec<Counters>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT account_id, debits_posted AS "debits_posted: DbAmount", credits_posted AS "credits_posted: DbAmount",
                  debits_pending AS "debits_pending: DbAmount", credits_pending AS "credits_pending: DbAmount"
           FROM balance"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    rows.into_iter().map(Counters::try_from).collect()
}

/// More than any counter can be: what stands for a sum below zero, which only changed transfers can have.
const BELOW_ZERO: &str = "340282366920938463463374607431768211455";

/// The counters that follow from all transfers. A pending transfer counts until it is posted or voided.
pub(super) async fn sum_transfers(transaction: &mut PgTransaction<'_>) -> Result<Vec<Counters>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT account_id AS "account_id!",
                  debits_posted AS "debits_posted!: DbAmount", credits_posted AS "credits_posted!: DbAmount",
                  CASE WHEN debits_pending < 0 THEN $1::text::numeric(39, 0) ELSE debits_pending END
                      AS "debits_pending!: DbAmount",
                  CASE WHEN credits_pending < 0 THEN $1::text::numeric(39, 0) ELSE credits_pending END
                      AS "credits_pending!: DbAmount"
           FROM (
               SELECT side.account_id,
                      coalesce(sum(side.debit) FILTER (WHERE t.phase IN (0, 2)), 0)::numeric(39, 0) AS debits_posted,
                      coalesce(sum(side.credit) FILTER (WHERE t.phase IN (0, 2)), 0)::numeric(39, 0) AS credits_posted,
                      sum(CASE t.phase WHEN 1 THEN side.debit WHEN 0 THEN 0 ELSE -side.debit END)::numeric(39, 0)
                          AS debits_pending,
                      sum(CASE t.phase WHEN 1 THEN side.credit WHEN 0 THEN 0 ELSE -side.credit END)::numeric(39, 0)
                          AS credits_pending
               FROM transfer AS t
               CROSS JOIN LATERAL (VALUES (t.debit_id, t.amount, 0::numeric), (t.credit_id, 0::numeric, t.amount))
                   AS side (account_id, debit, credit)
               GROUP BY side.account_id
           ) AS summed"#,
        BELOW_ZERO
    )
    .fetch_all(&mut **transaction)
    .await?;
    rows.into_iter().map(Counters::try_from).collect()
}

pub(super) async fn list_users(
    transaction: &mut PgTransaction<'_>,
) -> Result<BTreeMap<u32, User>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT u.id, u.wallet, u.sponsor_id, u.status, u.frozen_until, u.paid AS "paid: DbAmount",
                  (coalesce(i.direct, 0) + coalesce(i.pool_layer, 0) + coalesce(i.generation, 0))::numeric(39, 0)
                      AS "granted!: DbAmount"
           FROM users AS u LEFT JOIN user_income AS i ON i.user_id = u.id"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    rows.into_iter()
        .map(|row| {
            let user = User {
                wallet: address(&row.wallet, "users.wallet")?,
                sponsor: row
                    .sponsor_id
                    .map(|sponsor| small(sponsor, "users.sponsor_id"))
                    .transpose()?,
                is_refunded: row.status == "refunded",
                frozen_until: row
                    .frozen_until
                    .map(|until| natural(until, "users.frozen_until"))
                    .transpose()?,
                paid: row.paid.0,
                granted: row.granted.0,
            };
            Ok((small(row.id, "users.id")?, user))
        })
        .collect()
}

pub(super) async fn list_deposits(transaction: &mut PgTransaction<'_>) -> Result<Vec<Deposit>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT ref AS deposit_ref, kind, user_id, amount AS "amount: DbAmount", state, fact_seq, closed_fact
           FROM deposit ORDER BY id"#
    )
    .fetch_all(&mut **transaction)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Deposit {
                deposit_ref: hash(&row.deposit_ref, "deposit.ref")?,
                is_registration: row.kind == "registration",
                user: small(row.user_id, "deposit.user_id")?,
                amount: row.amount.0,
                state: match row.state.as_str() {
                    "held" => DepositState::Held,
                    "matured" => DepositState::Matured,
                    "refunded" => DepositState::Refunded,
                    _ => return Err(StoreError::corrupt("deposit.state")),
                },
                fact_seq: natural(row.fact_seq, "deposit.fact_seq")?,
                closed_fact: row
                    .closed_fact
                    .map(|fact| natural(fact, "deposit.closed_fact"))
                    .transpose()?,
            })
        })
        .collect()
}

pub(super) async fn list_first_tier(
    transaction: &mut PgTransaction<'_>,
) -> Result<BTreeMap<(u32, u32), Node>, StoreError> {
    let rows = sqlx::query!("SELECT tree, node_index, user_id, fact_seq FROM pool_node WHERE tier = 1")
        .fetch_all(&mut **transaction)
        .await?;
    rows.into_iter()
        .map(|row| {
            let node = Node {
                user: small(row.user_id, "pool_node.user_id")?,
                fact_seq: natural(row.fact_seq, "pool_node.fact_seq")?,
            };
            let tree = small(row.tree, "pool_node.tree")?;
            Ok(((tree, small(row.node_index, "pool_node.node_index")?), node))
        })
        .collect()
}

/// How the payments after a fact were divided.
pub(super) async fn list_splits(
    transaction: &mut PgTransaction<'_>,
    after: u64,
) -> Result<Vec<Split>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT t.fact_seq, t.credit_id, t.amount AS "amount: DbAmount", t.reason, r.user_id AS "recipient?"
           FROM deposit AS d
           JOIN transfer AS t ON t.fact_seq = d.fact_seq
           LEFT JOIN reward AS r ON r.fact_seq = t.fact_seq AND r.leg = t.leg
           WHERE d.fact_seq > $1 AND t.debit_id = $2
           ORDER BY t.fact_seq, t.leg"#,
        signed(after)?,
        Account::Custody.id().get(),
    )
    .fetch_all(&mut **transaction)
    .await?;
    let mut splits: Vec<Split> = Vec::new();
    for row in rows {
        let fact_seq = natural(row.fact_seq, "transfer.fact_seq")?;
        let part = Part {
            credit: account(row.credit_id)?,
            amount: row.amount.0,
            reason: Reason::by_code(row.reason).ok_or(StoreError::corrupt("transfer.reason"))?,
            recipient: row
                .recipient
                .map(|user| small(user, "reward.user_id"))
                .transpose()?,
        };
        match splits.last_mut() {
            Some(split) if split.fact_seq == fact_seq => split.parts.push(part),
            Some(_) | None => splits.push(Split {
                fact_seq,
                parts: vec![part],
            }),
        }
    }
    Ok(splits)
}

/// An amount that may be missing.
pub(super) fn amount_or_zero(amount: Option<DbAmount>) -> Amount {
    amount.map_or(Amount::ZERO, |amount| amount.0)
}
