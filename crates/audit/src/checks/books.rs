//! R5 and R6: the ledger by itself. Debits equal credits, balances are the sums of their transfers, and what users can
//! request is covered.

use std::collections::BTreeMap;

use ledger::{Account, AccountKind, Side};

use crate::checks::events::signed;
use crate::checks::finding::{Findings, Sides};
use crate::checks::totals::{net, net_of};
use crate::checks::{BreakCause, Counters, Ledger};

/// R5: double entry; when the transfers were summed, also every account that belongs to no user.
pub(crate) fn double_entry(books: &Ledger, out: &mut Findings) {
    let sum = |counter: fn(&Counters) -> money::Amount| {
        let amounts = books.balances.iter().map(|row| signed(counter(row)));
        amounts.fold(0i128, i128::saturating_add)
    };
    let detail = "sum of all debits, against the sum of all credits";
    let (debits, credits) = (sum(|row| row.debits_posted), sum(|row| row.credits_posted));
    out.equal("posted", debits, credits, BreakCause::Amount, detail);
    let (debits, credits) = (sum(|row| row.debits_pending), sum(|row| row.credits_pending));
    out.equal("pending", debits, credits, BreakCause::Amount, detail);
    for row in &books.balances {
        let is_guarded = row.account.kind().is_guarded();
        let pending = match row.account.kind().side() {
            Side::Credit => net(row).saturating_sub(signed(row.debits_pending)),
            Side::Debit => 0,
        };
        if is_guarded && pending < 0 {
            let sides = Sides("at least 0", pending);
            let detail = "an account that can never be overdrawn, pending debits included";
            out.note(
                format!("overdrawn {}", row.account),
                sides,
                BreakCause::Amount,
                detail,
            );
        }
    }
    recount(books, |account| account.user().is_none(), out);
}

/// R6: solvency; when the transfers were summed, also every account of a user.
pub(super) fn solvency(books: &Ledger, out: &mut Findings) {
    let custody = net_of(&books.balances, |account| account == Account::Custody).saturating_neg();
    let owed = books.balances.iter().filter(|row| is_owed_to_user(row.account));
    let owed = owed.fold(0i128, |sum, row| sum.saturating_add(net(row)));
    if owed > custody {
        let sides = Sides(format!("at most {custody}"), owed);
        let detail = "users' available, reserved, credited and held amounts, against custody";
        out.note("solvency", sides, BreakCause::Amount, detail);
    }
    recount(books, |account| account.user().is_some(), out);
}

/// Whether a user can ever request what is in this account.
fn is_owed_to_user(account: Account) -> bool {
    let kind = account.kind();
    (kind == AccountKind::Held && account.user().is_some())
        || matches!(
            kind,
            AccountKind::Available
                | AccountKind::InTransit
                | AccountKind::Reserve
                | AccountKind::Credit
                | AccountKind::Deferred
                | AccountKind::Wallet
        )
}

/// Compares the counters of accounts with the sums of their transfers.
fn recount(books: &Ledger, wanted: impl Fn(Account) -> bool, out: &mut Findings) {
    let Some(recount) = &books.recount else {
        return;
    };
    let by_account = |rows: &[Counters]| -> BTreeMap<i64, Counters> {
        let rows = rows
            .iter()
            .filter(|row| recount.subjects.contains(&row.account.id().subject()) && wanted(row.account));
        rows.map(|row| (row.account.id().get(), *row)).collect()
    };
    let (expected, actual) = (by_account(&recount.counters), by_account(&books.balances));
    let detail = "counters of an account, against the sums of its transfers";
    let words = |row: Option<&Counters>| row.map_or("nothing".to_owned(), in_words);
    for (id, row) in &expected {
        let stored = actual.get(id);
        if stored != Some(row) {
            let sides = Sides(in_words(row), words(stored));
            out.note(
                format!("entries of {}", row.account),
                sides,
                BreakCause::Tampering,
                detail,
            );
        }
    }
    for row in actual
        .iter()
        .filter(|(id, _)| !expected.contains_key(id))
        .map(|(_, row)| row)
    {
        let is_empty = [
            row.debits_posted,
            row.credits_posted,
            row.debits_pending,
            row.credits_pending,
        ]
        .iter()
        .all(|counter| counter.is_zero());
        if !is_empty {
            let sides = Sides("nothing", in_words(row));
            out.note(
                format!("entries of {}", row.account),
                sides,
                BreakCause::Tampering,
                detail,
            );
        }
    }
}

fn in_words(row: &Counters) -> String {
    format!(
        "debits {}, credits {}, pending debits {}, pending credits {}",
        row.debits_posted, row.credits_posted, row.debits_pending, row.credits_pending
    )
}
