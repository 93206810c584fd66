//! The contract's journal as a pure fold: a number and a rolling root over every state-changing call.
//!
//! With the head before a block and the block's logs in order, [`Journal::fold`] proves that nothing is missing, and the
//! head after it can be compared with `journalHead()` at that block. Not responsible for the meaning of events.

use alloy::primitives::{B256, FixedBytes, LogData, U256, keccak256};
use thiserror::Error;

use crate::events::{self, CustodyEvent, EventError};

/// Head of the journal: number of the last entry and root over all entries. Starts at zero and zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Journal {
    /// Number of the last entry; 0 before the first.
    pub seq: u64,
    /// Upper 192 bits of the last link's hash.
    pub root: FixedBytes<24>,
}

/// Why a log does not continue the journal. The journal is left as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalError {
    /// The log is not an event of the contract.
    #[error("the log is not an event of the contract")]
    Event(#[from] EventError),
    /// Entries are missing, repeated or out of order.
    #[error("the journal continues with entry {found}, expected {expected}")]
    NotContiguous {
        /// Number that the next entry must carry.
        expected: u64,
        /// Number that it carries.
        found: U256,
    },
    /// All 2^64 numbers are used up.
    #[error("the journal is full")]
    Full,
}

/// What an entry adds to the journal: `keccak256(topics ‖ data)` of its main event.
#[must_use]
pub fn content_hash(topics: &[B256], data: &[u8]) -> B256 {
    let mut content = topics.concat();
    content.extend_from_slice(data);
    keccak256(content)
}

impl Journal {
    /// Appends one entry, exactly as the contract does:
    /// `root = keccak256(root192 << 64, keccak256(topics ‖ data)) >> 64`.
    ///
    /// # Errors
    /// [`JournalError::Full`] after entry `u64::MAX`.
    pub fn append(&mut self, topics: &[B256], data: &[u8]) -> Result<(), JournalError> {
        let seq = self.seq.checked_add(1).ok_or(JournalError::Full)?;
        let mut link = [0_u8; 64];
        link[..24].copy_from_slice(self.root.as_slice());
        link[32..].copy_from_slice(content_hash(topics, data).as_slice());
        self.root = FixedBytes::from_slice(&keccak256(link)[..24]);
        self.seq = seq;
        Ok(())
    }

    /// Takes the next log of the contract. Returns the number of the entry when the log is a main event, and `None` when
    /// it belongs to the entry that follows (per-user events of a batch or of leaves) or comes from a library.
    ///
    /// # Errors
    /// [`JournalError`] when the log is no event of the contract or does not carry the next number.
    pub fn take(&mut self, log: &LogData) -> Result<Option<u64>, JournalError> {
        let event = events::decode(log)?;
        self.take_decoded(log, event.as_ref())
    }

    /// As [`Self::take`], of a log that was decoded already.
    ///
    /// # Errors
    /// [`JournalError`] when the log does not carry the next number.
    pub fn take_decoded(
        &mut self,
        log: &LogData,
        event: Option<&CustodyEvent>,
    ) -> Result<Option<u64>, JournalError> {
        let Some(found) = event.and_then(events::seq_of) else {
            return Ok(None);
        };
        let expected = self.seq.checked_add(1).ok_or(JournalError::Full)?;
        if found != U256::from(expected) {
            return Err(JournalError::NotContiguous { expected, found });
        }
        self.append(log.topics(), &log.data)?;
        Ok(Some(expected))
    }

    /// Takes the contract's logs of one transaction, block or range, in order, and returns the head after them.
    ///
    /// # Errors
    /// The first [`JournalError`].
    pub fn fold<'a>(mut self, logs: impl IntoIterator<Item = &'a LogData>) -> Result<Self, JournalError> {
        for log in logs {
            self.take(log)?;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
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
}
