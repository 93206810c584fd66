//! The transaction of a step: blocks, logs, what became final as causes, and the checkpoint, all or nothing.

use abi::Journal;
use causes::{DecodeError, Decoder, ReadError};
use chain::BlockHeader;
use service::fault_point;
use store::chain_log::{self, JournalEntry, StoredBlock};
use store::checkpoint::{self, Checkpoint};
use store::inbox::{self, BlockRef, ChainEntry, InboxError};
use store::lease::{self, Lease};
use store::{PgPool, StoreError};

use crate::error::{Halt, StepError};
use crate::span::Span;
use crate::view::Held;

/// What a step added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// Journal entries that became final.
    pub(crate) entries: usize,
}

/// Writes the first checkpoint: the contract's journal is empty after this block.
pub(crate) async fn begin(pool: &PgPool, lease: Lease, below: &BlockHeader) -> Result<(), StepError> {
    let journal = Journal::default();
    let first = Checkpoint {
        head_number: below.number,
        head_hash: below.hash,
        final_number: below.number,
        final_hash: below.hash,
        final_timestamp: below.timestamp,
        final_seq: journal.seq,
        final_root: journal.root,
    };
    let mut transaction = pool.begin().await.map_err(StoreError::from)?;
    lease::check(&mut transaction, lease).await?;
    checkpoint::insert(&mut transaction, &first).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    Ok(())
}

/// Records a proven span, and everything through `newly_final` as final.
pub(crate) async fn record(
    pool: &PgPool,
    lease: Lease,
    held: &Held,
    span: &Span,
    newly_final: Option<&StoredBlock>,
) -> Result<Recorded, StepError> {
    let from = held.checkpoint;
    let mut to = from;
    if let Some(top) = span.blocks.last() {
        (to.head_number, to.head_hash) = (top.number, top.hash);
    }
    let mut transaction = pool.begin().await.map_err(StoreError::from)?;
    lease::check(&mut transaction, lease).await?;
    fault_point("listener.before_insert");
    chain_log::insert_blocks(&mut transaction, &span.blocks).await?;
    chain_log::insert_logs(&mut transaction, &span.logs).await?;
    let mut entries = Vec::new();
    if let Some(end) = newly_final {
        to.final_number = end.number;
        to.final_hash = end.hash;
        to.final_timestamp = end.timestamp;
        to.final_seq = end.seq_end;
        to.final_root = end.root_end;
        let stored = chain_log::finalize(&mut transaction, from.final_number, end.number).await?;
        entries = causes(&stored, from.final_seq, end.seq_end)?;
        inbox::insert(&mut transaction, &entries)
            .await
            .map_err(refused_by_inbox)?;
    }
    checkpoint::update(&mut transaction, &from, &to).await?;
    fault_point("listener.before_commit");
    transaction.commit().await.map_err(StoreError::from)?;
    fault_point("listener.after_commit");
    Ok(Recorded {
        entries: entries.len(),
    })
}

/// The entries as causes: each of the numbers above `after` through `last`, once.
fn causes(stored: &[JournalEntry], after: u64, last: u64) -> Result<Vec<ChainEntry>, Halt> {
    let numbers = after.saturating_add(1)..=last;
    if !numbers.eq(stored.iter().map(|entry| entry.seq)) {
        return Err(Halt::StoredContradiction(format!(
            "some of the journal entries {} to {last} are missing",
            after.saturating_add(1)
        )));
    }
    let mut decoder = Decoder::default();
    let mut causes = Vec::with_capacity(stored.len());
    for entry in stored {
        decoder
            .enter(entry.transaction_hash)
            .map_err(|error| contradiction(&error))?;
        causes.push(cause(entry, &mut decoder)?);
    }
    decoder.finish().map_err(|error| contradiction(&error))?;
    Ok(causes)
}

fn contradiction(error: &DecodeError) -> Halt {
    Halt::StoredContradiction(error.to_string())
}

/// What is stored was decoded when it was read, so whatever can no longer be decoded was changed in the database.
fn cause(entry: &JournalEntry, decoder: &mut Decoder) -> Result<ChainEntry, Halt> {
    let (block, transaction) = (entry.block_number, entry.transaction_hash);
    let mut cause = None;
    for log in entry.parts.iter().chain([&entry.data]) {
        cause = decoder.read(log).map_err(|error| match error {
            ReadError::Event(source) => Halt::UnknownEvent {
                block,
                transaction,
                source,
            },
            ReadError::Decode(error) => contradiction(&error),
        })?;
    }
    let Some((_, cause)) = cause else {
        return Err(Halt::StoredContradiction(format!(
            "the journal entry {} is not a numbered event",
            entry.seq
        )));
    };
    Ok(ChainEntry {
        seq: entry.seq,
        block: BlockRef {
            number: entry.block_number,
            hash: entry.block_hash,
        },
        transaction_hash: entry.transaction_hash,
        effective_at: entry.timestamp,
        cause,
    })
}

pub(crate) fn refused_by_inbox(error: InboxError) -> StepError {
    match error {
        InboxError::Store(error) => StepError::Store(error),
        error
        @ (InboxError::JournalContradicts { .. } | InboxError::KeyReused | InboxError::KeyMalformed) => {
            Halt::InboxContradicts(error).into()
        }
    }
}
