//! R9: for every user, ledger, events and contract agree on what was paid and credited; no user is in two
//! live batches, and nobody was paid more than was ever granted.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use ledger::Account;
use money::Amount;

use crate::checks::events::signed;
use crate::checks::finding::{Findings, Sides};
use crate::checks::totals::net;
use crate::checks::{BreakCause, Chain, ChainAccount, Counters, PayoutState, Snapshot, User};

/// What the ledger has of a user's money on its way out.
#[derive(Clone, Copy, Default)]
struct Books {
    credit: i128,
    /// What its available account says is held back.
    pending: Amount,
    /// What lines of live batches say.
    held: Amount,
    live: u32,
}

pub(super) fn check(snapshot: &Snapshot, chain: Option<&Chain>, out: &mut Findings) {
    let mut books = of_balances(&snapshot.books.balances);
    for payout in snapshot.books.batches.iter().flat_map(|batch| &batch.payouts) {
        if payout.state == PayoutState::Held {
            let books = books.entry(payout.user).or_default();
            books.live = books.live.saturating_add(1);
            books.held = books
                .held
                .checked_add(payout.held)
                .unwrap_or(Amount::new(u128::MAX));
        }
    }
    let mut unclaimed: BTreeMap<Address, ()> = BTreeMap::new();
    for (wallet, events) in &snapshot.events.users {
        if !events.paid.is_zero() || events.credit != 0 {
            unclaimed.insert(*wallet, ());
        }
    }
    for (id, user) in &snapshot.books.users {
        unclaimed.remove(&user.wallet);
        let books = books.get(id).copied().unwrap_or_default();
        against_events(snapshot, (*id, user), books, out);
        if let Some(account) = chain.and_then(|chain| chain.accounts.get(&user.wallet)) {
            against_contract((*id, user), books, account, out);
        }
    }
    for wallet in unclaimed.keys() {
        let sides = Sides("a user of the ledger", "none");
        let detail = "the events report a payment to a wallet unknown to the ledger";
        out.note(
            format!("wallet {wallet}"),
            sides,
            BreakCause::MissingLedger,
            detail,
        );
    }
}

fn of_balances(balances: &[Counters]) -> BTreeMap<u32, Books> {
    let mut books: BTreeMap<u32, Books> = BTreeMap::new();
    for row in balances {
        if let Account::Available(user) = row.account {
            books.entry(user.get()).or_default().pending = row.debits_pending;
        } else if let Account::Credit(user) = row.account {
            books.entry(user.get()).or_default().credit = net(row);
        }
    }
    books
}

fn against_events(snapshot: &Snapshot, (id, user): (u32, &User), books: Books, out: &mut Findings) {
    let events = snapshot
        .events
        .users
        .get(&user.wallet)
        .copied()
        .unwrap_or_default();
    let cause = BreakCause::Amount;
    let detail = "paid to the user by the events, and by the ledger";
    out.equal(
        format_args!("paid to user {id}"),
        events.paid,
        user.paid,
        cause,
        detail,
    );
    let detail = "credited to the user by the events, and by the ledger";
    out.equal(
        format_args!("credit of user {id}"),
        events.credit,
        books.credit,
        cause,
        detail,
    );
    let detail = "held by the user's live payout, and by the user's account";
    out.equal(
        format_args!("held for user {id}"),
        books.held,
        books.pending,
        cause,
        detail,
    );
    if books.live > 1 {
        let sides = Sides("at most 1", books.live);
        let detail = "payouts of live batches for one user";
        out.note(
            format!("live payouts of user {id}"),
            sides,
            BreakCause::Duplicate,
            detail,
        );
    }
    if user.paid > user.granted {
        let sides = Sides(format!("at most {}", user.granted), user.paid);
        let detail = "paid to the user, against every reward that was ever granted";
        out.note(format!("granted to user {id}"), sides, cause, detail);
    }
}

fn against_contract((id, user): (u32, &User), books: Books, account: &ChainAccount, out: &mut Findings) {
    let cause = BreakCause::Amount;
    let detail = "paid to the user by the contract, and by the ledger";
    out.equal(
        format_args!("contract paid user {id}"),
        account.paid,
        user.paid,
        cause,
        detail,
    );
    let detail = "credited to the user by the contract, and by the ledger";
    let credit = signed(account.credit);
    out.equal(
        format_args!("contract credit of user {id}"),
        credit,
        books.credit,
        cause,
        detail,
    );
}
