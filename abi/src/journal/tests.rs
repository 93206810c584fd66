//! Tests of `journal`.

use super::*;
use crate::bindings::ICustody;
use alloy::primitives::{Address, Bytes, IntoLogData};

fn funded(seq: u64, amount: u64) -> LogData {
    ICustody::Funded {
        from: Address::repeat_byte(1),
        seq: U256::from(seq),
        amount: U256::from(amount),
    }
    .to_log_data()
}

fn paid() -> LogData {
    ICustody::PayoutExecuted {
        batchId: B256::ZERO,
        user: Address::repeat_byte(2),
        amount: U256::from(3),
    }
    .to_log_data()
}

#[test]
fn events_without_a_number_belong_to_the_entry_that_follows() {
    let mut journal = Journal::default();
    assert_eq!(journal.take(&paid()), Ok(None));
    assert_eq!(journal, Journal::default());
    assert_eq!(journal.take(&funded(1, 5)), Ok(Some(1)));
    assert_eq!(journal.seq, 1);
}

#[test]
fn a_missing_repeated_or_reordered_entry_is_refused_and_changes_nothing() {
    let first = Journal::default().fold([&funded(1, 5)]).expect("contiguous");
    for seq in [0, 1, 3] {
        let mut journal = first;
        assert_eq!(
            journal.take(&funded(seq, 5)),
            Err(JournalError::NotContiguous {
                expected: 2,
                found: U256::from(seq)
            })
        );
        assert_eq!(journal, first);
    }
}

#[test]
fn any_changed_byte_changes_the_root() {
    let root = |amount| {
        Journal::default()
            .fold([&funded(1, amount)])
            .expect("contiguous")
            .root
    };
    assert_ne!(root(5), root(6));
}

#[test]
fn an_unknown_event_stops_the_fold() {
    let topic = B256::repeat_byte(9);
    let alien = LogData::new_unchecked(vec![topic], Bytes::new());
    assert_eq!(
        Journal::default().fold([&funded(1, 5), &alien]),
        Err(JournalError::Event(EventError::Unknown { topic }))
    );
}

#[test]
fn a_full_journal_takes_nothing_more() {
    let mut journal = Journal {
        seq: u64::MAX,
        ..Journal::default()
    };
    assert_eq!(journal.take(&funded(0, 5)), Err(JournalError::Full));
}
