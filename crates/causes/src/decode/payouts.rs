//! A batch, or leaves of a root that were settled together, as one cause: the events of their users, folded into the event
//! that closes them.
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

/// What is not so about payouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PayoutsError {
    /// The closing event counts other entries.
    #[error("it counts {counted} entries, but {found} were seen")]
    Count {
        /// By the closing event.
        counted: U256,
        /// Seen.
        found: usize,
    },
    /// The sums of the closing event are not those of its entries.
    #[error("its sums do not match its entries")]
    Sums,
    /// The hash of the outcomes is another one.
    #[error("its outcome hash does not match its entries")]
    OutcomeHash,
    /// There are entries, and no closing event after them.
    #[error("they do not close")]
    NotClosed,
}

/// Entries that are not closed yet: one transaction may execute several calls.
#[derive(Debug, Default)]
pub(super) struct OpenPayouts(BTreeMap<Call, Vec<Line>>);

/// What payouts are made for. An id may be that of a batch and of a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Call {
    Batch(B256),
    Leaves(B256),
}

impl Call {
    const fn id(self) -> B256 {
        match self {
            Self::Batch(id) | Self::Leaves(id) => id,
        }
    }
}

/// What a closing event says of its entries.
struct Closing {
    count: U256,
    paid: U256,
    credited: U256,
    outcome_hash: B256,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    payout: SettledPayout,
    word: B256,
}

impl OpenPayouts {
    /// Takes the event of one user.
    pub(super) fn add(&mut self, event: &CustodyEvent) -> Result<(), DecodeError> {
        let frozen = matches!(event, CustodyEvent::PayoutCredited(event) if event.frozen);
        let is_leaf = matches!(
            event,
            CustodyEvent::LeafPaid(_) | CustodyEvent::LeafCredited(_) | CustodyEvent::LeafSkipped(_)
        );
        let name = match (is_leaf, matches!(event, CustodyEvent::PayoutCredited(_))) {
            (true, _) => "LeafPaid",
            (false, true) => "PayoutCredited",
            (false, false) => "PayoutExecuted",
        };
        let impossible = DecodeError::OutOfRange(name);
        let (id, entry) = Entry::from_event(event).ok_or(impossible)?;
        let outcome = match entry.effect {
            PayoutEffect::Sent(amount) => PayoutOutcome::Executed(Amount::new(amount)),
            PayoutEffect::Credited(amount) => PayoutOutcome::Credited {
                amount: Amount::new(amount),
                frozen,
            },
            PayoutEffect::Skipped => PayoutOutcome::Skipped,
        };
        let call = if is_leaf {
            Call::Leaves(id)
        } else {
            Call::Batch(id)
        };
        self.0.entry(call).or_default().push(Line {
            payout: SettledPayout {
                wallet: entry.user,
                outcome,
            },
            word: entry.word().map_err(|_| impossible)?,
        });
        Ok(())
    }

    /// Takes the closing event of a batch.
    pub(super) fn close_batch(&mut self, event: &ICustody::BatchSettled) -> Result<Cause, DecodeError> {
        let closing = Closing {
            count: event.count,
            paid: event.paid,
            credited: event.credited,
            outcome_hash: event.outcomeHash,
        };
        Ok(Cause::BatchSettled {
            batch_id: event.batchId,
            manifest_hash: event.manifestHash,
            payouts: self.close(Call::Batch(event.batchId), &closing)?,
        })
    }

    /// Takes the closing event of leaves.
    pub(super) fn close_leaves(&mut self, event: &ICustody::LeavesSettled) -> Result<Cause, DecodeError> {
        let closing = Closing {
            count: event.count,
            paid: event.paid,
            credited: event.credited,
            outcome_hash: event.outcomeHash,
        };
        Ok(Cause::LeavesSettled {
            root: event.root,
            payouts: self.close(Call::Leaves(event.root), &closing)?,
        })
    }

    fn close(&mut self, call: Call, closing: &Closing) -> Result<Vec<SettledPayout>, DecodeError> {
        let lines = self.0.remove(&call).unwrap_or_default();
        check(closing, &lines).map_err(|rule| DecodeError::Payouts { id: call.id(), rule })?;
        Ok(lines.into_iter().map(|line| line.payout).collect())
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.0.into_keys().next() {
            Some(call) => Err(DecodeError::Payouts {
                id: call.id(),
                rule: PayoutsError::NotClosed,
            }),
            None => Ok(()),
        }
    }
}

fn check(closing: &Closing, lines: &[Line]) -> Result<(), PayoutsError> {
    if closing.count != U256::from(lines.len()) {
        return Err(PayoutsError::Count {
            counted: closing.count,
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
    if (paid, credited) != (closing.paid, closing.credited) {
        return Err(PayoutsError::Sums);
    }
    let words: Vec<B256> = lines.iter().map(|line| line.word).collect();
    if hash_of(&words) != closing.outcome_hash {
        return Err(PayoutsError::OutcomeHash);
    }
    Ok(())
}
