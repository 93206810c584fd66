//! The binary tree: payments for what was booked, the monthly close with its pairs, and what a refund undoes.

use std::collections::BTreeMap;

use ledger::{Reason, UserId};
use money::Amount;

use super::super::intake::Payment;
use super::super::{State, ignore};
use super::grant::{Grant, report_withheld};
use super::intake::allocate;
use crate::binary::{BinaryState, Pair, PairSink, Undone};
use crate::compiled::CompiledPlan;
use crate::decision::{RewardOrigin, Rule, Unroutable};
use crate::effect::{ComponentEffect, PairRecord, Record, RewardId};
use crate::report::Side;
use crate::sponsors::Sponsors;
use crate::withholding::{self, Occasion, Withheld, Withholding, WithholdingTerms};
use crate::{Day, DepositId, IgnoredCause, Outcome, binary};
use plan_file::calendar::Month;

/// What is known of the binary tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) state: BinaryState,
    /// Where users want who joins next below them.
    sides: BTreeMap<UserId, Side>,
    /// Payments that can still be refunded.
    pub(super) bookings: BTreeMap<DepositId, BookedPayment>,
    /// Rewards of the pairs that stand, by their order.
    rewards: BTreeMap<UserId, Vec<RewardId>>,
}

/// A payment for what was booked that can still be refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BookedPayment {
    user: UserId,
    payment: binary::Payment,
    /// What the sponsor got for it.
    direct: Option<RewardId>,
}

/// Takes pairs and withholds from them, in their order.
struct Till<'a> {
    withholding: &'a mut Withholding,
    terms: &'a WithholdingTerms,
    day: Day,
    sponsors: &'a Sponsors,
    receipts: Vec<Option<Box<Withheld>>>,
    pairs: Vec<Pair>,
}

impl PairSink for Till<'_> {
    fn withhold(&mut self, user: UserId, value: Amount) -> Amount {
        if !self.terms.has_credit_basis() {
            self.receipts.push(None);
            return Amount::ZERO;
        }
        let payment = withholding::Payment {
            user,
            gross: value,
            occasion: Occasion::Credit(Reason::Pair),
            day: self.day,
        };
        let withheld = self.withholding.withhold(self.terms, &payment);
        let total = withheld.total();
        self.receipts.push(Some(Box::new(withheld)));
        total
    }

    fn grant(&mut self, pair: &Pair) {
        self.pairs.push(*pair);
    }

    fn may_earn(&self, user: UserId) -> bool {
        self.sponsors.is_active(user)
    }
}

impl Records {
    /// Which pair of the user a reward was granted for.
    pub(super) fn origin_of(&self, user: UserId, id: RewardId) -> Option<RewardOrigin> {
        let place = self.rewards.get(&user)?.iter().position(|reward| *reward == id)?;
        let number = u32::try_from(place).ok()?.checked_add(1)?;
        Some(RewardOrigin::Pair(number))
    }
}

impl State {
    /// A user says where the next direct goes.
    pub(super) fn choose_side(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        side: Option<Side>,
        out: &mut Outcome,
    ) {
        if plan.terms.components.binary.is_none() {
            return ignore(IgnoredCause::NoSuchComponent, out);
        }
        match side {
            Some(side) => self.components.binary.sides.insert(user, side),
            None => self.components.binary.sides.remove(&user),
        };
        out.change(ComponentEffect::Recorded(Record::SideChosen { user, side }));
    }

    /// A user takes a place, on the side that the sponsor chose if it is free.
    pub(super) fn join_binary(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        sponsor: Option<UserId>,
        out: &mut Outcome,
    ) {
        if plan.terms.components.binary.is_none() {
            return;
        }
        let records = &mut self.components.binary;
        let chosen = sponsor.and_then(|sponsor| records.sides.get(&sponsor).copied());
        let place = records.state.join(&self.sponsors, chosen);
        out.change(ComponentEffect::SidePlaced { user, place });
    }

    /// A payment for what was booked, unless it is too small, or more than is outstanding.
    pub(super) fn book_payment(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        out: &mut Outcome,
    ) -> Result<(), Unroutable> {
        let terms = plan.terms.components.binary.as_ref();
        let terms = terms.ok_or(Unroutable::AboveOutstanding(Amount::ZERO))?;
        let (user, amount) = (payment.user, payment.amount);
        let outstanding = self.components.binary.state.outstanding(terms, user);
        if amount > outstanding {
            return Err(Unroutable::AboveOutstanding(outstanding));
        }
        let made = self
            .components
            .binary
            .state
            .pay(&self.sponsors, terms, user, amount);
        if made.accepted != amount {
            return Err(Unroutable::BelowFirst(terms.first_payment_min()));
        }
        if made.counts {
            out.change(ComponentEffect::Activated { user });
        }
        self.record_paid(user, out);
        allocate(plan, user, amount, out);
        let direct = self
            .sponsor(user)
            .filter(|_| made.first)
            .and_then(|sponsor| self.grant_direct(plan, sponsor, (user, payment.day), out));
        let booked = BookedPayment {
            user,
            payment: made,
            direct,
        };
        self.components.binary.bookings.insert(payment.deposit, booked);
        Ok(())
    }

    /// What a user has still to pay of what is booked; zero in a plan without booking.
    pub fn outstanding(&self, plan: &CompiledPlan, user: UserId) -> Amount {
        let terms = plan.terms.components.binary.as_ref();
        terms.map_or(Amount::ZERO, |terms| {
            self.components.binary.state.outstanding(terms, user)
        })
    }

    /// What a sponsor gets for the first payment of a direct.
    fn grant_direct(
        &mut self,
        plan: &CompiledPlan,
        sponsor: UserId,
        (source, available_at): (UserId, Day),
        out: &mut Outcome,
    ) -> Option<RewardId> {
        let components = &plan.terms.components;
        let terms = components.binary.as_ref()?;
        let amount = terms.direct_bonus()?;
        let grant = Grant {
            user: sponsor,
            source: Some(source),
            reason: Reason::Direct,
            fund: terms.fund().number(),
            amount,
            available_at,
        };
        self.grant(plan, grant, out).map(|(reward, _)| reward)
    }

    /// The month ends: pairs, as far as the fund reaches.
    pub(super) fn close_month(&mut self, plan: &CompiledPlan, day: Day, out: &mut Outcome) {
        let components = &plan.terms.components;
        let Some(terms) = &components.binary else {
            return;
        };
        let fund = terms.fund().number();
        let budget = self.fund_reach(plan, fund, out);
        let lots = self.components.binary.state.all_lots().to_vec();
        let mut till = Till {
            withholding: &mut self.components.withholding,
            terms: components.withholding(),
            day,
            sponsors: &self.sponsors,
            receipts: Vec::new(),
            pairs: Vec::new(),
        };
        let month: Month = day.month();
        let closing =
            self.components
                .binary
                .state
                .close_month(&self.sponsors, terms, month, budget, &mut till);
        let (pairs, receipts) = (till.pairs, till.receipts);
        self.fill_fund(plan, fund, closing.granted_value, out);
        for (pair, withheld) in pairs.iter().zip(receipts) {
            let mark = out.mark();
            self.post_pair(plan, pair, withheld, day.plus(terms.hold_days()), out);
            out.because(mark, |why| {
                why.rule = Some(Rule::Pair {
                    number: pair.number,
                    tax: pair.parts.withheld,
                    paid: pair.paid,
                    instalment: pair.exempt.map_or(Ok(pair.parts.instalment), Err),
                });
            });
            out.ends_step();
        }
        for (user, before) in (1u32..).filter_map(UserId::new).zip(lots) {
            self.record_lots(user, before, out);
        }
        out.change(ComponentEffect::PairsClosed {
            month: month.get(),
            waiting: u32::try_from(closing.short).unwrap_or(u32::MAX),
        });
    }

    /// Records the lots of a user who had these before.
    fn record_lots(&self, user: UserId, before: [u32; 2], out: &mut Outcome) {
        let lots = self.components.binary.state.lots(user);
        if lots != before {
            out.change(ComponentEffect::Recorded(Record::LotsChanged { user, lots }));
        }
    }

    /// Records what a user has paid by now.
    fn record_paid(&self, user: UserId, out: &mut Outcome) {
        let paid = self.components.binary.state.paid(user);
        out.change(ComponentEffect::Recorded(Record::BookingPaid { user, paid }));
    }

    fn post_pair(
        &mut self,
        plan: &CompiledPlan,
        pair: &Pair,
        withheld: Option<Box<Withheld>>,
        available_at: Day,
        out: &mut Outcome,
    ) {
        let Some(fund) = plan.fund_of(Reason::Pair) else {
            return;
        };
        let (user, amount) = (pair.user, pair.parts.value);
        out.change(ComponentEffect::PairMatched {
            user,
            number: pair.number,
            amount,
        });
        if let Some(withheld) = &withheld {
            report_withheld(withheld, out);
        }
        if pair.activates {
            out.change(ComponentEffect::Activated { user });
        }
        let grant = Grant {
            user,
            source: None,
            reason: Reason::Pair,
            fund,
            amount,
            available_at,
        };
        let reward = self.post_grant(plan, &grant, withheld, pair.parts.instalment, out);
        if let Some(reward) = reward {
            out.change(ComponentEffect::Recorded(Record::PairPaid(PairRecord {
                reward,
                user,
                amount,
                withheld: pair.parts.withheld,
                instalment: pair.parts.instalment,
            })));
        }
        if !pair.parts.instalment.is_zero() {
            self.record_paid(user, out);
        }
        // Rewards and pairs of a user are in one order: the position of a pair is its number.
        let standing = self.components.binary.rewards.entry(user).or_default();
        standing.extend(reward);
    }

    /// A payment was refunded, and with it the pairs that relied on it.
    pub(super) fn reverse_booking(&mut self, plan: &CompiledPlan, deposit: DepositId, out: &mut Outcome) {
        let Some(terms) = &plan.terms.components.binary else {
            return;
        };
        let Some(booked) = self.components.binary.bookings.remove(&deposit) else {
            return;
        };
        let counted = self.components.binary.state.counts(booked.user);
        // Only lots of those above can change: pairs that are undone are theirs.
        let above = std::iter::successors(self.above(booked.user), |user| self.above(*user));
        let lots = above.map(|user| (user, self.components.binary.state.lots(user)));
        let lots: Vec<(UserId, [u32; 2])> = lots.collect();
        let mut undone = Vec::new();
        self.components
            .binary
            .state
            .unpay(&self.sponsors, terms, booked.user, &booked.payment, &mut undone);
        if counted && !self.components.binary.state.counts(booked.user) {
            let user = booked.user;
            out.change(ComponentEffect::Deactivated { user });
        }
        self.record_paid(booked.user, out);
        if let Some(direct) = booked.direct {
            self.reverse_reward(direct, Amount::new(u128::MAX), out);
        }
        for pair in &undone {
            self.undo_pair(pair, out);
            out.ends_step();
        }
        for (user, before) in lots {
            self.record_lots(user, before, out);
        }
    }

    /// Who stands directly above a user in the binary tree.
    fn above(&self, user: UserId) -> Option<UserId> {
        Some(self.components.binary.state.place(user)?.parent)
    }

    fn undo_pair(&mut self, pair: &Undone, out: &mut Outcome) {
        let (user, number) = (pair.user, pair.number);
        out.change(ComponentEffect::PairUndone { user, number });
        if !pair.parts.instalment.is_zero() {
            self.record_paid(user, out);
        }
        let standing = self.components.binary.rewards.entry(user).or_default();
        let place = super::super::position(number);
        if let Some(reward) = standing.get(place).copied() {
            out.change(ComponentEffect::Recorded(Record::PairReturned { user, reward }));
            self.reverse_reward(reward, Amount::new(u128::MAX), out);
            let standing = self.components.binary.rewards.entry(user).or_default();
            standing.remove(place);
        }
    }
}
