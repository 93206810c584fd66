//! Faults about leaves of a root that someone had settled.

use alloy_primitives::B256;
use audit::checks::{Event, Events};

use crate::planting::{USERS, chain, found, found_in, found_in_logs, has_s1, less, more, position};
use crate::world::{consistent, wallet};

/// The events of the users whose leaves were settled, told from those of batches by their root.
fn of_a_leaf(event: &Event) -> bool {
    let root = *consistent(USERS).events.roots.keys().next().unwrap();
    matches!(event, Event::PayoutExecuted { batch, .. } if *batch == root)
}

fn leaves_settled(event: &Event) -> bool {
    matches!(event, Event::LeavesSettled { .. })
}

#[test]
fn settled_leaves_are_claims_and_no_payouts_of_a_batch() {
    let events: Events = consistent(USERS).events;
    assert_eq!(events.leaves.len(), 1);
    assert_eq!(events.leaves[0].lines.len(), 4);
    assert!(!events.sums.of_leaves.is_zero());
    assert!(!events.batches.contains_key(&events.leaves[0].root));
    assert!(events.open.is_empty());
}

#[test]
fn a_missing_event_of_a_settled_leaf_is_found() {
    let executed = found_in_logs(|logs| {
        logs.remove(position(logs, of_a_leaf));
    });
    assert_eq!(executed, ["R1", "R2", "R4", "R9", "R19"]);
    let credited = found_in_logs(|logs| {
        let frozen = wallet(5);
        logs.remove(position(
            logs,
            |event| matches!(event, Event::PayoutCredited { user, .. } if *user == frozen),
        ));
    });
    assert_eq!(credited, ["R2", "R4", "R9", "R19"]);
}

#[test]
fn a_missing_word_that_nothing_was_due_is_found_by_the_closing_event_alone() {
    let found = found_in_logs(|logs| {
        let closing = position(logs, leaves_settled);
        let skipped = logs[..closing]
            .iter()
            .rposition(|(event, _)| matches!(event, Event::PayoutSkipped { .. }));
        logs.remove(skipped.unwrap());
    });
    assert_eq!(found, ["R19"]);
}

#[test]
fn a_settled_leaf_of_another_amount_is_found() {
    let found = found_in_logs(|logs| {
        let leaf = position(logs, of_a_leaf);
        if let (Event::PayoutExecuted { amount, .. }, _) = &mut logs[leaf] {
            more(amount);
        }
    });
    assert_eq!(found, ["R1b", "R2", "R4", "R9", "R19"]);
}

#[test]
fn leaves_that_nothing_closes_are_found() {
    let found = found_in_logs(|logs| {
        logs.remove(position(logs, leaves_settled));
    });
    assert_eq!(found, ["R2", "R3", "R8"]);
}

#[test]
fn a_closing_event_of_other_leaves_is_found() {
    let list = found(|snapshot| snapshot.events.leaves[0].settled.list_hash = B256::ZERO);
    assert_eq!(list, ["R19"]);
    let outcome = found(|snapshot| snapshot.events.leaves[0].settled.outcome_hash = B256::ZERO);
    assert_eq!(outcome, ["R19"]);
    let credited = found(|snapshot| less(&mut snapshot.events.leaves[0].settled.credited));
    assert_eq!(credited, ["R19"]);
}

#[test]
fn leaves_of_a_root_that_was_never_published_are_found_and_stop_settlement() {
    let mut snapshot = consistent(USERS);
    snapshot.events.leaves[0].root = B256::repeat_byte(9);
    let report = crate::run(&snapshot);
    assert_eq!(found_in(&snapshot), ["R19"]);
    assert!(has_s1(&report));
}

#[test]
fn one_wei_more_for_a_leaf_than_it_says_is_found_and_stops_settlement() {
    let mut snapshot = consistent(USERS);
    let leaf = wallet(13);
    let leaves = snapshot.books.roots[0].leaves.as_mut().unwrap();
    let entitled = &mut leaves
        .iter_mut()
        .find(|known| known.wallet == leaf)
        .unwrap()
        .entitled;
    less(entitled);
    assert_eq!(found_in(&snapshot), ["R19"]);
    assert!(has_s1(&crate::run(&snapshot)));
}

#[test]
fn a_contract_that_does_not_count_settled_leaves_as_claims_is_found() {
    let found = found(|snapshot| {
        let leaves = snapshot.events.sums.of_leaves;
        let totals = &mut chain(snapshot).totals;
        totals.claimed = totals.claimed.checked_sub(leaves).unwrap();
        totals.pushed = totals.pushed.checked_add(leaves).unwrap();
    });
    assert_eq!(found, ["R2"]);
}
