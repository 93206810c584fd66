//! Blocks with their logs, folded onto the journal: what a step read, ready to be recorded.
//!
//! Pure. Whether the fold ends where the contract says is for the reader of the chain to compare.

use abi::journal::JournalError;
use abi::{Journal, events};
use alloy_primitives::B256;
use causes::{DecodeError, Decoder};
use chain::{BlockHeader, ContractLog};
use store::chain_log::{StoredBlock, StoredLog};

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
        let (mut decoder, mut decoding) = (Decoder::default(), None);
        for log in logs {
            if decoding != Some(log.transaction_hash) {
                finish(std::mem::take(&mut decoder), header.number)?;
                decoding = Some(log.transaction_hash);
            }
            let seq = self.take(log, &mut decoder)?;
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
        finish(decoder, header.number)?;
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
    fn take(&mut self, log: &ContractLog, decoder: &mut Decoder) -> Result<Option<u64>, StepError> {
        let (block, transaction) = (log.block.number, log.transaction_hash);
        let unknown = |source| Halt::UnknownEvent {
            block,
            transaction,
            source,
        };
        if let Some(event) = events::decode(&log.data).map_err(unknown)? {
            decoder
                .take(&event)
                .map_err(|error| refused(error, block, transaction))?;
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

pub(crate) fn finish(decoder: Decoder, block: u64) -> Result<(), StepError> {
    decoder
        .finish()
        .map_err(|error| StepError::Contradiction(format!("block {block}: {error}")))
}

/// Payouts whose events do not add up were read from a node that left some out, as with a journal that does not
/// continue: the next step asks again, and nothing is recorded before they do.
pub(crate) fn refused(error: DecodeError, block: u64, transaction: B256) -> StepError {
    match error {
        DecodeError::OutOfRange(event) => Halt::ImpossibleEvent {
            event,
            block,
            transaction,
        }
        .into(),
        DecodeError::Payouts { .. } => StepError::Contradiction(format!("block {block}: {error}")),
    }
}
