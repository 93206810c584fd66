//! Tests of `seal`.

use alloy_primitives::{b256, keccak256};

use super::*;

fn payout(wallet: u8, amount: u128, target: u128) -> SealedPayout {
    SealedPayout {
        wallet: Address::repeat_byte(wallet),
        amount: Amount::new(amount),
        target: Amount::new(target),
    }
}

#[test]
fn a_word_is_the_address_and_the_target() {
    let largest = payout(0xab, 1, TARGET_MAX.base_units()).word();
    assert_eq!(
        largest,
        b256!("0xabababababababababababababababababababab7fffffffffffffffffffffff")
    );
    let small = payout(0x01, 1, 0x0203).word();
    assert_eq!(
        small,
        b256!("0x0101010101010101010101010101010101010101000000000000000000000203")
    );
}

#[test]
fn a_list_is_sorted_summed_and_hashed_over_its_words() {
    let sealed = seal(vec![payout(2, 5, 6), payout(1, 7, 7)]).unwrap();
    assert_eq!(sealed.payouts, [payout(1, 7, 7), payout(2, 5, 6)]);
    assert_eq!(sealed.max_total, Amount::new(12));
    let words = sealed.words();
    assert_eq!(
        sealed.list_hash,
        keccak256([words[0].as_slice(), words[1].as_slice()].concat())
    );
}

#[test]
fn a_list_that_the_contract_would_refuse_is_not_sealed() {
    let many = |count: u8| (1..=count).map(|wallet| payout(wallet, 1, 1)).collect::<Vec<_>>();
    let mut wide = many(255);
    wide.extend((1..=46u8).map(|last| SealedPayout {
        wallet: Address::with_last_byte(last),
        ..payout(1, 1, 1)
    }));
    for (payouts, code) in [
        (vec![], "empty"),
        (wide, "too_many"),
        (vec![payout(0, 1, 1)], "wallet_zero"),
        (
            vec![payout(1, 1, 1), payout(2, 1, 1), payout(1, 2, 2)],
            "wallet_twice",
        ),
        (vec![payout(1, 0, 1)], "amount_zero"),
        (vec![payout(1, 2, 1)], "target_below_amount"),
        (vec![payout(1, 1, 1 << 95)], "target_too_large"),
    ] {
        assert_eq!(seal(payouts).unwrap_err().code(), code);
    }
}
