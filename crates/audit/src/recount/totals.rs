//! What rows add up to: balances from transfers, incomes from rewards, counts of users and trees from who is counted.

use std::collections::BTreeMap;

use ledger::{AccountId, Phase};
use money::Amount;

use super::sum;
use crate::books::{AccountRow, BalanceRow, Books, IncomeRow};

/// Adds to rows of facts whatever follows from them.
pub(super) fn add(books: &mut Books) {
    add_balances(books);
    add_incomes(books);
    add_funded(books);
    add_withholding_years(books);
    add_counts(books);
}

/// Accounts with their balances, and what ended pending transfers.
fn add_balances(books: &mut Books) {
    for ((fact_seq, _), transfer) in &books.transfers {
        if let Some(pending) = transfer.resolves {
            books.resolutions.insert(pending, *fact_seq);
        }
        let phase = Phase::by_code(transfer.phase);
        let debit = balance(&mut books.accounts, &mut books.balances, transfer.debit);
        count(
            phase,
            transfer.amount,
            &mut debit.debits_posted,
            &mut debit.debits_pending,
        );
        let credit = balance(&mut books.accounts, &mut books.balances, transfer.credit);
        count(
            phase,
            transfer.amount,
            &mut credit.credits_posted,
            &mut credit.credits_pending,
        );
    }
}

/// The balance of an account, which exists as soon as a transfer names it.
fn balance<'b>(
    accounts: &mut BTreeMap<i64, AccountRow>,
    balances: &'b mut BTreeMap<i64, BalanceRow>,
    id: i64,
) -> &'b mut BalanceRow {
    let balance = balances.entry(id).or_default();
    if let Some(account) = AccountId::new(id).and_then(AccountId::account) {
        balance.guarded = account.kind().is_guarded();
        accounts.entry(id).or_insert_with(|| AccountRow {
            kind: account.kind().name().to_owned(),
            user: account.user().map(ledger::UserId::get),
            detail: account.detail(),
            tree: account.tree().map(ledger::TreeNumber::get),
            guarded: account.kind().is_guarded(),
        });
    }
    balance
}

fn count(phase: Option<Phase>, amount: Amount, posted: &mut Amount, pending: &mut Amount) {
    if matches!(phase, Some(Phase::Single | Phase::Post)) {
        *posted = sum(*posted, amount);
    }
    if phase == Some(Phase::Pending) {
        *pending = sum(*pending, amount);
    } else if phase != Some(Phase::Single) {
        *pending = pending.saturating_sub(amount);
    }
}

/// What rewards gave that were not withheld.
fn add_incomes(books: &mut Books) {
    for reward in books.rewards.values().filter(|reward| reward.withheld.is_none()) {
        let income: &mut IncomeRow = books.incomes.entry(reward.user).or_default();
        let counter = match reward.kind.as_str() {
            "pool_layer" => &mut income.pool_layer,
            "generation" => &mut income.generation,
            _ => &mut income.direct,
        };
        *counter = sum(*counter, reward.amount);
    }
}

/// What funds gave: rewards that have a number, and accruals that nothing can take back.
fn add_funded(books: &mut Books) {
    let after = books.funded_after;
    let effects = books.component_effects.iter();
    let granted = effects.filter(|((fact, _), row)| *fact > after && row.kind == "reward_granted");
    let granted: Vec<(u32, Amount)> = granted.filter_map(|(_, row)| row.user.zip(row.amount)).collect();
    let accrued = books.accruals.values().filter(|row| row.reward.is_none());
    let accrued: Vec<(u32, Amount)> = accrued.map(|row| (row.user, row.amount)).collect();
    for (user, amount) in granted.into_iter().chain(accrued) {
        let income = books.incomes.entry(user).or_default();
        income.funded = sum(income.funded, amount);
    }
}

/// Each user's financial years under each policy.
fn add_withholding_years(books: &mut Books) {
    for record in books.withholdings.values() {
        let key = (record.user, record.financial_year, record.policy);
        let year = books.withholding_years.entry(key).or_default();
        let (paid, taxed, withheld) = if record.is_returned {
            (
                &mut year.paid_returned,
                &mut year.taxed_returned,
                &mut year.withheld_returned,
            )
        } else {
            (&mut year.paid, &mut year.taxed, &mut year.withheld)
        };
        *paid = sum(*paid, record.gross);
        *taxed = sum(*taxed, record.base);
        *withheld = sum(*withheld, record.amount);
    }
}

/// Directs and standing retopups of users, places of trees.
fn add_counts(books: &mut Books) {
    let sponsors: Vec<u32> = books.users.values().filter_map(|user| user.sponsor).collect();
    for sponsor in sponsors {
        if let Some(user) = books.users.get_mut(&sponsor) {
            user.directs = user.directs.saturating_add(1);
        }
    }
    let retopups = books
        .deposits
        .values()
        .filter(|deposit| deposit.kind == "retopup");
    for deposit in retopups.filter(|deposit| deposit.state != "refunded") {
        if let Some(user) = books.users.get_mut(&deposit.user) {
            user.retopups = user.retopups.saturating_add(1);
        }
    }
    for (tier, tree, _) in books.nodes.keys() {
        if let Some(row) = books.trees.get_mut(&(*tier, *tree)) {
            row.nodes = row.nodes.saturating_add(1);
        }
    }
}
