//! Blocks with their logs, folded onto the journal: what a step read, ready to be recorded.
//!
//! Pure. Whether the fold ends where the contract says is for the reader of the chain to compare.

use abi::journal::JournalError;
use abi::{Journal, events};
use chain::{BlockHeader, ContractLog};
use store::chain_log::{StoredBlock, StoredLog};

use crate::decode::cause_of;
use crate::error::{Halt, StepError};

/// What a step read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span {
    /// Ascending.
    pub(crate) blocks: Vec<StoredBlock>,
    /// In the chain's order.
    pub(crate) logs: Vec<StoredLog>,
    /// The journal after the last of them.
    pub(crate) journal: Journal,
}

impl Span {
    /// A span without blocks.
    pub(crate) fn after(journal: Journal) -> Self {
        Self {
            journal,
            ..Self::default()
        }
    }

    /// Adds the next block with all its logs.
    pub(crate) fn push(&mut self, header: &BlockHeader, logs: &[ContractLog]) -> Result<(), StepError> {
        for log in logs {
            let seq = self.take(log)?;
            self.logs.push(StoredLog {
                block_number: header.number,
                block_hash: header.hash,
                log_index: log.log_index,
                transaction_hash: log.transaction_hash,
                transaction_index: log.transaction_index,
                data: log.data.clone(),
                seq,
            });
        }
        self.blocks.push(StoredBlock {
            number: header.number,
            hash: header.hash,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            seq_end: self.journal.seq,
            root_end: self.journal.root,
        });
        Ok(())
    }

    /// Folds one log; halts when it could not become a cause, long before it is final.
    fn take(&mut self, log: &ContractLog) -> Result<Option<u64>, StepError> {
        let (block, transaction) = (log.block.number, log.transaction_hash);
        let unknown = |source| Halt::UnknownEvent {
            block,
            transaction,
            source,
        };
        if let Some(event) = events::decode(&log.data).map_err(unknown)? {
            cause_of(&event).map_err(|no_cause| Halt::MeaninglessEvent {
                event: no_cause.event(),
                block,
                transaction,
            })?;
        }
        match self.journal.take(&log.data) {
            Ok(seq) => Ok(seq),
            Err(JournalError::Event(source)) => Err(unknown(source).into()),
            Err(source @ (JournalError::NotContiguous { .. } | JournalError::Full)) => {
                Err(StepError::NotContiguous { block, source })
            }
        }
    }
}
