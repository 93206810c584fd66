//! Planting a fault into a consistent snapshot, and asking which checks find it.

use audit::checks::{
    self, Batch, Chain, ChainAccount, Counters, Entry, Event, Events, Payout, Snapshot, Verdict,
};
use ledger::{Account, UserId};
use money::Amount;

use crate::world::{batch_id, consistent, consistent_with_logs, wallet};

pub(crate) const USERS: u32 = 40;

/// Ids of the checks that find something after a fault.
pub(crate) fn found(fault: impl FnOnce(&mut Snapshot)) -> Vec<&'static str> {
    let mut snapshot = consistent(USERS);
    fault(&mut snapshot);
    found_in(&snapshot)
}

pub(crate) fn found_in(snapshot: &Snapshot) -> Vec<&'static str> {
    let report = crate::run(snapshot);
    let failed = report
        .verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Failed { .. }));
    failed.map(|(check, _)| check.id()).collect()
}

/// The same when the recorded logs are faulty, and folded as they are.
pub(crate) fn found_in_logs(fault: impl FnOnce(&mut Vec<(Event, Option<Entry>)>)) -> Vec<&'static str> {
    let (mut snapshot, mut logs) = consistent_with_logs(USERS);
    fault(&mut logs);
    snapshot.events = Events::default();
    for (event, entry) in &logs {
        snapshot.events.take(event, *entry);
    }
    found_in(&snapshot)
}

pub(crate) fn chain(snapshot: &mut Snapshot) -> &mut Chain {
    snapshot.chain.as_mut().unwrap()
}

pub(crate) fn account(snapshot: &mut Snapshot, user: u32) -> &mut ChainAccount {
    chain(snapshot).accounts.get_mut(&wallet(user)).unwrap()
}

pub(crate) fn counters(snapshot: &mut Snapshot, account: Account) -> &mut Counters {
    let rows = &mut snapshot.books.balances;
    rows.iter_mut().find(|row| row.account == account).unwrap()
}

pub(crate) fn payout(snapshot: &mut Snapshot, batch: u8, user: u32) -> &mut Payout {
    let batches = &mut snapshot.books.batches;
    let batch = batches.iter_mut().find(|row| row.id == batch_id(batch)).unwrap();
    batch
        .payouts
        .iter_mut()
        .find(|payout| payout.user == user)
        .unwrap()
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

pub(crate) fn more(amount: &mut Amount) {
    *amount = amount.checked_add(Amount::new(1)).unwrap();
}

pub(crate) fn less(amount: &mut Amount) {
    *amount = amount.checked_sub(Amount::new(1)).unwrap();
}

/// A transfer that is in balances and transfers alike.
pub(crate) fn post(snapshot: &mut Snapshot, debit: Account, credit: Account, amount: u128) {
    let books = &mut snapshot.books;
    for rows in [&mut books.balances, &mut books.recount.as_mut().unwrap().counters] {
        for row in rows.iter_mut() {
            if row.account == debit {
                row.debits_posted = row.debits_posted.checked_add(Amount::new(amount)).unwrap();
            }
            if row.account == credit {
                row.credits_posted = row.credits_posted.checked_add(Amount::new(amount)).unwrap();
            }
        }
    }
}

pub(crate) fn batch(snapshot: &mut Snapshot, number: u8) -> &mut Batch {
    let batches = &mut snapshot.books.batches;
    batches.iter_mut().find(|row| row.id == batch_id(number)).unwrap()
}

pub(crate) fn position(logs: &[(Event, Option<Entry>)], wanted: impl Fn(&Event) -> bool) -> usize {
    logs.iter().position(|(event, _)| wanted(event)).unwrap()
}

/// Whether a report stops new batches: the worst findings do.
pub(crate) fn has_s1(report: &checks::Report) -> bool {
    report
        .findings()
        .any(|finding| finding.severity == checks::Severity::S1)
}
