//! Rows of the books as they come from the database, read strictly.

use std::collections::BTreeMap;

use audit::checks::{Counters, Deposit, DepositState, Node, Part, Split, User};
use ledger::{Account, AccountId, Reason};
use money::Amount;

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
pub(super) struct CountersRow {
    pub(super) account_id: i64,
    pub(super) debits_posted: DbAmount,
    pub(super) credits_posted: DbAmount,
    pub(super) debits_pending: DbAmount,
    pub(super) credits_pending: DbAmount,
}

impl TryFrom<CountersRow> for Counters {
    type Error = StoreError;

    fn try_from(row: CountersRow) -> Result<Self, StoreError> {
        Ok(Self {
            account: account(row.account_id)?,
            debits_posted: row.debits_posted.0,
            credits_posted: row.credits_posted.0,
            debits_pending: row.debits_pending.0,
            credits_pending: row.credits_pending.0,
        })
    }
}

pub(super) fn counters(rows: Vec<CountersRow>) -> Result<Vec<Counters>, StoreError> {
    rows.into_iter().map(Counters::try_from).collect()
}

/// A user as it comes from the database.
pub(super) struct UserRow {
    pub(super) id: i32,
    pub(super) wallet: Vec<u8>,
    pub(super) sponsor_id: Option<i32>,
    pub(super) status: String,
    pub(super) frozen_until: Option<i64>,
    pub(super) paid: DbAmount,
    pub(super) granted: DbAmount,
}

impl UserRow {
    pub(super) fn all(rows: Vec<Self>) -> Result<BTreeMap<u32, User>, StoreError> {
        let user = |row: Self| {
            let id = small(row.id, "users.id")?;
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
            Ok((id, user))
        };
        rows.into_iter().map(user).collect()
    }
}

/// A deposit as it comes from the database.
pub(super) struct DepositRow {
    pub(super) deposit_ref: Vec<u8>,
    pub(super) kind: String,
    pub(super) user_id: i32,
    pub(super) amount: DbAmount,
    pub(super) state: String,
    pub(super) fact_seq: i64,
    pub(super) closed_fact: Option<i64>,
}

impl DepositRow {
    pub(super) fn all(rows: Vec<Self>) -> Result<Vec<Deposit>, StoreError> {
        let deposit = |row: Self| {
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
        };
        rows.into_iter().map(deposit).collect()
    }
}

/// A place of tier 1 as it comes from the database.
pub(super) struct NodeRow {
    pub(super) tree: i32,
    pub(super) node_index: i32,
    pub(super) user_id: i32,
    pub(super) fact_seq: i64,
}

impl NodeRow {
    pub(super) fn all(rows: Vec<Self>) -> Result<BTreeMap<(u32, u32), Node>, StoreError> {
        let node = |row: Self| {
            let tree = small(row.tree, "pool_node.tree")?;
            let index = small(row.node_index, "pool_node.node_index")?;
            let node = Node {
                user: small(row.user_id, "pool_node.user_id")?,
                fact_seq: natural(row.fact_seq, "pool_node.fact_seq")?,
            };
            Ok(((tree, index), node))
        };
        rows.into_iter().map(node).collect()
    }
}

/// A part of a payment as it comes from the database.
pub(super) struct PartRow {
    pub(super) fact_seq: i64,
    pub(super) credit_id: i64,
    pub(super) amount: DbAmount,
    pub(super) reason: i16,
    pub(super) recipient: Option<i32>,
}

impl PartRow {
    /// Of rows in the order of facts and legs.
    pub(super) fn all(rows: Vec<Self>) -> Result<Vec<Split>, StoreError> {
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
}

/// An amount that may be missing.
pub(super) fn amount_or_zero(amount: Option<DbAmount>) -> Amount {
    amount.map_or(Amount::ZERO, |amount| amount.0)
}
