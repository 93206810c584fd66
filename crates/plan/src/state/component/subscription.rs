//! Subscriptions: what a purchase pays, what a day accrues, and what a refund takes back.
//!
//! A purchase counts for gates, caps and ranks at once. What its subscription accrues while the purchase can still be
//! refunded is deferred until it cannot, so that nobody is paid for money that goes back.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, BreakageCause, Reason, UserId};
use money::Amount;

use super::super::intake::{Payment, hold_leg};
use super::super::{State, plus, push};
use super::grant::{Grant, not_granted};
use super::intake::hold_fund;
use crate::cap::Caps;
use crate::compiled::CompiledPlan;
use crate::decision::{CapStanding, Passed, RewardOrigin, Rule, Unroutable, UplineStanding, Why};
use crate::effect::{ComponentEffect, NotGranted, RewardId};
use crate::generation::{self, DirectsCounted, Fate, Share, Uplines};
use crate::subscription::table::BonusGrant;
use crate::subscription::{
    Accrual, Bonuses, PurchaseLines, SubscriptionId, SubscriptionTerms, Subscriptions,
};
use crate::{Day, DepositId, Outcome};
use plan_file::calendar::Week;

/// What is known of subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) state: Subscriptions,
    pub(super) bonuses: Bonuses,
    /// Purchases that can still be refunded, and the same by subscription.
    purchases: BTreeMap<DepositId, Purchase>,
    unripe: BTreeMap<SubscriptionId, DepositId>,
    /// Directs with an active subscription, by user id, from 1.
    active_directs: Vec<u32>,
    /// Who counts among them, by user id, from 1.
    counted_directs: Vec<bool>,
    /// Working memory; empty between facts.
    lines: PurchaseLines,
    accruals: Vec<Accrual>,
}

/// A purchase that can still be refunded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Purchase {
    subscription: SubscriptionId,
    week: Week,
    /// Day of maturity of the deposit.
    day: Day,
    /// What was accrued meanwhile.
    accrued: Vec<RewardId>,
}

/// What the walk up a sponsor line asks.
struct Line<'a> {
    state: &'a State,
    counted: DirectsCounted,
}

impl Uplines for Line<'_> {
    fn above(&self, user: UserId, into: &mut [Option<UserId>]) {
        self.state.sponsors.nearest(user, into);
    }

    fn directs(&self, user: UserId) -> u32 {
        match self.counted {
            DirectsCounted::AllTime => self.state.user(user).map_or(0, |user| user.directs),
            DirectsCounted::Active => self.state.components.subscription.active_directs(user),
        }
    }

    fn is_active(&self, user: UserId) -> bool {
        self.state.components.subscription.state.is_active(user)
    }

    fn is_refunded(&self, user: UserId) -> bool {
        !self.state.is_active(user)
    }
}

impl Records {
    /// Which subscription accrued a reward that can still be taken back.
    pub(super) fn origin_of(&self, id: RewardId) -> Option<RewardOrigin> {
        let mut purchases = self.purchases.values();
        let purchase = purchases.find(|purchase| purchase.accrued.contains(&id))?;
        Some(RewardOrigin::Subscription(purchase.subscription))
    }

    fn active_directs(&self, user: UserId) -> u32 {
        let directs = self.active_directs.get(user.index());
        directs.copied().unwrap_or(0)
    }
}

impl State {
    /// A subscription of a user began or ended: counts whether the sponsor has one more active direct, or one less. Several
    /// subscriptions of a user can end on one day, and the direct is lost once.
    fn count_active_direct(&mut self, user: UserId) {
        let is_active = self.components.subscription.state.is_active(user);
        let index = user.index();
        let counted = &mut self.components.subscription.counted_directs;
        if counted.len() <= index {
            counted.resize(index.saturating_add(1), false);
        }
        let was_active = counted
            .get_mut(index)
            .map(|known| std::mem::replace(known, is_active));
        let is_turn = was_active != Some(is_active);
        let Some(sponsor) = self.sponsor(user).filter(|_| is_turn) else {
            return;
        };
        let change = if is_active { 1 } else { -1 };
        let index = sponsor.index();
        let directs = &mut self.components.subscription.active_directs;
        if directs.len() <= index {
            directs.resize(index.saturating_add(1), 0);
        }
        if let Some(directs) = directs.get_mut(index) {
            *directs = directs.saturating_add_signed(change);
        }
    }

    /// Sells a subscription for a payment, if the plan sells one for this amount, and to this user: what a refunded user
    /// bought would never accrue.
    pub(super) fn subscribe(
        &mut self,
        plan: &CompiledPlan,
        payment: Payment,
        out: &mut Outcome,
    ) -> Result<(), Unroutable> {
        let components = &plan.terms.components;
        let least = Unroutable::BelowLeast(Amount::ZERO);
        let terms = components.subscription.as_ref().ok_or(least)?;
        let least = terms.tiers().first().map_or(Amount::ZERO, |tier| tier.from);
        let (user, cash) = (payment.user, payment.amount);
        if !self.is_active(user) {
            return Err(Unroutable::Refunded);
        }
        if let Some(most) = terms.amount_max().filter(|most| cash > *most) {
            return Err(Unroutable::AboveMost(most));
        }
        if terms.rate(cash).is_none() {
            return Err(Unroutable::BelowLeast(least));
        }
        let bonus = self.spend_bonus(plan, user, cash, out);
        let caps = &mut self.components.caps;
        let bought = self
            .components
            .subscription
            .state
            .buy(terms, user, cash, bonus, caps);
        let subscription = bought.map_err(|_| Unroutable::BelowLeast(least))?;
        self.count_active_direct(user);
        let mark = out.mark();
        out.change(ComponentEffect::SubscriptionBought {
            subscription: subscription.get(),
            user,
            amount: plus(cash, bonus),
        });
        out.because_effects(mark, |why| why.rule = terms.tier_of(cash).map(Rule::Bought));
        let week = self.components.today().week();
        self.components.ranks.state.add(&self.sponsors, user, cash, week);
        self.components.subscription.purchases.insert(
            payment.deposit,
            Purchase {
                subscription,
                week,
                day: payment.day,
                accrued: Vec::new(),
            },
        );
        self.components
            .subscription
            .unripe
            .insert(subscription, payment.deposit);
        self.divide_purchase(plan, user, cash, out);
        self.grant_bonus(plan, user, BonusGrant::FirstPurchase, out);
        Ok(())
    }

    /// What the purchases of these users will read of their uplines.
    pub(in crate::state) fn read_generations(&self, plan: &CompiledPlan, users: &[UserId]) {
        if let Some(terms) = &plan.terms.components.generation {
            let uplines = Line {
                state: self,
                counted: terms.directs_counted(),
            };
            generation::prefetch(terms, users, &uplines, &self.components.caps);
        }
    }

    fn divide_purchase(&mut self, plan: &CompiledPlan, user: UserId, cash: Amount, out: &mut Outcome) {
        let components = &plan.terms.components;
        let Some(terms) = &components.subscription else {
            return;
        };
        let generations = components.generation.as_ref();
        let counted = generations.map_or(DirectsCounted::AllTime, |terms| terms.directs_counted());
        let mut caps = std::mem::take(&mut self.components.caps);
        let mut lines = std::mem::take(&mut self.components.subscription.lines);
        let uplines = Line { state: self, counted };
        lines.skips = out.is_explained().then(Vec::new);
        terms.divide(generations, cash, user, &uplines, &mut caps, &mut lines);
        let standing = |upline: UserId| UplineStanding {
            directs: uplines.directs(upline),
            cap: CapStanding::before(&caps, upline, paid_to(upline, &lines.shares)),
        };
        for (place, share) in lines.shares.iter().enumerate() {
            let reason = Reason::Generation(share.generation);
            let beneficiary = match (share.fate, share.upline) {
                (Fate::Paid, Some(upline)) => Beneficiary::User(upline),
                (Fate::Paid, None) => Beneficiary::Breakage(BreakageCause::NoUpline),
                (Fate::Breakage(cause), _) => Beneficiary::Breakage(cause),
            };
            let mark = out.mark();
            hold_leg(out, beneficiary, share.amount, reason, share.upline, user);
            out.because(mark, |why| {
                let next = lines.shares.get(place.saturating_add(1));
                why.rule = Some(Rule::Share {
                    share: *share,
                    is_capped: next.is_some_and(|next| next.generation == share.generation),
                    upline: share.upline.map(standing),
                });
            });
        }
        // Taken out: working memory is the same whether someone asks or not.
        for skip in lines.skips.take().unwrap_or_default() {
            out.passed_over(Passed::Purchase {
                skip,
                purchaser: user,
                upline: standing(skip.upline),
            });
        }
        self.components.caps = caps;
        for (allocation, amount) in terms.allocations().iter().zip(&lines.allocations) {
            hold_fund(out, allocation.fund.number(), *amount, user);
        }
        hold_leg(
            out,
            Beneficiary::Company,
            lines.company,
            Reason::CompanyShare,
            None,
            user,
        );
        self.components.subscription.lines = lines;
    }

    /// A user's bonus pays a part on top of what the user pays; its fund pays the company.
    fn spend_bonus(&mut self, plan: &CompiledPlan, user: UserId, cash: Amount, out: &mut Outcome) -> Amount {
        let Some(terms) = &plan.terms.components.bonus else {
            return Amount::ZERO;
        };
        let fund = terms.fund().number();
        let in_fund = self.fund_reach(plan, fund, out);
        let subscription = plan.terms.components.subscription.as_ref();
        let most = subscription.and_then(SubscriptionTerms::amount_max);
        // Cash and bonus together are one amount, which may not be larger than what is sold at once.
        let room = most.map_or(in_fund, |most| most.saturating_sub(cash));
        let mut spent = self
            .components
            .subscription
            .bonuses
            .spend(terms, user, cash, in_fund.min(room));
        if room < in_fund {
            spent.short = Amount::ZERO;
        }
        not_granted(user, Reason::Bonus, spent.short, NotGranted::FundShort, out);
        self.fill_fund(plan, fund, spent.used, out);
        push(
            out,
            Account::Revenue(fund),
            Account::Company,
            spent.used,
            Reason::Spent,
        );
        spent.used
    }

    /// Gives a user the bonus of this occasion, if the plan has one.
    pub(super) fn grant_bonus(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        occasion: BonusGrant,
        out: &mut Outcome,
    ) {
        let Some(terms) = &plan.terms.components.bonus else {
            return;
        };
        if terms.grant() != occasion || !self.is_active(user) {
            return;
        }
        let amount = self.components.subscription.bonuses.grant(terms, user);
        if !amount.is_zero() {
            out.change(ComponentEffect::BonusGranted { user, amount });
        }
    }

    /// Subscriptions accrue for a day.
    pub(super) fn accrue(&mut self, plan: &CompiledPlan, day: Day, out: &mut Outcome) {
        let components = &plan.terms.components;
        let Some(terms) = &components.subscription else {
            return;
        };
        let fund = terms.fund().number();
        let in_fund = self.fund_reach(plan, fund, out);
        let mut lines = std::mem::take(&mut self.components.subscription.accruals);
        let caps = &mut self.components.caps;
        let coverage = self
            .components
            .subscription
            .state
            .accrue(terms, day, in_fund, caps, &mut lines);
        if !coverage.short.is_zero() {
            let (mark, amount) = (out.mark(), coverage.short);
            let short = ComponentEffect::FundShort { fund, amount };
            out.change(short);
            out.because_effects(mark, |why| why.rule = Some(Rule::Coverage(coverage)));
        }
        self.fill_fund(plan, fund, coverage.covered, out);
        for line in &lines {
            let mark = out.mark();
            self.grant_accrual(plan, line, day, out);
            let subscription = self.components.subscription.state.get(line.subscription);
            let nominal = subscription.map(|known| known.daily(terms.divisor_on(day)));
            let nominal = nominal.unwrap_or_default();
            let tell = |why: &mut Why| {
                why.rule = Some(Rule::Accrual {
                    accrual: *line,
                    day,
                    nominal,
                    coverage,
                    is_capped: line.amount < nominal,
                });
            };
            out.because(mark, tell);
            out.because_effects(mark, tell);
            out.ends_step();
        }
        lines.clear();
        self.components.subscription.accruals = lines;
    }

    fn grant_accrual(&mut self, plan: &CompiledPlan, line: &Accrual, day: Day, out: &mut Outcome) {
        let Some(fund) = plan.fund_of(Reason::Accrual) else {
            return;
        };
        let (user, amount) = (line.user, line.amount);
        if !self.is_active(user) {
            let caps = &mut self.components.caps;
            let subscriptions = &mut self.components.subscription.state;
            subscriptions.reverse(line.subscription, amount, caps);
            not_granted(user, Reason::Accrual, amount, NotGranted::Refunded, out);
            return;
        }
        if line.ended {
            self.count_active_direct(user);
            out.change(ComponentEffect::SubscriptionEnded {
                subscription: line.subscription.get(),
                user,
            });
        }
        let deposit = self
            .components
            .subscription
            .unripe
            .get(&line.subscription)
            .copied();
        let available_at = deposit
            .and_then(|deposit| self.components.subscription.purchases.get(&deposit))
            .map_or(day, |purchase| purchase.day.next().max(day));
        let grant = Grant {
            user,
            source: None,
            reason: Reason::Accrual,
            fund,
            amount,
            available_at,
        };
        let withheld = self.withhold_credit(plan, user, amount, Reason::Accrual, out);
        let reward = match deposit {
            Some(_) => self.post_grant(plan, &grant, withheld, Amount::ZERO, out),
            None => {
                self.pay_final(plan, &grant, withheld, out);
                None
            }
        };
        let purchase = deposit.and_then(|deposit| self.components.subscription.purchases.get_mut(&deposit));
        if let Some((purchase, reward)) = purchase.zip(reward) {
            purchase.accrued.push(reward);
        }
        out.change(ComponentEffect::Accrued {
            subscription: line.subscription.get(),
            user,
            amount,
            reward,
        });
    }

    /// The payment of a subscription cannot go back any more.
    pub(super) fn release_purchase(&mut self, deposit: DepositId) {
        if let Some(purchase) = self.components.subscription.purchases.remove(&deposit) {
            self.components.subscription.unripe.remove(&purchase.subscription);
        }
    }

    /// The payment of a subscription went back, and with it everything that it accrued.
    pub(super) fn reverse_subscription(
        &mut self,
        plan: &CompiledPlan,
        deposit: DepositId,
        out: &mut Outcome,
    ) {
        let Some(purchase) = self.components.subscription.purchases.get(&deposit).cloned() else {
            return;
        };
        // Rewards give back to the cap themselves when they are reversed, so the subscription must not do it again.
        let mut nobody = Caps::default();
        let refund = self
            .components
            .subscription
            .state
            .refund(purchase.subscription, &mut nobody);
        let Some(refund) = refund else {
            return self.release_purchase(deposit);
        };
        self.components.caps.reduce_stake(refund.user, refund.cash);
        for reward in purchase.accrued {
            self.reverse_reward(reward, Amount::new(u128::MAX), out);
        }
        self.release_purchase(deposit);
        self.count_active_direct(refund.user);
        self.components
            .ranks
            .state
            .remove(&self.sponsors, refund.user, refund.cash, purchase.week);
        self.return_bonus(plan, refund.user, refund.bonus, out);
        self.revoke_bonus(plan, refund.user);
        out.change(ComponentEffect::SubscriptionEnded {
            subscription: purchase.subscription.get(),
            user: refund.user,
        });
        self.requalify_above(plan, refund.user, out);
    }

    fn return_bonus(&mut self, plan: &CompiledPlan, user: UserId, amount: Amount, out: &mut Outcome) {
        if let Some(terms) = &plan.terms.components.bonus {
            // What operators took out already cannot come back.
            let back = amount.min(self.company_now(out));
            let to = Account::Revenue(terms.fund().number());
            push(out, Account::Company, to, back, Reason::Reversed);
            self.components.subscription.bonuses.give_back(user, amount);
        }
    }

    /// Whoever has no purchase any more has not made a first one either.
    fn revoke_bonus(&mut self, plan: &CompiledPlan, user: UserId) {
        let Some(terms) = &plan.terms.components.bonus else {
            return;
        };
        if terms.grant() == BonusGrant::FirstPurchase && self.components.caps.invested(user).is_zero() {
            self.components.subscription.bonuses.revoke(user);
        }
    }
}

/// What an upline gets of a purchase.
fn paid_to(upline: UserId, shares: &[Share]) -> Amount {
    let paid = shares
        .iter()
        .filter(|share| (share.upline, share.fate) == (Some(upline), Fate::Paid));
    paid.fold(Amount::ZERO, |sum, share| plus(sum, share.amount))
}
