//! The events of batches and of leaves, as a contract could emit them.

use abi::payouts::{PayoutEffect, PayoutOutcome as Entry, hash_of};
use plan::{PayoutOutcome, SettledPayout};

use super::*;

fn payouts(id: B256, entries: &[(u8, PayoutEffect, bool)]) -> Payouts {
    let (mut events, mut words) = (Vec::new(), Vec::new());
    let (mut paid, mut credited) = (0u128, 0u128);
    for (user, effect, frozen) in entries {
        let user = Address::repeat_byte(*user);
        let effect = *effect;
        words.push(Entry { user, effect }.word().unwrap());
        events.push(match effect {
            PayoutEffect::Sent(amount) => {
                paid += amount;
                CustodyEvent::PayoutExecuted(ICustody::PayoutExecuted {
                    batchId: id,
                    user,
                    amount: U256::from(amount),
                })
            }
            PayoutEffect::Credited(amount) => {
                paid += amount;
                credited += amount;
                CustodyEvent::PayoutCredited(ICustody::PayoutCredited {
                    batchId: id,
                    user,
                    amount: U256::from(amount),
                    frozen: *frozen,
                })
            }
            PayoutEffect::Skipped => {
                CustodyEvent::PayoutSkipped(ICustody::PayoutSkipped { batchId: id, user })
            }
        });
    }
    Payouts {
        events,
        paid: U256::from(paid),
        credited: U256::from(credited),
        outcome_hash: hash_of(&words),
    }
}

/// Events of a batch, closed as the contract computes it.
fn batch(id: u8, entries: &[(u8, PayoutEffect, bool)]) -> Vec<CustodyEvent> {
    let id = B256::repeat_byte(id);
    let payouts = payouts(id, entries);
    let mut events = payouts.events;
    events.push(CustodyEvent::BatchSettled(ICustody::BatchSettled {
        batchId: id,
        seq: word(1),
        count: U256::from(entries.len()),
        paid: payouts.paid,
        credited: payouts.credited,
        listHash: B256::ZERO,
        outcomeHash: payouts.outcome_hash,
        manifestHash: B256::repeat_byte(0xee),
    }));
    events
}

/// Events of leaves of a root, closed as the contract computes it.
fn leaves(root: u8, entries: &[(u8, PayoutEffect, bool)]) -> Vec<CustodyEvent> {
    let root = B256::repeat_byte(root);
    let payouts = payouts(root, entries);
    let mut events: Vec<_> = payouts.events.into_iter().map(leaf_event).collect();
    events.push(CustodyEvent::LeavesSettled(ICustody::LeavesSettled {
        root,
        seq: word(1),
        count: U256::from(entries.len()),
        paid: payouts.paid,
        credited: payouts.credited,
        listHash: B256::ZERO,
        outcomeHash: payouts.outcome_hash,
    }));
    events
}

/// What is said of a leaf in place of a batch's entry.
fn leaf_event(event: CustodyEvent) -> CustodyEvent {
    if let CustodyEvent::PayoutExecuted(e) = event {
        CustodyEvent::LeafPaid(ICustody::LeafPaid {
            root: e.batchId,
            user: e.user,
            amount: e.amount,
        })
    } else if let CustodyEvent::PayoutCredited(e) = event {
        CustodyEvent::LeafCredited(ICustody::LeafCredited {
            root: e.batchId,
            user: e.user,
            amount: e.amount,
        })
    } else if let CustodyEvent::PayoutSkipped(e) = event {
        CustodyEvent::LeafSkipped(ICustody::LeafSkipped {
            root: e.batchId,
            user: e.user,
        })
    } else {
        event
    }
}

/// The causes of one transaction's events.
fn decode(events: &[CustodyEvent]) -> Result<Vec<Cause>, DecodeError> {
    let mut decoder = Decoder::default();
    let mut causes = Vec::new();
    for event in events {
        causes.extend(decoder.take(event)?);
    }
    decoder.finish()?;
    Ok(causes)
}

const THREE: [(u8, PayoutEffect, bool); 3] = [
    (1, PayoutEffect::Sent(5), false),
    (2, PayoutEffect::Credited(7), true),
    (3, PayoutEffect::Skipped, false),
];

fn settled(id: u8, payouts: &[(u8, PayoutOutcome)]) -> Cause {
    Cause::BatchSettled {
        batch_id: B256::repeat_byte(id),
        manifest_hash: B256::repeat_byte(0xee),
        payouts: payouts
            .iter()
            .map(|(user, outcome)| SettledPayout {
                wallet: Address::repeat_byte(*user),
                outcome: *outcome,
            })
            .collect(),
    }
}

#[test]
fn the_events_of_a_batch_are_one_cause_in_the_order_of_its_list() {
    let expected = settled(
        1,
        &[
            (1, PayoutOutcome::Executed(Amount::new(5))),
            (
                2,
                PayoutOutcome::Credited {
                    amount: Amount::new(7),
                    frozen: true,
                },
            ),
            (3, PayoutOutcome::Skipped),
        ],
    );
    assert_eq!(decode(&batch(1, &THREE)), Ok(vec![expected]));
}

#[test]
fn two_batches_of_one_transaction_are_told_apart_even_when_their_events_mix() {
    let first = batch(1, &[(1, PayoutEffect::Sent(5), false)]);
    let second = batch(2, &[(1, PayoutEffect::Sent(6), false)]);
    let causes = [
        settled(1, &[(1, PayoutOutcome::Executed(Amount::new(5)))]),
        settled(2, &[(1, PayoutOutcome::Executed(Amount::new(6)))]),
    ];
    assert_eq!(decode(&[&first[..], &second[..]].concat()), Ok(causes.to_vec()));
    let mixed = [
        first[0].clone(),
        second[0].clone(),
        second[1].clone(),
        first[1].clone(),
    ];
    let [one, two] = causes;
    assert_eq!(decode(&mixed), Ok(vec![two, one]));
}

#[test]
fn a_batch_of_nobody_is_a_batch() {
    assert_eq!(decode(&batch(1, &[])), Ok(vec![settled(1, &[])]));
}

#[test]
fn the_events_of_leaves_are_one_cause_in_their_order() {
    let entries = THREE.map(|(user, effect, _)| (user, effect, false));
    let Cause::BatchSettled { payouts, .. } = decode(&batch(1, &entries)).unwrap().remove(0) else {
        panic!()
    };
    let root = B256::repeat_byte(1);
    assert_eq!(
        decode(&leaves(1, &THREE)),
        Ok(vec![Cause::LeavesSettled { root, payouts }])
    );
}

#[test]
fn a_batch_and_leaves_of_one_transaction_are_told_apart_even_under_one_id() {
    let paid = |amount| [(1, PayoutEffect::Sent(amount), false)];
    let events = [batch(1, &paid(5)), leaves(1, &paid(6)), leaves(2, &paid(7))].concat();
    let payouts = |amount| {
        vec![SettledPayout {
            wallet: Address::repeat_byte(1),
            outcome: PayoutOutcome::Executed(Amount::new(amount)),
        }]
    };
    let leaves = |root, amount| Cause::LeavesSettled {
        root: B256::repeat_byte(root),
        payouts: payouts(amount),
    };
    assert_eq!(
        decode(&events),
        Ok(vec![
            settled(1, &[(1, PayoutOutcome::Executed(Amount::new(5)))]),
            leaves(1, 6),
            leaves(2, 7)
        ])
    );
}

#[test]
fn leaves_that_do_not_add_up_are_refused_as_a_batch_is() {
    let rule = |change: fn(&mut Vec<CustodyEvent>)| {
        let mut events = leaves(1, &THREE);
        change(&mut events);
        match decode(&events) {
            Err(DecodeError::Payouts { id, rule }) if id == B256::repeat_byte(1) => rule,
            other => panic!("{other:?}"),
        }
    };
    let missing = rule(|events| {
        events.remove(2);
    });
    assert_eq!(
        missing,
        PayoutsError::Count {
            counted: word(3),
            found: 2
        }
    );
    assert_eq!(rule(|events| events.swap(0, 1)), PayoutsError::OutcomeHash);
    assert_eq!(rule(|events| events.truncate(3)), PayoutsError::NotClosed);
    let altered = rule(|events| {
        let CustodyEvent::LeavesSettled(event) = &mut events[3] else {
            panic!()
        };
        event.paid += word(1);
    });
    assert_eq!(altered, PayoutsError::Sums);
}

/// What is wrong with three entries after `change`.
fn wrong(change: impl FnOnce(&mut Vec<CustodyEvent>)) -> PayoutsError {
    let mut events = batch(1, &THREE);
    change(&mut events);
    match decode(&events) {
        Err(DecodeError::Payouts { id, rule }) => {
            assert_eq!(id, B256::repeat_byte(1));
            rule
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn entries_that_are_missing_invented_altered_or_reordered_are_refused() {
    let found = |found| PayoutsError::Count {
        counted: word(3),
        found,
    };
    assert_eq!(wrong(|events| events[2] = events[3].clone()), found(2));
    assert_eq!(wrong(|events| events.insert(1, events[0].clone())), found(4));
    assert_eq!(wrong(|events| events.swap(0, 1)), PayoutsError::OutcomeHash);
    assert_eq!(wrong(|events| events.truncate(3)), PayoutsError::NotClosed);
    assert_eq!(
        wrong(|events| {
            // The same sums.
            let CustodyEvent::PayoutExecuted(event) = &mut events[0] else {
                panic!()
            };
            event.user = Address::repeat_byte(9);
        }),
        PayoutsError::OutcomeHash
    );
    assert_eq!(
        wrong(|events| {
            let CustodyEvent::PayoutExecuted(event) = &mut events[0] else {
                panic!()
            };
            event.amount = word(6);
        }),
        PayoutsError::Sums
    );
    assert_eq!(
        wrong(|events| {
            let CustodyEvent::BatchSettled(event) = &mut events[3] else {
                panic!()
            };
            event.credited = word(5);
        }),
        PayoutsError::Sums
    );
}

#[test]
fn an_amount_that_no_batch_can_have_is_refused() {
    let event = CustodyEvent::PayoutCredited(ICustody::PayoutCredited {
        batchId: B256::ZERO,
        user: Address::ZERO,
        amount: U256::MAX,
        frozen: false,
    });
    assert_eq!(
        Decoder::default().take(&event),
        Err(DecodeError::OutOfRange("PayoutCredited"))
    );
}
