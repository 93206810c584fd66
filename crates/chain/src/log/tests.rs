//! Tests of `log`.

use super::*;

const CONTRACT: Address = Address::repeat_byte(1);

fn log(number: u64, hash: u8, log_index: u64) -> Log {
    Log {
        inner: alloy::primitives::Log {
            address: CONTRACT,
            data: LogData::default(),
        },
        block_hash: Some(B256::repeat_byte(hash)),
        block_number: Some(number),
        block_timestamp: None,
        transaction_hash: Some(B256::ZERO),
        transaction_index: Some(0),
        log_index: Some(log_index),
        removed: false,
    }
}

fn refused(logs: Vec<Log>) -> bool {
    matches!(accept(logs, CONTRACT, 5..=9), Err(ChainError::Malformed { .. }))
}

#[test]
fn ordered_logs_of_the_range_are_accepted() {
    let accepted = accept(vec![log(5, 1, 0), log(5, 1, 3), log(9, 2, 0)], CONTRACT, 5..=9).unwrap();
    assert_eq!(accepted.len(), 3);
    assert_eq!(accepted[2].block.number, 9);
}

#[test]
fn logs_that_were_not_asked_for_are_refused() {
    assert!(refused(vec![log(4, 1, 0)]), "below the range");
    assert!(refused(vec![log(10, 1, 0)]), "above the range");
    assert!(refused(vec![log(6, 1, 0), log(5, 2, 0)]), "descending");
    assert!(refused(vec![log(5, 1, 1), log(5, 1, 1)]), "repeated");
    assert!(
        refused(vec![log(5, 1, 1), log(5, 2, 2)]),
        "two blocks of one height"
    );
    let mut foreign = log(5, 1, 0);
    foreign.inner.address = Address::ZERO;
    assert!(refused(vec![foreign]), "another contract");
    let mut removed = log(5, 1, 0);
    removed.removed = true;
    assert!(refused(vec![removed]), "removed");
    let mut pending = log(5, 1, 0);
    pending.block_hash = None;
    assert!(refused(vec![pending]), "not in a block");
}
