//! Single events.

mod payouts;

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
