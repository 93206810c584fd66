//! A batch as one cause: the events of its users, folded into the event that closes it.
//!
//! The journal numbers and hashes the closing event only. That event commits to those of the users by hash, so what
//! a node left out, invented or reordered is seen here.

use std::collections::BTreeMap;

use abi::payouts::{PayoutEffect, PayoutOutcome as Entry, hash_of};
use abi::{CustodyEvent, ICustody};
use alloy_primitives::{B256, U256};
use money::Amount;
use plan::{Cause, PayoutOutcome, SettledPayout};
use thiserror::Error;

use super::DecodeError;

/// What is not so about a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum BatchError {
    /// The closing event counts other entries.
    #[error("it counts {counted} entries, and {found} were seen")]
    Count {
        /// By the closing event.
        counted: U256,
        /// Seen.
        found: usize,
    },
    /// The sums of the closing event are not those of its entries.
    #[error("its sums are not those of its entries")]
    Sums,
    /// The hash of the outcomes is another one.
    #[error("its outcome hash is not that of its entries")]
    OutcomeHash,
    /// There are entries, and no closing event after them.
    #[error("it does not close")]
    NotClosed,
}

/// Entries of batches that are not closed yet, by batch: one transaction may execute several.
#[derive(Debug, Default)]
pub(super) struct OpenBatches(BTreeMap<B256, Vec<Line>>);

#[derive(Debug, Clone, Copy)]
struct Line {
    payout: SettledPayout,
    word: B256,
}

impl OpenBatches {
    /// Takes the event of one user.
    pub(super) fn add(&mut self, event: &CustodyEvent) -> Result<(), DecodeError> {
        let (name, frozen) = if let CustodyEvent::PayoutCredited(event) = event {
            ("PayoutCredited", event.frozen)
        } else {
            ("PayoutExecuted", false)
        };
        let impossible = DecodeError::OutOfRange(name);
        let (batch, entry) = Entry::from_event(event).ok_or(impossible)?;
        let outcome = match entry.effect {
            PayoutEffect::Sent(amount) => PayoutOutcome::Executed(Amount::new(amount)),
            PayoutEffect::Credited(amount) => PayoutOutcome::Credited {
                amount: Amount::new(amount),
                frozen,
            },
            PayoutEffect::Skipped => PayoutOutcome::Skipped,
        };
        self.0.entry(batch).or_default().push(Line {
            payout: SettledPayout {
                wallet: entry.user,
                outcome,
            },
            word: entry.word().map_err(|_| impossible)?,
        });
        Ok(())
    }

    /// Takes the closing event of a batch.
    pub(super) fn close(&mut self, event: &ICustody::BatchSettled) -> Result<Cause, DecodeError> {
        let lines = self.0.remove(&event.batchId).unwrap_or_default();
        check(event, &lines).map_err(|rule| DecodeError::Batch {
            batch: event.batchId,
            rule,
        })?;
        Ok(Cause::BatchSettled {
            batch_id: event.batchId,
            manifest_hash: event.manifestHash,
            payouts: lines.into_iter().map(|line| line.payout).collect(),
        })
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.0.into_keys().next() {
            Some(batch) => Err(DecodeError::Batch {
                batch,
                rule: BatchError::NotClosed,
            }),
            None => Ok(()),
        }
    }
}

fn check(event: &ICustody::BatchSettled, lines: &[Line]) -> Result<(), BatchError> {
    if event.count != U256::from(lines.len()) {
        return Err(BatchError::Count {
            counted: event.count,
            found: lines.len(),
        });
    }
    // Each below 2^95, and never as many as 2^33 of them in a transaction.
    let (mut paid, mut credited) = (U256::ZERO, U256::ZERO);
    for line in lines {
        match line.payout.outcome {
            PayoutOutcome::Executed(amount) => paid += U256::from(amount.base_units()),
            PayoutOutcome::Credited { amount, .. } => {
                paid += U256::from(amount.base_units());
                credited += U256::from(amount.base_units());
            }
            PayoutOutcome::Skipped => {}
        }
    }
    if (paid, credited) != (event.paid, event.credited) {
        return Err(BatchError::Sums);
    }
    let words: Vec<B256> = lines.iter().map(|line| line.word).collect();
    if hash_of(&words) != event.outcomeHash {
        return Err(BatchError::OutcomeHash);
    }
    Ok(())
}
