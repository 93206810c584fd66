//! Rows of the books as they come from the database, read strictly.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use audit::checks::{Counters, Deposit, DepositState, Node, Part, Split, User};
use ledger::{Account, AccountId, Reason};
use money::Amount;

use crate::{DbAmount, StoreError};

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
    pub(super) id: u32,
    pub(super) wallet: Address,
    pub(super) sponsor_id: Option<u32>,
    pub(super) status: String,
    pub(super) frozen_until: Option<u64>,
    pub(super) paid: Amount,
    pub(super) granted: Amount,
}

impl UserRow {
    pub(super) fn all(rows: Vec<Self>) -> BTreeMap<u32, User> {
        let user = |row: Self| {
            let user = User {
                wallet: row.wallet,
                sponsor: row.sponsor_id,
                is_refunded: row.status == "refunded",
                frozen_until: row.frozen_until,
                paid: row.paid,
                granted: row.granted,
            };
            (row.id, user)
        };
        rows.into_iter().map(user).collect()
    }
}

/// A deposit as it comes from the database.
pub(super) struct DepositRow {
    pub(super) deposit_ref: B256,
    pub(super) kind: String,
    pub(super) user_id: u32,
    pub(super) amount: Amount,
    pub(super) state: String,
    pub(super) fact_seq: u64,
    pub(super) closed_fact: Option<u64>,
    pub(super) is_parked: bool,
}

impl DepositRow {
    pub(super) fn all(rows: Vec<Self>) -> Result<Vec<Deposit>, StoreError> {
        let deposit = |row: Self| {
            Ok(Deposit {
                deposit_ref: row.deposit_ref,
                is_registration: row.kind == "registration",
                user: row.user_id,
                amount: row.amount,
                state: match row.state.as_str() {
                    "held" => DepositState::Held,
                    "matured" => DepositState::Matured,
                    "refunded" => DepositState::Refunded,
                    _ => return Err(StoreError::corrupt("deposit.state")),
                },
                fact_seq: row.fact_seq,
                closed_fact: row.closed_fact,
                is_parked: row.is_parked,
            })
        };
        rows.into_iter().map(deposit).collect()
    }
}

/// A place of tier 1 as it comes from the database.
pub(super) struct NodeRow {
    pub(super) tree: u32,
    pub(super) node_index: u32,
    pub(super) user_id: u32,
    pub(super) fact_seq: u64,
}

impl NodeRow {
    pub(super) fn all(rows: Vec<Self>) -> BTreeMap<(u32, u32), Node> {
        let node = |row: Self| {
            let node = Node {
                user: row.user_id,
                fact_seq: row.fact_seq,
            };
            ((row.tree, row.node_index), node)
        };
        rows.into_iter().map(node).collect()
    }
}

/// A part of a payment as it comes from the database.
pub(super) struct PartRow {
    pub(super) fact_seq: u64,
    pub(super) credit_id: i64,
    pub(super) amount: Amount,
    pub(super) reason: i16,
    pub(super) recipient: Option<u32>,
}

impl PartRow {
    /// Of rows in the order of facts and legs.
    pub(super) fn all(rows: Vec<Self>) -> Result<Vec<Split>, StoreError> {
        let mut splits: Vec<Split> = Vec::new();
        for row in rows {
            let fact_seq = row.fact_seq;
            let part = Part {
                credit: account(row.credit_id)?,
                amount: row.amount,
                reason: Reason::by_code(row.reason).ok_or(StoreError::corrupt("transfer.reason"))?,
                recipient: row.recipient,
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
