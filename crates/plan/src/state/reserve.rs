//! Matured rewards: to available, or to a reserve; and the moves to the next tier that a reserve pays for.

use ledger::{Account, Leg, Movement, Reason, Tier, TreeNumber, UserId};
use money::Amount;

use super::pool::pay;
use super::{State, ignore, plus};
use crate::compiled::CompiledPlan;
use crate::decision::{ReserveEnd, Rule};
use crate::{Effect, IgnoredCause, Outcome, PoolRoom, ReserveChoice};

/// What matured money may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// The user's reserve of this tier has grown.
    Progress(UserId, Tier),
    /// The tree is full.
    Close(Tier, TreeNumber),
}

/// A reward that matures at once, because matured money pays for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reward {
    pub(super) debit: Account,
    pub(super) recipient: UserId,
    pub(super) tier: Tier,
    pub(super) layer: u8,
    pub(super) amount: Amount,
    pub(super) source: UserId,
}

impl State {
    /// Pays what the recipient owes, then reserves or makes available the rest.
    pub(super) fn credit_matured(&mut self, plan: &CompiledPlan, reward: Reward, out: &mut Outcome) {
        let Reward {
            debit,
            recipient,
            tier,
            layer,
            amount,
            source,
        } = reward;
        let reason = Reason::PoolLayer { tier, layer };
        let (mark, owed) = (out.mark(), self.owed_told(recipient, out));
        let netted = self.net(recipient, amount);
        let receivable = (debit, Account::Receivable(recipient));
        pay(out, receivable, netted, Reason::Netting, Some(recipient), source);
        let rest = amount.saturating_sub(netted);
        let account = if is_reserved_layer(plan, layer) && self.is_reserving(recipient, tier) {
            self.add_reserve(plan, recipient, tier, rest);
            Account::Reserve(recipient, tier)
        } else {
            self.entitle(recipient, rest);
            Account::Available(recipient)
        };
        pay(out, (debit, account), rest, reason, Some(recipient), source);
        out.because(mark, |why| (why.owed, why.granted) = (owed, Some(reason)));
    }

    /// Takes from what a user owes, and says how much.
    pub(super) fn net(&mut self, user: UserId, amount: Amount) -> Amount {
        if self.debts.is_empty() {
            return Amount::ZERO;
        }
        let Some(debt) = self.debts.get_mut(&user) else {
            return Amount::ZERO;
        };
        let netted = debt.open.min(amount);
        debt.open = debt.open.saturating_sub(netted);
        netted
    }

    /// Raises a lifetime entitlement.
    pub(super) fn entitle(&mut self, user: UserId, amount: Amount) {
        if let Some(user) = self.user_mut(user) {
            user.entitled = plus(user.entitled, amount);
        }
    }

    /// Adds to a reserve, and queues the move that it may pay for.
    pub(super) fn add_reserve(&mut self, plan: &CompiledPlan, user: UserId, tier: Tier, amount: Amount) {
        if amount.is_zero() {
            return;
        }
        let reserve = self.reserves.entry((user, tier)).or_default();
        *reserve = plus(*reserve, amount);
        if plan.next_price(tier).is_some_and(|price| *reserve >= price) {
            self.work.push_back(Work::Progress(user, tier));
        }
    }

    /// Does everything that is queued, first come first served, until nothing is left. It ends: a user moves
    /// on from each tier at most once, and a tree closes once.
    pub(super) fn settle(&mut self, plan: &CompiledPlan, out: &mut Outcome) {
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Progress(user, tier) => self.progress(plan, user, tier, out),
                Work::Close(tier, tree) => self.close(plan, tier, tree, out),
            }
        }
    }

    fn progress(&mut self, plan: &CompiledPlan, user: UserId, from: Tier, out: &mut Outcome) {
        let (Some(to), Some(price)) = (from.next(), plan.next_price(from)) else {
            return;
        };
        let Ok(rest) = self.reserved(user, from).checked_sub(price) else {
            return;
        };
        if !self.is_reserving(user, from) || self.room(plan, to) == PoolRoom::Full {
            return;
        }
        self.reserves.insert((user, from), rest);
        if let Some(seat) = self.seat_mut(user) {
            seat.progressed.insert(from);
        }
        self.place_progressed(plan, (user, from, to), out);
        self.stop_reserving(user, from, ReserveEnd::Progressed, out);
    }

    /// From now on rewards of this tier go to available, and what is reserved goes there too.
    pub(super) fn stop_reserving(&mut self, user: UserId, tier: Tier, cause: ReserveEnd, out: &mut Outcome) {
        if let Some(seat) = self.seat_mut(user) {
            seat.reserving.remove(tier);
        }
        if let Some(amount) = self
            .reserves
            .remove(&(user, tier))
            .filter(|amount| !amount.is_zero())
        {
            self.entitle(user, amount);
            let mark = out.mark();
            out.legs.push(Leg {
                debit: Account::Reserve(user, tier),
                credit: Account::Available(user),
                amount,
                reason: Reason::ReserveReleased,
                recipient: Some(user),
                source: None,
                movement: Movement::Single,
            });
            out.because(mark, |why| why.rule = Some(Rule::ReserveEnd(cause)));
        }
    }

    /// A user chooses about a tier's rewards.
    pub(super) fn choose_reserve(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        tier: Tier,
        choice: ReserveChoice,
        out: &mut Outcome,
    ) {
        let active = self.is_active(user);
        let place = self.place(plan, user, tier);
        let closed = place.is_some_and(|place| self.is_closed(plan, tier, place.tree));
        let Some(seat) = self.seat_mut(user).filter(|_| active) else {
            ignore(IgnoredCause::UnknownUser, out);
            return;
        };
        if plan.next_price(tier).is_none() {
            ignore(IgnoredCause::NoNextTier, out);
        } else if !plan.reserve_is_chosen() {
            ignore(IgnoredCause::NotChosen, out);
        } else if closed || seat.progressed.has(tier) {
            ignore(IgnoredCause::TierFinished, out);
        } else if seat.chosen.has(tier) == (choice == ReserveChoice::In) {
            ignore(IgnoredCause::Unchanged, out);
        } else {
            match choice {
                ReserveChoice::In => {
                    seat.chosen.insert(tier);
                    if place.is_some() {
                        seat.reserving.insert(tier);
                    }
                }
                ReserveChoice::Out => {
                    seat.chosen.remove(tier);
                    self.stop_reserving(user, tier, ReserveEnd::Chosen, out);
                }
            }
            out.effects.push(Effect::ReserveSet { user, tier, choice });
        }
    }

    pub(super) fn is_reserving(&self, user: UserId, tier: Tier) -> bool {
        self.seats
            .get(user.index())
            .is_some_and(|seat| seat.reserving.has(tier))
    }
}

/// Whether a share of this layer goes to the reserve of someone who reserves.
pub(super) fn is_reserved_layer(plan: &CompiledPlan, layer: u8) -> bool {
    plan.auto_pool()
        .is_some_and(|terms| terms.is_reserved_layer(layer))
}
