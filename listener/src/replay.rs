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

use crate::error::StepError;
use crate::span::{decoded, finish, stored};

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
        let header = header
            .ok_or_else(|| StepError::Contradiction("a log without the header of its block".to_owned()))?;
        let mut decoder = Decoder::default();
        for log in block {
            replayed.take(log, header.timestamp, &mut decoder)?;
        }
        finish(decoder, number)?;
    }
    Ok(replayed)
}

impl Replayed {
    fn take(&mut self, log: &ContractLog, timestamp: u64, decoder: &mut Decoder) -> Result<(), StepError> {
        let (event, cause) = decoded(log, decoder)?;
        let seq = event.as_ref().and_then(events::seq_of);
        let seq = seq.map(|seq| seq.saturating_to::<u64>());
        self.entries.extend(seq.zip(cause).map(|(seq, cause)| ChainEntry {
            seq,
            block: BlockRef {
                number: log.block.number,
                hash: log.block.hash,
            },
            transaction_hash: log.transaction_hash,
            effective_at: timestamp,
            cause,
        }));
        self.logs.push(stored(log, seq));
        Ok(())
    }
}
