//! A re-read range of final blocks: what the database should contain for it.
//!
//! `answer` carries out what operators requested, `compare` finds what is stored otherwise. Not responsible, without the
//! journal before the range, for proving that no log is missing.

mod answer;
mod compare;

use std::ops::RangeInclusive;

use abi::events;
use causes::Decoder;
use chain::{ChainReader, ContractLog};
use store::chain_log::StoredLog;
use store::inbox::{BlockRef, ChainEntry};

use crate::error::{Halt, StepError};
use crate::span::{finish, refused};

/// What the chain says about a range of blocks.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    /// Every log of the contract, in the chain's order.
    pub logs: Vec<StoredLog>,
    /// Every journal entry.
    pub entries: Vec<ChainEntry>,
}

/// Reads a range of blocks, which should be final, and decodes it as the listener does.
///
/// # Errors
/// [`StepError`] when the node is not read, contradicts itself, or has an event that the contract cannot emit.
pub async fn read(reader: &ChainReader, heights: RangeInclusive<u64>) -> Result<Replayed, StepError> {
    let range = reader.logs_of_range(heights).await?;
    let mut replayed = Replayed::default();
    for block in range.logs.chunk_by(|one, next| one.block == next.block) {
        let number = block[0].block.number;
        let header = range
            .headers
            .iter()
            .find(|header| header.block() == block[0].block);
        let header =
            header.ok_or_else(|| StepError::Contradiction("no block header for a log".to_owned()))?;
        for transaction in block.chunk_by(|one, next| one.transaction_hash == next.transaction_hash) {
            let mut decoder = Decoder::default();
            for log in transaction {
                replayed.take(log, header.timestamp, &mut decoder)?;
            }
            finish(decoder, number)?;
        }
    }
    Ok(replayed)
}

impl Replayed {
    fn take(&mut self, log: &ContractLog, timestamp: u64, decoder: &mut Decoder) -> Result<(), StepError> {
        let (block, transaction) = (log.block.number, log.transaction_hash);
        let event = events::decode(&log.data).map_err(|source| Halt::UnknownEvent {
            block,
            transaction,
            source,
        })?;
        let mut seq = None;
        if let Some(event) = event {
            let cause = decoder.take(&event);
            let cause = cause.map_err(|error| refused(error, block, transaction))?;
            seq = events::seq_of(&event).map(|seq| seq.saturating_to::<u64>());
            if let (Some(seq), Some(cause)) = (seq, cause) {
                self.entries.push(ChainEntry {
                    seq,
                    block: BlockRef {
                        number: block,
                        hash: log.block.hash,
                    },
                    transaction_hash: transaction,
                    effective_at: timestamp,
                    cause,
                });
            }
        }
        self.logs.push(StoredLog {
            block_number: block,
            block_hash: log.block.hash,
            log_index: log.log_index,
            transaction_hash: transaction,
            transaction_index: log.transaction_index,
            data: log.data.clone(),
            seq,
        });
        Ok(())
    }
}
