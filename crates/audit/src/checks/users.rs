//! R13: every user, deposit and freeze of the ledger has its event, and every event its row.

use std::collections::BTreeSet;

use alloy_primitives::{Address, B256};

use crate::checks::finding::{Findings, Sides};
use crate::checks::{BreakCause, Chain, Deposit, DepositState, Snapshot, User};

pub(super) fn check(snapshot: &Snapshot, chain: Option<&Chain>, out: &mut Findings) {
    let mut known: BTreeSet<Address> = BTreeSet::new();
    for (id, user) in &snapshot.books.users {
        known.insert(user.wallet);
        of_user(snapshot, (*id, user), out);
        if let Some(account) = chain.and_then(|chain| chain.accounts.get(&user.wallet)) {
            if account.frozen_until == 0 {
                let sides = Sides("registered", "unknown to the contract");
                let detail = "a user of the ledger, against the contract's accounts";
                out.note(
                    format!("contract entry of user {id}"),
                    sides,
                    BreakCause::MissingEvent,
                    detail,
                );
            }
            let now = snapshot.position.block_timestamp;
            let contract = Some(account.frozen_until).filter(|until| *until > now);
            let ledger = user.frozen_until.filter(|until| *until > now);
            let detail = "end of the user's present freeze by the contract, and by the ledger";
            if contract != ledger {
                let sides = Sides(words(contract), words(ledger));
                let subject = format_args!("contract freeze of user {id}");
                out.note(subject, sides, BreakCause::MissingEvent, detail);
            }
        }
    }
    let registered = snapshot
        .events
        .users
        .iter()
        .filter(|(_, user)| user.registrations > 0);
    for (wallet, _) in registered.filter(|(wallet, _)| !known.contains(*wallet)) {
        let sides = Sides("a user of the ledger", "none");
        let detail = "a registration that the chain accepted";
        out.note(
            format!("wallet {wallet}"),
            sides,
            BreakCause::MissingLedger,
            detail,
        );
    }
    deposits(snapshot, out);
}

fn of_user(snapshot: &Snapshot, (id, user): (u32, &User), out: &mut Findings) {
    let events = snapshot
        .events
        .users
        .get(&user.wallet)
        .copied()
        .unwrap_or_default();
    let cause = match events.registrations {
        0 => BreakCause::MissingEvent,
        1.. => BreakCause::Duplicate,
    };
    let detail = "registrations of the user by the events";
    out.equal(format_args!("user {id}"), 1, events.registrations, cause, detail);
    if events.frozen_until != user.frozen_until {
        let sides = Sides(words(events.frozen_until), words(user.frozen_until));
        let detail = "end of the user's last freeze by the events, and by the ledger";
        let subject = format_args!("freeze of user {id}");
        out.note(subject, sides, BreakCause::MissingLedger, detail);
    }
}

fn deposits(snapshot: &Snapshot, out: &mut Findings) {
    let events = &snapshot.events;
    let mut known: BTreeSet<B256> = BTreeSet::new();
    for deposit in &snapshot.books.deposits {
        let reference = deposit.deposit_ref;
        if !known.insert(reference) {
            let sides = Sides("one row", "two");
            let detail = "deposits of the ledger with the same reference";
            out.note(
                format!("deposit {reference}"),
                sides,
                BreakCause::Duplicate,
                detail,
            );
        }
        of_deposit(snapshot, deposit, out);
    }
    for (reference, event) in &events.deposits {
        if event.intakes > 1 {
            let sides = Sides(1, event.intakes);
            let detail = "intakes with the same reference by the events";
            out.note(
                format!("intake {reference}"),
                sides,
                BreakCause::Duplicate,
                detail,
            );
        }
        if !known.contains(reference) {
            let sides = Sides(format!("a deposit of {}", event.amount), "none".to_owned());
            let detail = "an intake that the chain accepted";
            out.note(
                format!("deposit {reference}"),
                sides,
                BreakCause::MissingLedger,
                detail,
            );
        }
    }
}

/// A deposit of the ledger, against its events.
fn of_deposit(snapshot: &Snapshot, deposit: &Deposit, out: &mut Findings) {
    let events = &snapshot.events;
    let event = events.deposits.get(&deposit.deposit_ref);
    let wallet = snapshot.books.users.get(&deposit.user).map(|user| user.wallet);
    let by_events = event.map(|event| {
        let state = if event.is_refunded {
            DepositState::Refunded
        } else if event.is_matured(events.matured_through) {
            DepositState::Matured
        } else {
            DepositState::Held
        };
        let same = Deposit {
            is_registration: event.is_registration,
            amount: event.amount,
            state,
            ..*deposit
        };
        (Some(event.user), same)
    });
    if by_events == Some((wallet, *deposit)) {
        return;
    }
    let cause = match event {
        None => BreakCause::MissingEvent,
        Some(event) if event.amount == deposit.amount => BreakCause::MissingLedger,
        Some(_) => BreakCause::Amount,
    };
    let sides = Sides(
        by_events.map_or("no event".to_owned(), |(user, same)| in_words(user, &same)),
        in_words(wallet, deposit),
    );
    let detail = "the deposit by its events, and by the ledger";
    out.note(format!("deposit {}", deposit.deposit_ref), sides, cause, detail);
}

fn in_words(wallet: Option<Address>, deposit: &Deposit) -> String {
    let kind = if deposit.is_registration {
        "registration"
    } else {
        "retopup"
    };
    let wallet = wallet.map_or("nobody".to_owned(), |wallet| wallet.to_string());
    format!("{kind} of {} by {wallet}, {:?}", deposit.amount, deposit.state)
}

fn words(until: Option<u64>) -> String {
    until.map_or("none".to_owned(), |until| until.to_string())
}
