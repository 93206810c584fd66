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
mod tests;
