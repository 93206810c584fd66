//! Payouts: batches that hold users' available money, and their outcome on the chain.
//!
//! A line of a batch is a pending transfer from the user's available account to custody. The chain's word ends it:
//! what was sent posts it, what was credited or skipped voids it. What the chain pays beyond that comes from
//! available, and beyond available from what the user then owes: facts of the chain are never refused.

mod treasury;

use alloy_primitives::B256;
use ledger::{Account, ClearingCause, Leg, Movement, Reason, TransferId, UserId};
use money::Amount;

use super::{State, discrepancy, ignore, plus};
use crate::{
    BatchEnd, ClaimEnd, DiscrepancyCause, Effect, IgnoredCause, Outcome, PayoutOutcome, RefusedCause,
};

pub(super) use treasury::Treasury;

/// The contract's cumulative payments are below this: 96 bits.
const TARGET_BITS: u32 = 96;

/// What the chain paid to a user, and what is held back to be paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Payee {
    /// Everything that the chain ever sent, credited or let claim.
    pub(super) paid: Amount,
    /// The part of it that came out of available.
    pub(super) drawn: Amount,
    /// What the contract keeps for the user.
    pub(super) credit: Amount,
    pub(super) hold: Option<Hold>,
}

/// A line of a live batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) batch: B256,
    pub(super) amount: Amount,
    /// The pending transfer; none when claims took all of it.
    pub(super) pending: Option<TransferId>,
}

/// A batch that was requested, or that the chain spoke of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Batch {
    /// Users with a line, in the order of the request; empty once the batch has ended.
    pub(super) users: Vec<UserId>,
}

/// What a user got and can get, as the ledger has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payments {
    /// Everything that the chain ever sent, credited or let claim: the contract's `paid`.
    pub paid: Amount,
    /// Matured and not paid, what batches hold back included.
    pub available: Amount,
    /// The part of it that a live batch holds back.
    pub held: Amount,
    /// What the contract keeps for the user.
    pub credit: Amount,
}

/// Money that leaves a user's available account.
#[derive(Clone, Copy)]
struct Draw {
    user: UserId,
    amount: Amount,
    to: Account,
    reason: Reason,
}

impl State {
    /// What a user got and can get. Zero for a stranger.
    pub fn payments(&self, user: UserId) -> Payments {
        let payee = self.payees.get(&user);
        let drawn = payee.map_or(Amount::ZERO, |payee| payee.drawn);
        let hold = payee.and_then(|payee| payee.hold);
        Payments {
            paid: payee.map_or(Amount::ZERO, |payee| payee.paid),
            available: self.entitled(user).saturating_sub(drawn),
            held: hold.map_or(Amount::ZERO, |hold| hold.amount),
            credit: payee.map_or(Amount::ZERO, |payee| payee.credit),
        }
    }

    /// Operators want a batch: each line holds back its amount, or is refused.
    pub(crate) fn request_batch(
        &mut self,
        batch: B256,
        lines: &[(Option<UserId>, Amount)],
        out: &mut Outcome,
    ) {
        self.begin(out);
        if self.batches.contains_key(&batch) {
            return ignore(IgnoredCause::BatchKnown, out);
        }
        let mut users = Vec::with_capacity(lines.len());
        let mut total = Amount::ZERO;
        for (user, amount) in lines {
            let Some(user) = *user else {
                ignore(IgnoredCause::UnknownUser, out);
                continue;
            };
            match self.hold_line(batch, user, *amount, out) {
                Ok(()) => {
                    users.push(user);
                    total = plus(total, *amount);
                }
                Err(cause) => out.effects.push(Effect::PayoutRefused {
                    batch,
                    user,
                    amount: *amount,
                    cause,
                }),
            }
        }
        let count = u32::try_from(users.len()).unwrap_or(u32::MAX);
        self.batches.insert(batch, Batch { users });
        out.effects.push(Effect::BatchHeld { batch, count, total });
    }

    fn hold_line(
        &mut self,
        batch: B256,
        user: UserId,
        amount: Amount,
        out: &mut Outcome,
    ) -> Result<(), RefusedCause> {
        let payments = self.payments(user);
        let payee = self.payees.entry(user).or_default();
        if payee.hold.is_some() {
            return Err(RefusedCause::AlreadyLive);
        }
        if amount.is_zero() || amount > payments.available {
            return Err(RefusedCause::ExceedsAvailable);
        }
        let target = plus(payments.paid, amount);
        if target.base_units() >> TARGET_BITS != 0 {
            return Err(RefusedCause::TargetTooLarge);
        }
        let pending = push_payout(self.facts, user, amount, Movement::Pending, out);
        payee.hold = Some(Hold {
            batch,
            amount,
            pending: Some(pending),
        });
        out.effects.push(Effect::PayoutHeld {
            batch,
            user,
            amount,
            target,
        });
        Ok(())
    }

    /// The chain executed a batch.
    pub(crate) fn settle_batch(
        &mut self,
        batch: B256,
        lines: &[(Option<UserId>, PayoutOutcome)],
        out: &mut Outcome,
    ) {
        self.begin(out);
        if !self.is_live(batch) {
            discrepancy(DiscrepancyCause::UnknownBatch, out);
        }
        for (user, outcome) in lines {
            match user {
                Some(user) => self.settle_line(batch, *user, *outcome, out),
                None => pay_stranger(*outcome, out),
            }
        }
        // A batch pays its whole list or nothing, so no line is left; one that is would never end otherwise.
        let left = self.end_batch(batch, out);
        if left > 0 {
            discrepancy(DiscrepancyCause::PayoutAmount, out);
        }
        out.effects.push(Effect::BatchExecuted { batch });
    }

    fn settle_line(&mut self, batch: B256, user: UserId, outcome: PayoutOutcome, out: &mut Outcome) {
        let payee = self.payees.entry(user).or_default();
        let hold = payee.hold.take_if(|hold| hold.batch == batch);
        let held = hold.map_or(Amount::ZERO, |hold| hold.amount);
        let pending = hold.and_then(|hold| hold.pending);
        let (amount, to, reason) = match outcome {
            PayoutOutcome::Executed(amount) => (amount, Account::Custody, Reason::Payout),
            PayoutOutcome::Credited { amount, .. } => {
                payee.credit = plus(payee.credit, amount);
                (amount, Account::Credit(user), Reason::PayoutCredited)
            }
            PayoutOutcome::Skipped => (Amount::ZERO, Account::Custody, Reason::Payout),
        };
        let is_exact = amount == held;
        match pending {
            Some(pending) if is_exact && to == Account::Custody => {
                payee.paid = plus(payee.paid, amount);
                payee.drawn = plus(payee.drawn, amount);
                push_payout(self.facts, user, held, Movement::Post(pending), out);
                out.effects.push(Effect::Paid { user, amount });
            }
            pending => {
                if let Some(pending) = pending {
                    push_payout(self.facts, user, held, Movement::Void(pending), out);
                }
                self.draw(
                    Draw {
                        user,
                        amount,
                        to,
                        reason,
                    },
                    out,
                );
            }
        }
        if !is_exact {
            discrepancy(DiscrepancyCause::PayoutAmount, out);
        }
        out.effects.push(Effect::PayoutSettled { batch, user, outcome });
    }

    /// The user was paid by a proof: first from what a batch holds back, which the batch will then not pay.
    pub(crate) fn claim(
        &mut self,
        user: UserId,
        root: B256,
        entitled: Amount,
        amount: Amount,
        out: &mut Outcome,
    ) {
        self.begin(out);
        self.draw(
            Draw {
                user,
                amount,
                to: Account::Custody,
                reason: Reason::Claim,
            },
            out,
        );
        out.effects.push(Effect::Claimed {
            user,
            root,
            entitled,
            amount,
            end: ClaimEnd::Paid,
        });
    }

    /// Someone had the users of a part of a published tree paid: each line is a claim, but that the contract keeps what
    /// it cannot send. Nothing happened to those who were skipped.
    pub(crate) fn settle_leaves(
        &mut self,
        root: B256,
        lines: &[(Option<UserId>, PayoutOutcome)],
        out: &mut Outcome,
    ) {
        self.begin(out);
        for (user, outcome) in lines {
            match user {
                Some(user) => self.settle_leaf(root, *user, *outcome, out),
                None => pay_stranger(*outcome, out),
            }
        }
    }

    fn settle_leaf(&mut self, root: B256, user: UserId, outcome: PayoutOutcome, out: &mut Outcome) {
        let (amount, to, reason, end) = match outcome {
            PayoutOutcome::Executed(amount) => (amount, Account::Custody, Reason::Claim, ClaimEnd::Paid),
            PayoutOutcome::Credited { amount, .. } => {
                let payee = self.payees.entry(user).or_default();
                payee.credit = plus(payee.credit, amount);
                let credit = Account::Credit(user);
                (amount, credit, Reason::PayoutCredited, ClaimEnd::Credited)
            }
            PayoutOutcome::Skipped => return,
        };
        let draw = Draw {
            user,
            amount,
            to,
            reason,
        };
        self.draw(draw, out);
        out.effects.push(Effect::Claimed {
            user,
            root,
            // The call pays all that is due, so what was paid in all is what the leaf says.
            entitled: self.payments(user).paid,
            amount,
            end,
        });
    }

    /// The chain paid `draw.amount`: from what is held back, from available, and the rest is owed by the user.
    fn draw(&mut self, draw: Draw, out: &mut Outcome) {
        let Draw {
            user,
            amount,
            to,
            reason,
        } = draw;
        if amount.is_zero() {
            return;
        }
        let available = self.payments(user).available;
        let payee = self.payees.entry(user).or_default();
        let hold = payee.hold;
        if let Some(pending) = hold.and_then(|hold| hold.pending) {
            let held = hold.map_or(Amount::ZERO, |hold| hold.amount);
            push_payout(self.facts, user, held, Movement::Void(pending), out);
        }
        let drawn = amount.min(available);
        let owed = amount.saturating_sub(drawn);
        payee.paid = plus(payee.paid, amount);
        payee.drawn = plus(payee.drawn, drawn);
        push_about(user, (Account::Available(user), to), drawn, reason, out);
        push_about(user, (Account::Receivable(user), to), owed, Reason::Overpaid, out);
        if let Some(hold) = payee.hold.as_mut() {
            hold.amount = hold.amount.saturating_sub(amount);
            hold.pending = (!hold.amount.is_zero())
                .then(|| push_payout(self.facts, user, hold.amount, Movement::Pending, out));
            out.effects.push(Effect::PayoutReduced {
                batch: hold.batch,
                user,
                amount: hold.amount,
            });
        }
        out.effects.push(Effect::Paid { user, amount });
        if !owed.is_zero() {
            let debt = self.debts.entry(user).or_default();
            debt.open = plus(debt.open, owed);
            discrepancy(DiscrepancyCause::Overpaid, out);
        }
    }

    /// The user took out what the contract kept.
    pub(crate) fn withdraw_credit(&mut self, user: UserId, amount: Amount, out: &mut Outcome) {
        self.begin(out);
        let payee = self.payees.entry(user).or_default();
        let known = amount.min(payee.credit);
        payee.credit = payee.credit.saturating_sub(known);
        let rest = amount.saturating_sub(known);
        let credit = (Account::Credit(user), Account::Custody);
        push_about(user, credit, known, Reason::CreditWithdrawal, out);
        if !rest.is_zero() {
            let clearing = Account::Clearing(ClearingCause::UnexpectedWithdrawal);
            push_about(user, (clearing, Account::Custody), rest, Reason::Unexpected, out);
            discrepancy(DiscrepancyCause::UnexpectedWithdrawal, out);
        }
    }

    /// The batch will never be executed: by the chain's word, or because it expired, or was abandoned unsigned.
    pub(crate) fn release_batch(&mut self, batch: B256, end: BatchEnd, out: &mut Outcome) {
        self.begin(out);
        let was_live = self.is_live(batch);
        self.end_batch(batch, out);
        if !was_live {
            return ignore(IgnoredCause::BatchNotLive, out);
        }
        out.effects.push(Effect::BatchEnded { batch, end });
    }

    fn is_live(&self, batch: B256) -> bool {
        self.batches
            .get(&batch)
            .is_some_and(|known| !known.users.is_empty())
    }

    /// Voids what a batch still holds, and says for how many users. Its id can never be requested (again) from then
    /// on, even if the ledger did not know it: the chain takes every id once.
    fn end_batch(&mut self, batch: B256, out: &mut Outcome) -> usize {
        let users = std::mem::take(&mut self.batches.entry(batch).or_default().users);
        let mut released = 0usize;
        for user in users {
            let payee = self.payees.entry(user).or_default();
            let Some(hold) = payee.hold.take_if(|hold| hold.batch == batch) else {
                continue;
            };
            if let Some(pending) = hold.pending {
                push_payout(self.facts, user, hold.amount, Movement::Void(pending), out);
            }
            out.effects.push(Effect::PayoutReleased { batch, user });
            released = released.saturating_add(1);
        }
        released
    }

    /// The operator took money out.
    pub(crate) fn pay_treasury(&mut self, amount: Amount, out: &mut Outcome) {
        self.begin(out);
        let rest = self.treasury.take(amount, out);
        if !rest.is_zero() {
            let clearing = Account::Clearing(ClearingCause::UnexpectedTreasury);
            super::push(out, clearing, Account::Custody, rest, Reason::Unexpected);
            discrepancy(DiscrepancyCause::UnexpectedTreasury, out);
        }
    }

    /// Something about money of an unknown wallet.
    pub(crate) fn pay_unknown(&mut self, amount: Amount, out: &mut Outcome) {
        self.begin(out);
        pay_stranger(PayoutOutcome::Executed(amount), out);
    }
}

/// The contract pays registered users only, so a stranger is a registration that the ledger missed.
fn pay_stranger(outcome: PayoutOutcome, out: &mut Outcome) {
    let amount = match outcome {
        PayoutOutcome::Executed(amount) => amount,
        // It stays in custody, and no account says whose it is.
        PayoutOutcome::Credited { .. } | PayoutOutcome::Skipped => Amount::ZERO,
    };
    let clearing = Account::Clearing(ClearingCause::UnexpectedPayout);
    super::push(out, clearing, Account::Custody, amount, Reason::Unexpected);
    discrepancy(DiscrepancyCause::UnknownWallet, out);
}

/// Adds a leg of a hold, and says which transfer it is.
fn push_payout(
    facts: u64,
    user: UserId,
    amount: Amount,
    movement: Movement,
    out: &mut Outcome,
) -> TransferId {
    let leg = u32::try_from(out.legs.len()).unwrap_or(u32::MAX);
    out.add(Leg {
        debit: Account::Available(user),
        credit: Account::Custody,
        amount,
        reason: Reason::Payout,
        recipient: Some(user),
        source: None,
        movement,
    });
    TransferId { fact_seq: facts, leg }
}

fn push_about(user: UserId, accounts: (Account, Account), amount: Amount, reason: Reason, out: &mut Outcome) {
    out.moves(Leg::new(accounts, amount, reason).about(Some(user)));
}
