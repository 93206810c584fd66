//! Verifies causes from the chain before posting: each must match the log of a final block.
//!
//! The inbox is a table that another process writes. So is the log, but a row of it is one of the contract's events with its
//! block and transaction, which the reconciler compares with the chain; and nothing becomes money here that only the inbox says.

use std::collections::{BTreeMap, HashMap};

use abi::CustodyEvent;
use abi::events;
use alloy_primitives::{B256, U256};
use causes::{Decoder, ReadError};
use plan::Cause;
use sqlx::PgConnection;
use store::StoreError;
use store::inbox::Entry;
use store::journal::{self, FinalBlock, Log};
use thiserror::Error;

/// Why a cause of the chain is not posted, nor anything behind it. People have to look: the runbook "An entry that no final
/// log proves".
#[derive(Debug, Error)]
pub enum ProofError {
    /// No log of a final block has its number, block and transaction.
    #[error("journal entry {seq} of the inbox is not in the log of a final block")]
    NotLogged {
        /// Which.
        seq: u64,
    },
    /// The log has another number in it, or is of another height or time.
    #[error("journal entry {seq} of the inbox has a different position from its log")]
    OtherPlace {
        /// Which.
        seq: u64,
    },
    /// The log says something else.
    #[error("journal entry {seq} of the inbox differs from its log")]
    OtherCause {
        /// Which.
        seq: u64,
    },
    /// The log cannot be decoded.
    #[error("the log of journal entry {seq} cannot be decoded")]
    Unreadable {
        /// Which.
        seq: u64,
        /// Why not.
        #[source]
        source: ReadError,
    },
    /// The database does not respond.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares all causes of the chain among `entries` with the final logs.
///
/// # Errors
/// [`ProofError`], for the first that is not proven.
pub(crate) async fn prove(connection: &mut PgConnection, entries: &[Entry]) -> Result<(), ProofError> {
    let mut numbers = entries.iter().filter_map(|entry| Some(entry.chain?.0));
    let Some(mut first) = numbers.next() else {
        return Ok(());
    };
    let mut last = first;
    for seq in numbers {
        (first, last) = (first.min(seq), last.max(seq));
    }
    let final_logs = FinalLogs::read(connection, entries, first, last).await?;
    let mut payouts = Payouts::default();
    for entry in entries {
        let Some((seq, block)) = entry.chain else { continue };
        let (log, found) = final_logs
            .find(entry, seq, block.hash)
            .ok_or(ProofError::NotLogged { seq })?;
        if (found.number, found.timestamp) != (block.number, entry.effective_at) {
            return Err(ProofError::OtherPlace { seq });
        }
        let unreadable = |source| ProofError::Unreadable { seq, source };
        let event = events::decode(&log.data).map_err(|error| unreadable(error.into()))?;
        let found = match event {
            Some(CustodyEvent::BatchSettled(_) | CustodyEvent::LeavesSettled(_)) => {
                payouts.add(log.transaction_hash, seq, &entry.cause);
                continue;
            }
            Some(event) => {
                let cause = Decoder::default()
                    .take(&event)
                    .map_err(|error| unreadable(error.into()))?;
                events::seq_of(&event).zip(cause)
            }
            None => None,
        };
        compare(seq, &entry.cause, found.as_ref())?;
    }
    payouts.prove(connection).await
}

/// What is stored of the chain about some entries.
struct FinalLogs {
    /// By number and block: abandoned branches have other logs under the same numbers.
    logs: HashMap<(u64, B256), Log>,
    blocks: HashMap<B256, FinalBlock>,
}

impl FinalLogs {
    async fn read(
        connection: &mut PgConnection,
        entries: &[Entry],
        first: u64,
        last: u64,
    ) -> Result<Self, StoreError> {
        let mut blocks: Vec<B256> = entries
            .iter()
            .filter_map(|entry| Some(entry.chain?.1.hash))
            .collect();
        blocks.dedup();
        let blocks = journal::list_final_blocks(connection, &blocks).await?;
        let logs = journal::list_entries(connection, first, last).await?;
        Ok(Self {
            logs: logs
                .into_iter()
                .filter_map(|log| Some(((log.seq?, log.block_hash), log)))
                .collect(),
            blocks: blocks.into_iter().map(|block| (block.hash, block)).collect(),
        })
    }

    /// The log of an entry, and its block.
    fn find(&self, entry: &Entry, seq: u64, block: B256) -> Option<(&Log, &FinalBlock)> {
        let log = self.logs.get(&(seq, block))?;
        let is_same = Some(log.transaction_hash) == entry.transaction_hash;
        Some((log, self.blocks.get(&block)?)).filter(|_| is_same)
    }
}

fn compare(seq: u64, cause: &Cause, found: Option<&(U256, Cause)>) -> Result<(), ProofError> {
    match found {
        Some((number, _)) if *number != U256::from(seq) => Err(ProofError::OtherPlace { seq }),
        Some((_, found)) if found == cause => Ok(()),
        Some(_) | None => Err(ProofError::OtherCause { seq }),
    }
}

/// Causes that consist of several logs, by transaction.
#[derive(Default)]
struct Payouts<'a>(BTreeMap<B256, Vec<(u64, &'a Cause)>>);

impl<'a> Payouts<'a> {
    fn add(&mut self, transaction: B256, seq: u64, cause: &'a Cause) {
        self.0.entry(transaction).or_default().push((seq, cause));
    }

    async fn prove(self, connection: &mut PgConnection) -> Result<(), ProofError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let transactions: Vec<B256> = self.0.keys().copied().collect();
        let logs = journal::list_transactions(connection, &transactions).await?;
        for logs in logs.chunk_by(|one, next| one.transaction_hash == next.transaction_hash) {
            let mut wanted = self.0.get(&logs[0].transaction_hash).cloned().unwrap_or_default();
            let mut decoder = Decoder::default();
            for log in logs {
                let seq = wanted.first().map_or(0, |(seq, _)| *seq);
                let unreadable = |source| ProofError::Unreadable { seq, source };
                let found = decoder.read(&log.data).map_err(unreadable)?;
                if let Some(place) = wanted.iter().position(|(seq, _)| log.seq == Some(*seq)) {
                    let (seq, cause) = wanted.remove(place);
                    compare(seq, cause, found.as_ref())?;
                }
            }
            if let Some((seq, _)) = wanted.first() {
                return Err(ProofError::NotLogged { seq: *seq });
            }
        }
        Ok(())
    }
}
