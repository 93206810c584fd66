//! What a batch does to the projections of settlement: lines and states of payout batches, claims, published roots.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use money::Amount;
use plan::{Effect, PayoutOutcome, UserId};

use super::big;
use crate::DbAmount;
use crate::column::int;

/// Changes of one posting batch, at most one for each row.
#[derive(Clone, Debug, Default)]
pub(in crate::posting) struct SettlementChanges {
    /// By batch and user.
    pub(in crate::posting) payouts: BTreeMap<(B256, i32), PayoutChange>,
    pub(in crate::posting) batches: BTreeMap<B256, BatchChange>,
    pub(in crate::posting) claims: Vec<ClaimRow>,
    pub(in crate::posting) roots: BTreeMap<B256, RootChange>,
}

/// What happens to a line of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::posting) struct PayoutChange {
    /// Set for a line that no fact before this posting batch had.
    pub(in crate::posting) requested: Option<Requested>,
    /// What is held back from now on, if that changes.
    pub(in crate::posting) held: Option<Amount>,
    pub(in crate::posting) closed: Option<Closed>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::posting) struct Requested {
    pub(in crate::posting) amount: Amount,
    /// None when the line was refused.
    pub(in crate::posting) target: Option<Amount>,
    pub(in crate::posting) refused: Option<&'static str>,
    pub(in crate::posting) fact_seq: i64,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::posting) struct Closed {
    pub(in crate::posting) state: &'static str,
    /// What the chain did; none when nothing reached it.
    pub(in crate::posting) settled: Option<Amount>,
    pub(in crate::posting) fact_seq: i64,
}

/// What happens to a batch of payouts.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::posting) struct BatchChange {
    pub(in crate::posting) held: Option<BatchHeld>,
    /// Last state and the fact that brings it.
    pub(in crate::posting) closed: Option<(&'static str, i64)>,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::posting) struct BatchHeld {
    pub(in crate::posting) count: i32,
    pub(in crate::posting) total: Amount,
    pub(in crate::posting) fact_seq: i64,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::posting) struct ClaimRow {
    pub(in crate::posting) fact_seq: i64,
    pub(in crate::posting) user: i32,
    pub(in crate::posting) root: B256,
    pub(in crate::posting) entitled: Amount,
    pub(in crate::posting) amount: Amount,
    pub(in crate::posting) state: &'static str,
}

/// What happens to a root of liabilities.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::posting) struct RootChange {
    /// Time from which it can be claimed against, and the fact that says so.
    pub(in crate::posting) published: Option<(i64, i64)>,
    pub(in crate::posting) vetoed: Option<i64>,
}

impl PayoutChange {
    /// The line's state after the change, if that changes.
    pub(in crate::posting) fn state(&self) -> Option<&'static str> {
        let requested = self.requested.map(|requested| match requested.refused {
            Some(_) => "refused",
            None => "held",
        });
        self.closed.map(|closed| closed.state).or(requested)
    }

    /// What the chain did.
    pub(in crate::posting) fn settled(&self) -> Option<DbAmount> {
        self.closed.and_then(|closed| closed.settled).map(DbAmount)
    }
}

impl SettlementChanges {
    /// Takes an effect of settlement.
    pub(super) fn add(&mut self, fact: i64, effect: &Effect) {
        if let Effect::PayoutHeld { .. } | Effect::PayoutRefused { .. } = effect {
            self.request_line(fact, effect);
        } else if let Effect::PayoutReduced { batch, user, amount } = effect {
            self.line(*batch, *user).held = Some(*amount);
        } else if let Effect::PayoutSettled { batch, user, outcome } = effect {
            let (state, settled) = match outcome {
                PayoutOutcome::Executed(amount) => ("executed", *amount),
                PayoutOutcome::Credited { amount, .. } => ("credited", *amount),
                PayoutOutcome::Skipped => ("skipped", Amount::ZERO),
            };
            self.line(*batch, *user).close(state, Some(settled), fact);
        } else if let Effect::PayoutReleased { batch, user } = effect {
            self.line(*batch, *user).close("released", None, fact);
        } else if let Effect::BatchHeld { batch, count, total } = effect {
            let change = self.batches.entry(*batch).or_default();
            change.held = Some(BatchHeld {
                count: int(*count),
                total: *total,
                fact_seq: fact,
            });
            if *count == 0 {
                change.closed = Some(("cancelled", fact));
            }
        } else if let Effect::BatchExecuted { batch } = effect {
            self.batches.entry(*batch).or_default().closed = Some(("executed", fact));
        } else if let Effect::BatchEnded { batch, end } = effect {
            self.batches.entry(*batch).or_default().closed = Some((end.name(), fact));
        } else if let Effect::RootPublished { root, claimable_from } = effect {
            self.roots.entry(*root).or_default().published = Some((big(*claimable_from), fact));
        } else if let Effect::RootVetoed { root } = effect {
            self.roots.entry(*root).or_default().vetoed = Some(fact);
        } else if let Effect::Claimed {
            user,
            root,
            entitled,
            amount,
            end,
        } = effect
        {
            self.claims.push(ClaimRow {
                fact_seq: fact,
                user: int(user.get()),
                root: *root,
                entitled: *entitled,
                amount: *amount,
                state: end.name(),
            });
        }
    }

    fn request_line(&mut self, fact: i64, effect: &Effect) {
        if let Effect::PayoutHeld {
            batch,
            user,
            amount,
            target,
        } = effect
        {
            let line = self.line(*batch, *user);
            line.held = Some(*amount);
            line.requested = Some(Requested {
                amount: *amount,
                target: Some(*target),
                refused: None,
                fact_seq: fact,
            });
        } else if let Effect::PayoutRefused {
            batch,
            user,
            amount,
            cause,
        } = effect
        {
            // Who is named twice in one request keeps the line that holds, or else the first.
            self.line(*batch, *user).requested.get_or_insert(Requested {
                amount: *amount,
                target: None,
                refused: Some(cause.name()),
                fact_seq: fact,
            });
        }
    }

    fn line(&mut self, batch: B256, user: UserId) -> &mut PayoutChange {
        self.payouts.entry((batch, int(user.get()))).or_default()
    }
}

impl PayoutChange {
    /// Ends the line.
    fn close(&mut self, state: &'static str, settled: Option<Amount>, fact_seq: i64) {
        // A refused line holds nothing and stays refused; whatever the chain did is its fact's discrepancy.
        if self
            .requested
            .is_some_and(|requested| requested.refused.is_some())
        {
            return;
        }
        self.held = Some(Amount::ZERO);
        self.closed = Some(Closed {
            state,
            settled,
            fact_seq,
        });
    }
}
