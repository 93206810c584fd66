//! Recomputed books in the form in which the checks look at them.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use audit::checks::{
    Batch, Counters, Deposit, DepositState, Ledger, Node, Part, Payout, PayoutState, Recount, Split, User,
};
use audit::{BalanceRow, Books, PayoutRow};
use ledger::{Account, AccountId, ClearingCause, Reason};
use money::Amount;

pub(crate) fn ledger_of(books: &Books, mut batches: BTreeMap<B256, Batch>) -> Ledger {
    for ((batch, user), row) in &books.payouts {
        if let Some(payout) = payout_of(*user, row) {
            batches.get_mut(batch).unwrap().payouts.push(payout);
        }
    }
    let balances: Vec<Counters> = books
        .balances
        .iter()
        .map(|(id, row)| counters_of(*id, row))
        .collect();
    Ledger {
        recount: Some(Recount {
            subjects: 0..=u32::MAX,
            counters: balances.clone(),
        }),
        balances,
        users: users_of(books),
        deposits: deposits_of(books),
        first_tier: first_tier_of(books),
        splits: splits_of(books),
        batches: batches.into_values().collect(),
        ..Ledger::default()
    }
}

fn counters_of(id: i64, row: &BalanceRow) -> Counters {
    Counters {
        account: AccountId::new(id).unwrap().account().unwrap(),
        debits_posted: row.debits_posted,
        credits_posted: row.credits_posted,
        debits_pending: row.debits_pending,
        credits_pending: row.credits_pending,
    }
}

fn users_of(books: &Books) -> BTreeMap<u32, User> {
    let users = books.users.iter().map(|(id, row)| {
        let income = books.incomes.get(id).cloned().unwrap_or_default();
        let user = User {
            wallet: row.wallet,
            sponsor: row.sponsor,
            is_refunded: row.status == "refunded",
            frozen_until: row.frozen_until,
            paid: row.paid,
            granted: Amount::sum_of([income.direct, income.pool_layer, income.generation, income.funded])
                .unwrap(),
        };
        (*id, user)
    });
    users.collect()
}

fn deposits_of(books: &Books) -> Vec<Deposit> {
    let deposits = books.deposits.values().map(|row| Deposit {
        deposit_ref: row.deposit_ref,
        is_registration: row.kind == "registration",
        user: row.user,
        amount: row.amount,
        state: match row.state.as_str() {
            "held" => DepositState::Held,
            "matured" => DepositState::Matured,
            "refunded" => DepositState::Refunded,
            other => panic!("{other}"),
        },
        fact_seq: row.fact_seq,
        closed_fact: row.closed_fact,
        is_parked: books
            .transfers
            .range((row.fact_seq, 0)..=(row.fact_seq, u32::MAX))
            .any(|(_, transfer)| {
                transfer.credit == Account::Clearing(ClearingCause::UnexpectedIntake).id().get()
            }),
    });
    deposits.collect()
}

fn first_tier_of(books: &Books) -> BTreeMap<(u32, u32), Node> {
    let nodes = books.nodes.iter().filter(|((tier, _, _), _)| *tier == 1);
    let nodes = nodes.map(|((_, tree, index), row)| {
        let node = Node {
            user: row.user,
            fact_seq: row.fact_seq,
        };
        ((*tree, *index), node)
    });
    nodes.collect()
}

fn splits_of(books: &Books) -> Vec<Split> {
    let splits = books.deposits.values().map(|deposit| {
        let transfers = books
            .transfers
            .range((deposit.fact_seq, 0)..=(deposit.fact_seq, u32::MAX));
        let parts = transfers.filter(|(_, row)| row.debit == Account::Custody.id().get());
        let parts = parts.map(|(key, row)| Part {
            credit: AccountId::new(row.credit).unwrap().account().unwrap(),
            amount: row.amount,
            reason: Reason::by_code(row.reason).unwrap(),
            recipient: books.rewards.get(key).map(|reward| reward.user),
        });
        Split {
            fact_seq: deposit.fact_seq,
            parts: parts.collect(),
        }
    });
    splits.collect()
}

fn payout_of(user: u32, row: &PayoutRow) -> Option<Payout> {
    let state = match row.state.as_str() {
        "held" => PayoutState::Held,
        "executed" => PayoutState::Executed,
        "credited" => PayoutState::Credited,
        "skipped" => PayoutState::Skipped,
        "released" => PayoutState::Released,
        "refused" => return None,
        other => panic!("{other}"),
    };
    Some(Payout {
        user,
        held: row.held,
        target: row.target.unwrap(),
        state,
        settled: row.settled.unwrap_or_default(),
    })
}
