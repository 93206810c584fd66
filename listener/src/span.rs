//! Blocks with their logs, folded onto the journal: what a step read, ready to be recorded.
//!
//! Pure. Whether the fold ends where the contract says is for the reader of the chain to compare.

use abi::{CustodyEvent, Journal, events};
use alloy_primitives::B256;
use causes::{DecodeError, Decoder};
use chain::{BlockHeader, ContractLog};
use plan::Cause;
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
        let mut decoder = Decoder::default();
        for log in logs {
            let (event, _) = decoded(log, &mut decoder)?;
            let folded = self.journal.take_decoded(&log.data, event.as_ref());
            let block = header.number;
            let seq = folded.map_err(|source| StepError::NotContiguous { block, source })?;
            self.logs.push(stored(log, seq));
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
}

/// One log as an event and as a cause; halts when it could not become one, long before it is final.
pub(crate) fn decoded(
    log: &ContractLog,
    decoder: &mut Decoder,
) -> Result<(Option<CustodyEvent>, Option<Cause>), StepError> {
    let (block, transaction) = (log.block.number, log.transaction_hash);
    let event = events::decode(&log.data).map_err(|source| Halt::UnknownEvent {
        block,
        transaction,
        source,
    })?;
    decoder
        .enter(transaction)
        .map_err(|error| refused(error, block, transaction))?;
    let cause = match &event {
        Some(event) => decoder
            .take(event)
            .map_err(|error| refused(error, block, transaction))?,
        // An event of a library carries no news.
        None => None,
    };
    Ok((event, cause))
}

pub(crate) fn stored(log: &ContractLog, seq: Option<u64>) -> StoredLog {
    StoredLog {
        block_number: log.block.number,
        block_hash: log.block.hash,
        log_index: log.log_index,
        transaction_hash: log.transaction_hash,
        transaction_index: log.transaction_index,
        data: log.data.clone(),
        seq,
    }
}

pub(crate) fn finish(decoder: Decoder, block: u64) -> Result<(), StepError> {
    decoder
        .finish()
        .map_err(|error| StepError::Contradiction(format!("block {block}: {error}")))
}

/// Payouts whose events do not add up were read from a node that left some out, as with a journal that does not
/// continue: the next step asks again, and nothing is recorded before they do.
fn refused(error: DecodeError, block: u64, transaction: B256) -> StepError {
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
