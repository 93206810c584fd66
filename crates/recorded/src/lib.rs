//! Journal entries put into a database as the listener does: final blocks, the logs that the contract would have emitted, and
//! the causes. For tests and benchmarks that post facts without a chain.

use alloy_primitives::{B256, FixedBytes};
use store::chain_log::{self, StoredBlock, StoredLog};
use store::inbox::{self, ChainEntry};
use store::{PgTransaction, StoreError};

/// Places between the logs of one journal entry and those of the next: more than a batch has payouts.
const LOGS_PER_ENTRY: u64 = 512;

/// Records entries whose blocks ascend. A block may be continued by a later call.
///
/// # Errors
/// The database refuses.
///
/// # Panics
/// A cause that no log of the contract says, an entry that contradicts a stored one, or more entries than log indexes.
pub async fn record(transaction: &mut PgTransaction<'_>, entries: &[ChainEntry]) -> Result<(), StoreError> {
    let blocks: Vec<StoredBlock> = entries
        .chunk_by(|one, next| one.block == next.block)
        .map(|entries| block(&entries[entries.len() - 1]))
        .collect();
    chain_log::insert_blocks(transaction, &blocks).await?;
    let logs: Vec<StoredLog> = entries.iter().flat_map(logs).collect();
    chain_log::insert_logs(transaction, &logs).await?;
    if let (Some(first), Some(last)) = (blocks.first(), blocks.last()) {
        chain_log::finalize(transaction, first.number.saturating_sub(1), last.number).await?;
    }
    match inbox::insert(transaction, entries).await {
        Ok(_) => Ok(()),
        Err(inbox::InboxError::Store(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

fn block(last: &ChainEntry) -> StoredBlock {
    StoredBlock {
        number: last.block.number,
        hash: last.block.hash,
        parent_hash: B256::ZERO,
        timestamp: last.effective_at,
        seq_end: last.seq,
        root_end: FixedBytes::ZERO,
    }
}

fn logs(entry: &ChainEntry) -> Vec<StoredLog> {
    let logs = causes::logs_of(entry.seq, &entry.cause)
        .unwrap_or_else(|| panic!("no log of the contract says {:?}", entry.cause));
    let main = logs.len() - 1;
    let place = |number: usize| {
        let place = entry.seq * LOGS_PER_ENTRY + number as u64;
        u32::try_from(place).expect("fewer entries than log indexes")
    };
    logs.into_iter()
        .enumerate()
        .map(|(number, data)| StoredLog {
            block_number: entry.block.number,
            block_hash: entry.block.hash,
            log_index: place(number),
            transaction_hash: entry.transaction_hash,
            transaction_index: 0,
            data,
            seq: (number == main).then_some(entry.seq),
        })
        .collect()
}
