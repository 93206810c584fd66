//! Tests of `batch`.

use super::*;
use crate::{Account, Leg, Movement, Reason, UserId};
use money::Amount;

fn header() -> BatchHeader {
    BatchHeader {
        seq: 1,
        first_fact: 1,
        last_fact: 1,
        block_number: 9,
        block_hash: B256::repeat_byte(7),
    }
}

fn transfer(amount: u128) -> Transfer {
    let user = UserId::new(1).unwrap();
    Leg {
        debit: Account::Custody,
        credit: Account::Available(user),
        amount: Amount::new(amount),
        reason: Reason::Direct,
        recipient: None,
        source: None,
        movement: Movement::Single,
    }
    .at(1, 0)
}

fn hash(prev: B256, header: &BatchHeader, fingerprint: B256, amount: u128) -> B256 {
    let mut hasher = BatchHasher::new(prev, header);
    hasher.fact(1, fingerprint);
    hasher.transfer(&transfer(amount));
    hasher.finish()
}

#[test]
fn every_part_of_a_batch_is_in_its_hash() {
    let base = hash(B256::ZERO, &header(), B256::ZERO, 5);
    assert_eq!(base, hash(B256::ZERO, &header(), B256::ZERO, 5));
    let other_header = BatchHeader {
        block_number: 10,
        ..header()
    };
    for other in [
        hash(B256::repeat_byte(1), &header(), B256::ZERO, 5),
        hash(B256::ZERO, &other_header, B256::ZERO, 5),
        hash(B256::ZERO, &header(), B256::repeat_byte(1), 5),
        hash(B256::ZERO, &header(), B256::ZERO, 6),
    ] {
        assert_ne!(base, other);
    }
}
