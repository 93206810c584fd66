//! A batch in the making, and the sealed batch.

use alloy_primitives::B256;
use ledger::{BalanceChanges, BatchHasher, BatchHeader, Transfer, fold_into};
use money::Amount;
use plan::{Cause, Outcome};

use super::changes::Changes;
use super::{DepositIndex, PostingError, Tail};
use crate::inbox::{BlockRef, Entry};

/// Facts that have outcomes and numbers, but no place in the hash chain yet.
#[derive(Clone, Debug)]
pub struct Draft {
    start: Tail,
    /// Where the batch ends so far.
    chain_seq: u64,
    facts: Vec<FactRow>,
    transfers: Vec<Transfer>,
    balances: BalanceChanges,
    changes: Changes,
    has_parts: bool,
}

/// A sealed batch.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(super) header: BatchHeader,
    pub(super) prev_hash: B256,
    pub(super) hash: B256,
    pub(super) chain_seq: u64,
    pub(super) amount: Amount,
    pub(super) facts: Vec<FactRow>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) balances: BalanceChanges,
    pub(super) changes: Changes,
    /// Whether facts of it continue one.
    pub(super) has_parts: bool,
}

/// A numbered fact.
#[derive(Clone, Copy, Debug)]
pub(super) struct FactRow {
    pub(super) seq: u64,
    pub(super) inbox_id: i64,
    pub(super) fingerprint: B256,
}

impl Draft {
    /// An empty batch that follows `start`.
    pub fn new(start: &Tail) -> Self {
        Self {
            start: *start,
            chain_seq: start.chain_seq,
            facts: Vec::new(),
            transfers: Vec::new(),
            balances: BalanceChanges::new(),
            changes: Changes::default(),
            has_parts: false,
        }
    }

    /// Number of the next fact.
    pub fn next_fact(&self) -> u64 {
        self.start.fact_seq + self.facts.len() as u64 + 1
    }

    /// Facts so far.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Transfers so far.
    pub fn transfer_count(&self) -> usize {
        self.transfers.len()
    }

    /// Whether there is no fact.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Numbers a cause and takes its outcome.
    ///
    /// # Errors
    /// A gap in the journal, or an outcome that does not fit what is in `deposits`.
    pub fn add(
        &mut self,
        deposits: &mut DepositIndex,
        entry: &Entry,
        outcome: &Outcome,
    ) -> Result<(), PostingError> {
        if let Some((seq, _)) = entry.chain {
            if self.chain_seq != 0 && seq != self.chain_seq + 1 {
                return Err(PostingError::JournalGap {
                    last: self.chain_seq,
                    found: seq,
                });
            }
            self.chain_seq = seq;
        }
        let fact_seq = self.next_fact();
        deposits.learn(fact_seq, outcome);
        for (number, leg) in (0u32..).zip(&outcome.legs) {
            let transfer = leg.at(fact_seq, number);
            fold_into(&mut self.balances, &transfer)
                .map_err(|source| PostingError::Fold { fact_seq, source })?;
            self.transfers.push(transfer);
        }
        self.changes
            .add(deposits, fact_seq, entry.effective_at, outcome)?;
        self.has_parts |= matches!(entry.cause, Cause::Continued { .. });
        self.facts.push(FactRow {
            seq: fact_seq,
            inbox_id: entry.id,
            fingerprint: entry.fingerprint,
        });
        Ok(())
    }

    /// Closes the batch; `completed` is the last block of which nothing waits behind it.
    #[must_use]
    pub fn seal(self, completed: Option<BlockRef>) -> Batch {
        let block = completed.unwrap_or(self.start.block);
        let header = BatchHeader {
            seq: self.start.batch_seq + 1,
            first_fact: self.start.fact_seq + 1,
            last_fact: self.start.fact_seq + self.facts.len() as u64,
            block_number: block.number,
            block_hash: block.hash,
        };
        let prev_hash = self.start.hash;
        let mut hasher = BatchHasher::new(prev_hash, &header);
        for fact in &self.facts {
            hasher.fact(fact.seq, fact.fingerprint);
        }
        let mut amount = Amount::ZERO;
        for transfer in &self.transfers {
            hasher.transfer(transfer);
            // A sum for people: the balances are what is checked.
            amount = amount
                .checked_add(transfer.amount)
                .unwrap_or(Amount::new(u128::MAX));
        }
        Batch {
            header,
            prev_hash,
            hash: hasher.finish(),
            chain_seq: self.chain_seq,
            amount,
            facts: self.facts,
            transfers: self.transfers,
            balances: self.balances,
            changes: self.changes,
            has_parts: self.has_parts,
        }
    }
}

impl Batch {
    /// The end of what is posted, once this batch is.
    pub const fn tail(&self) -> Tail {
        Tail {
            batch_seq: self.header.seq,
            fact_seq: self.header.last_fact,
            hash: self.hash,
            block: BlockRef {
                number: self.header.block_number,
                hash: self.header.block_hash,
            },
            chain_seq: self.chain_seq,
        }
    }

    /// Its transfers, in order.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }
}
