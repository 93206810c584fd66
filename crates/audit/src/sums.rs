//! Sums over the stored books alone, independent of the facts: no money is created or lost.

use ledger::{AccountId, AccountKind, Side};
use money::Amount;

use crate::Discrepancy;
use crate::books::{Books, DepositRow};

/// Checks that debits equal credits, pending ones too, that what is pending is what lines of batches hold back, that
/// custody covers exactly what is owed, and that what is held is what lies in escrow.
pub fn check(books: &Books, out: &mut Vec<Discrepancy>) {
    let debits = total(books.balances.values().map(|row| row.debits_posted));
    let credits = total(books.balances.values().map(|row| row.credits_posted));
    equal(("Σ debits", debits), ("Σ credits", credits), out);

    let debits = total(books.balances.values().map(|row| row.debits_pending));
    let credits = total(books.balances.values().map(|row| row.credits_pending));
    let lines = total(books.payouts.values().map(|row| row.held));
    equal(("Σ pending debits", debits), ("Σ pending credits", credits), out);
    equal(("Σ pending debits", debits), ("what lines hold back", lines), out);

    let custody = net(books, |kind| kind == AccountKind::Custody);
    let receivable = net(books, |kind| kind == AccountKind::Receivable);
    let owed = net(books, |kind| kind.side() == Side::Credit);
    let has = custody
        .zip(receivable)
        .and_then(|(custody, receivable)| custody.checked_add(receivable));
    equal(("custody and receivables", has), ("what is owed", owed), out);

    let escrowed = books
        .deposits
        .values()
        .filter(|deposit| deposit.state == "held" && !is_in_clearing(books, deposit));
    let escrowed = total(escrowed.map(|deposit| deposit.amount));
    let held = net(books, |kind| kind == AccountKind::Held);
    equal(("Σ held", held), ("what is in escrow", escrowed), out);
}

/// A payment that the plan does not take is no reward's source: it waits in clearing.
fn is_in_clearing(books: &Books, deposit: &DepositRow) -> bool {
    let of_fact = (deposit.fact_seq, 0)..=(deposit.fact_seq, u32::MAX);
    books.transfers.range(of_fact).any(|(_, transfer)| {
        let to = AccountId::new(transfer.credit).and_then(AccountId::account);
        to.is_some_and(|account| account.kind() == AccountKind::Clearing)
    })
}

fn equal(
    left: (&'static str, Option<i128>),
    right: (&'static str, Option<i128>),
    out: &mut Vec<Discrepancy>,
) {
    let text = |sum: Option<i128>| sum.map_or_else(|| "out of range".to_owned(), |sum| sum.to_string());
    if left.1 != right.1 || left.1.is_none() {
        out.push(Discrepancy::SumsDiffer {
            left: left.0,
            left_sum: text(left.1),
            right: right.0,
            right_sum: text(right.1),
        });
    }
}

fn total(amounts: impl Iterator<Item = Amount>) -> Option<i128> {
    let mut sum = 0i128;
    for amount in amounts {
        sum = sum.checked_add(i128::try_from(amount.base_units()).ok()?)?;
    }
    Some(sum)
}

/// Net balance of the kinds of accounts that `wanted` names, each on the side on which it grows.
fn net(books: &Books, wanted: impl Fn(AccountKind) -> bool) -> Option<i128> {
    let mut sum = 0i128;
    for (id, row) in &books.balances {
        let Some(kind) = AccountId::new(*id)
            .and_then(AccountId::account)
            .map(|account| account.kind())
        else {
            continue;
        };
        if wanted(kind) {
            let debits = i128::try_from(row.debits_posted.base_units()).ok()?;
            let credits = i128::try_from(row.credits_posted.base_units()).ok()?;
            let net = match kind.side() {
                Side::Debit => debits.checked_sub(credits)?,
                Side::Credit => credits.checked_sub(debits)?,
            };
            sum = sum.checked_add(net)?;
        }
    }
    Some(sum)
}
