//! Single events, and the events of batches as a contract could emit them.

use abi::payouts::{PayoutEffect, PayoutOutcome as Entry, hash_of};
use plan::{PayoutOutcome, SettledPayout};

use super::*;

fn registration(sponsor: Address, amount: U256) -> CustodyEvent {
    CustodyEvent::RegistrationAccepted(ICustody::RegistrationAccepted {
        r#ref: B256::repeat_byte(1),
        user: Address::repeat_byte(2),
        sponsor,
        seq: U256::from(1),
        amount,
        refundableUntil: U256::from(99),
        planHash: B256::repeat_byte(3),
        disclosureHash: B256::repeat_byte(4),
    })
}

fn intake(cause: Cause) -> Intake {
    let Cause::Registered(intake) = cause else {
        panic!("{cause:?}")
    };
    intake
}

#[test]
fn every_field_of_a_registration_is_kept() {
    let sponsor = Address::repeat_byte(5);
    let intake = intake(cause_of(&registration(sponsor, U256::from(20))));
    assert_eq!(
        intake,
        Intake {
            deposit_ref: B256::repeat_byte(1),
            wallet: Address::repeat_byte(2),
            sponsor: Some(sponsor),
            amount: Amount::new(20),
            refundable_until: 99,
            plan_hash: B256::repeat_byte(3),
            disclosure_hash: B256::repeat_byte(4),
        }
    );
}

#[test]
fn a_zero_sponsor_is_none() {
    let intake = intake(cause_of(&registration(Address::ZERO, U256::from(20))));
    assert_eq!(intake.sponsor, None);
}

#[test]
fn an_amount_above_what_the_ledger_holds_is_refused_and_not_cut() {
    let above = U256::from(u128::MAX) + U256::from(1);
    assert_eq!(
        Decoder::default().take(&registration(Address::ZERO, above)),
        Err(DecodeError::OutOfRange("RegistrationAccepted"))
    );
}

/// The cause of an event that is an entry by itself.
fn cause_of(event: &CustodyEvent) -> Cause {
    Decoder::default().take(event).unwrap().unwrap()
}

fn word(number: u64) -> U256 {
    U256::from(number)
}

#[test]
fn rights_and_limits_are_noted() {
    let operation = |number| {
        CustodyEvent::OperationExecuted(ICustody::OperationExecuted {
            id: B256::ZERO,
            seq: word(1),
            operation: number,
            argument: B256::ZERO,
            value: word(5),
        })
    };
    for event in [
        CustodyEvent::PauseChanged(ICustody::PauseChanged {
            seq: word(1),
            paused: true,
        }),
        CustodyEvent::OutflowCapLowered(ICustody::OutflowCapLowered {
            seq: word(1),
            cap: word(1),
        }),
        CustodyEvent::OperationCancelled(ICustody::OperationCancelled {
            id: B256::ZERO,
            seq: word(1),
        }),
        CustodyEvent::UserEnrolled(ICustody::UserEnrolled {
            user: Address::repeat_byte(2),
            seq: word(1),
        }),
        operation(Operation::TransferAdmin.number()),
    ] {
        assert_eq!(cause_of(&event), Cause::Noted);
    }
    // Nothing can be claimed against it any more, as against a vetoed one.
    assert_eq!(
        cause_of(&operation(Operation::RetireRoot.number())),
        Cause::RootVetoed { root: B256::ZERO }
    );
    assert_eq!(
        Decoder::default().take(&operation(11)),
        Err(DecodeError::OutOfRange("OperationExecuted"))
    );
}

#[test]
fn only_the_treasurys_operation_moves_money() {
    let to = Address::repeat_byte(7);
    let event = CustodyEvent::OperationExecuted(ICustody::OperationExecuted {
        id: B256::ZERO,
        seq: word(1),
        operation: Operation::Treasury.number(),
        argument: to.into_word(),
        value: word(5),
    });
    assert_eq!(
        cause_of(&event),
        Cause::TreasuryPaid {
            to,
            amount: Amount::new(5)
        }
    );
}

#[test]
fn claims_withdrawals_and_roots_keep_every_field() {
    let (user, to) = (Address::repeat_byte(2), Address::repeat_byte(3));
    let root = B256::repeat_byte(9);
    let claimed = CustodyEvent::Claimed(ICustody::Claimed {
        user,
        root,
        seq: word(1),
        to,
        entitled: word(30),
        amount: word(12),
    });
    assert_eq!(
        cause_of(&claimed),
        Cause::Claimed {
            wallet: user,
            root,
            entitled: Amount::new(30),
            amount: Amount::new(12)
        }
    );
    let withdrawn = CustodyEvent::CreditWithdrawn(ICustody::CreditWithdrawn {
        user,
        to,
        seq: word(1),
        amount: word(4),
    });
    assert_eq!(
        cause_of(&withdrawn),
        Cause::CreditWithdrawn {
            wallet: user,
            to,
            amount: Amount::new(4)
        }
    );
    let published = CustodyEvent::RootPublished(ICustody::RootPublished {
        root,
        seq: word(1),
        total: word(90),
        asOfSeq: word(17),
        claimableFrom: word(1_800_000_000),
    });
    assert_eq!(
        cause_of(&published),
        Cause::RootPublished {
            root,
            total: Amount::new(90),
            as_of_seq: 17,
            claimable_from: 1_800_000_000
        }
    );
    let vetoed = CustodyEvent::RootVetoed(ICustody::RootVetoed { root, seq: word(1) });
    assert_eq!(cause_of(&vetoed), Cause::RootVetoed { root });
    let cancelled = CustodyEvent::BatchCancelled(ICustody::BatchCancelled {
        batchId: root,
        seq: word(1),
    });
    assert_eq!(cause_of(&cancelled), Cause::BatchCancelled { batch_id: root });
}

/// Events of what each user got, under the id of a batch or a root, and what a closing event says of them.
struct Payouts {
    events: Vec<CustodyEvent>,
    paid: U256,
    credited: U256,
    outcome_hash: B256,
}

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
