//! Money on its way out: lines of batches and claims.

use alloy_primitives::B256;
use money::Amount;
use plan::{Effect, PayoutOutcome};

use super::{Recount, sum};
use crate::books::{ClaimRow, PayoutRow};

impl Recount {
    pub(super) fn take_payout(&mut self, fact_seq: u64, effect: &Effect) {
        if let Effect::PayoutHeld {
            batch,
            user,
            amount,
            target,
        } = effect
        {
            let row = PayoutRow {
                amount: *amount,
                held: *amount,
                target: Some(*target),
                state: "held".to_owned(),
                refused: None,
                settled: None,
                held_fact: fact_seq,
                closed_fact: None,
            };
            self.books.payouts.insert((*batch, user.get()), row);
        } else if let Effect::PayoutRefused {
            batch,
            user,
            amount,
            cause,
        } = effect
        {
            // Who is named twice in one request keeps the first line.
            self.books
                .payouts
                .entry((*batch, user.get()))
                .or_insert(PayoutRow {
                    amount: *amount,
                    held: Amount::ZERO,
                    target: None,
                    state: "refused".to_owned(),
                    refused: Some(cause.name().to_owned()),
                    settled: None,
                    held_fact: fact_seq,
                    closed_fact: None,
                });
        } else if let Effect::PayoutReduced { .. }
        | Effect::PayoutSettled { .. }
        | Effect::PayoutReleased { .. } = effect
        {
            self.change_payout(fact_seq, effect);
        } else if let Effect::Paid { user, amount } = effect {
            self.change_user(user.get(), |user| user.paid = sum(user.paid, *amount));
        } else if let Effect::Claimed {
            user,
            root,
            entitled,
            amount,
            end,
        } = effect
        {
            let row = ClaimRow {
                root: *root,
                entitled: *entitled,
                amount: *amount,
                state: end.name().to_owned(),
            };
            self.books.claims.insert((fact_seq, user.get()), row);
        }
    }

    pub(super) fn take_batch(&mut self, fact_seq: u64, effect: &Effect) {
        if let Effect::BatchHeld { batch, count, .. } = effect {
            let row = self.books.payout_batches.entry(*batch).or_default();
            row.held_fact = Some(fact_seq);
            if *count == 0 {
                self.end_batch(*batch, fact_seq, "cancelled");
            }
        } else if let Effect::BatchExecuted { batch } = effect {
            self.end_batch(*batch, fact_seq, "executed");
        } else if let Effect::BatchEnded { batch, end } = effect {
            self.end_batch(*batch, fact_seq, end.name());
        }
    }

    fn end_batch(&mut self, batch: B256, fact_seq: u64, ended: &str) {
        let row = self.books.payout_batches.entry(batch).or_default();
        (row.closed_fact, row.ended) = (Some(fact_seq), Some(ended.to_owned()));
    }

    fn change_payout(&mut self, fact_seq: u64, effect: &Effect) {
        if let Effect::PayoutReduced { batch, user, amount } = effect {
            if let Some(row) = self.books.payouts.get_mut(&(*batch, user.get())) {
                row.held = *amount;
            }
            return;
        }
        let (batch, user, state, settled) = if let Effect::PayoutSettled { batch, user, outcome } = effect {
            let (state, settled) = match outcome {
                PayoutOutcome::Executed(amount) => ("executed", *amount),
                PayoutOutcome::Credited { amount, .. } => ("credited", *amount),
                PayoutOutcome::Skipped => ("skipped", Amount::ZERO),
            };
            (batch, user, state, Some(settled))
        } else if let Effect::PayoutReleased { batch, user } = effect {
            (batch, user, "released", None)
        } else {
            return;
        };
        let row = self.books.payouts.get_mut(&(*batch, user.get()));
        // A refused line holds nothing and stays refused, whatever the chain did.
        if let Some(row) = row.filter(|row| row.refused.is_none()) {
            state.clone_into(&mut row.state);
            row.held = Amount::ZERO;
            row.settled = settled.or(row.settled);
            row.closed_fact = Some(fact_seq);
        }
    }
}
