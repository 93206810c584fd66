//! Tests of `payouts`.

use super::*;
use crate::bindings::ICustody;
use alloy::primitives::{address, b256};

const USER: Address = address!("00112233445566778899aabbccddeeff01020304");
const LARGEST: u128 = (1 << 96) - 1;

#[test]
fn a_payout_word_is_the_address_followed_by_the_target() {
    let payout = Payout {
        user: USER,
        target: 0x0a0b,
    };
    let word = b256!("00112233445566778899aabbccddeeff01020304000000000000000000000a0b");
    assert_eq!(payout.word(), Ok(word));
    let largest = Payout {
        user: USER,
        target: LARGEST,
    };
    let word = b256!("00112233445566778899aabbccddeeff01020304ffffffffffffffffffffffff");
    assert_eq!(largest.word(), Ok(word));
}

#[test]
fn what_does_not_fit_a_word_is_refused() {
    let amount = LARGEST + 1;
    let payout = Payout {
        user: USER,
        target: amount,
    };
    assert_eq!(payout.word(), Err(AmountTooLarge { user: USER, amount }));
    for effect in [
        PayoutEffect::Sent(CREDITED_FLAG),
        PayoutEffect::Credited(CREDITED_FLAG),
    ] {
        let outcome = PayoutOutcome { user: USER, effect };
        assert_eq!(
            outcome.word(),
            Err(AmountTooLarge {
                user: USER,
                amount: CREDITED_FLAG
            })
        );
    }
}

#[test]
fn an_outcome_word_says_how_an_entry_ended() {
    for (effect, word) in [
        (
            PayoutEffect::Sent(5),
            b256!("00112233445566778899aabbccddeeff01020304000000000000000000000005"),
        ),
        (
            PayoutEffect::Credited(5),
            b256!("00112233445566778899aabbccddeeff01020304800000000000000000000005"),
        ),
        (
            PayoutEffect::Skipped,
            b256!("00112233445566778899aabbccddeeff01020304000000000000000000000000"),
        ),
    ] {
        let outcome = PayoutOutcome { user: USER, effect };
        assert_eq!(outcome.word(), Ok(word));
    }
}

#[test]
fn an_amount_that_no_batch_can_have_is_no_outcome() {
    let event = |amount| {
        CustodyEvent::PayoutExecuted(ICustody::PayoutExecuted {
            batchId: B256::ZERO,
            user: USER,
            amount,
        })
    };
    assert_eq!(PayoutOutcome::from_event(&event(U256::from(CREDITED_FLAG))), None);
    assert_eq!(PayoutOutcome::from_event(&event(U256::MAX)), None);
    assert!(PayoutOutcome::from_event(&event(U256::from(CREDITED_FLAG - 1))).is_some());
}
