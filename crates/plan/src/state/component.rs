//! The components of a plan at work: which of them a fact is for, what a day does, and what they share: funds,
//! rewards from funds, wallet balances, the cap and what is withheld.
//!
//! What a day does has one order: subscriptions accrue, rewards whose day it was are released, then the week closes
//! (ranks), then the month (pairs, commission periods).

mod binary;
mod campaign;
pub(crate) mod explained;
mod funds;
pub(super) mod grant;
mod intake;
mod orders;
mod ranks;
mod subscription;
mod version;
mod wallet;

pub use funds::Waiting;

use std::collections::BTreeMap;

use ledger::{Account, Fund, Reason, UserId};
use money::Amount;

use super::{State, ignore, push};
use crate::binary::BinaryState;
use crate::campaign::{Campaign, ConversionId};
use crate::cap::Caps;
use crate::compiled::CompiledPlan;
use crate::effect::{ComponentEffect, RewardId};
use crate::fact::ComponentFact;
use crate::orders::{CustomerId, OrderId, Orders, PeriodNumber};
use crate::ranks::Ranks;
use crate::report::Side;
use crate::sponsors::Kept;
use crate::subscription::{Accrual, Bonuses, PurchaseLines, SubscriptionId, Subscriptions};
use crate::withholding::Withholding;
use crate::{Day, DepositId, Effect, IgnoredCause, Outcome};
use plan_file::tables::subscription::BonusGrant;

/// Maximum number of days that one fact lets end: a mistyped date must not run the calendar away.
const DAYS_AT_ONCE_MAX: u32 = 366;

/// What the components of a plan know. Empty for a plan without any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Components {
    /// The last day that ended.
    day: Option<Day>,
    /// That day is ending right now: what it does happens on it. False between facts.
    is_ending: bool,
    pub(super) funds: funds::Funds,
    rewards: grant::Rewards,
    wallets: BTreeMap<UserId, Amount>,
    pub(super) caps: Caps,
    pub(super) withholding: Withholding,
    subscriptions: Subscriptions,
    bonuses: Bonuses,
    /// Purchases that can still be refunded, and the same by subscription.
    purchases: BTreeMap<DepositId, subscription::Purchase>,
    unripe: BTreeMap<SubscriptionId, DepositId>,
    /// Directs with an active subscription, by user id, from 1.
    active_directs: Vec<u32>,
    /// Who counts among them, by user id, from 1.
    counted_directs: Vec<bool>,
    ranks: Ranks,
    held_bonuses: ranks::HeldBonuses,
    binary: BinaryState,
    /// Where users want who joins next below them.
    sides: BTreeMap<UserId, Side>,
    /// Payments that can still be refunded.
    bookings: BTreeMap<DepositId, binary::BookedPayment>,
    /// Rewards of the pairs that stand, by their order.
    pair_rewards: BTreeMap<UserId, Vec<RewardId>>,
    orders: Orders,
    /// Orders whose payment can still be refunded.
    deposit_orders: BTreeMap<DepositId, OrderId>,
    /// What orders of shops put into the fund.
    order_funding: BTreeMap<OrderId, Amount>,
    /// What the fund of commissions has of orders whose period is not finalized: no other rule draws on it.
    reserved: BTreeMap<PeriodNumber, Amount>,
    /// By the number that their reference has.
    customers: BTreeMap<u32, CustomerId>,
    order_rewards: orders::OrderRewards,
    campaign: Campaign,
    conversion_count: u32,
    conversion_rewards: BTreeMap<ConversionId, RewardId>,
    /// Working memory; empty between facts.
    purchase_lines: PurchaseLines,
    accruals: Vec<Accrual>,
}

impl Components {
    pub(super) fn new(plan: &CompiledPlan) -> Self {
        Self {
            caps: Caps::new(plan.terms.components.cap),
            ..Self::default()
        }
    }

    /// What is known when only funds were filled: that is all that happens to a plan without components.
    pub(super) fn of_funds(plan: &CompiledPlan, balances: &[Amount]) -> Self {
        Self {
            funds: funds::Funds::holding(balances),
            ..Self::new(plan)
        }
    }

    /// The end of a fact.
    pub(super) fn finish(&mut self, out: &Outcome) {
        self.funds.finish(&out.legs);
    }

    fn active_directs(&self, user: UserId) -> u32 {
        let directs = self.active_directs.get(user.index());
        directs.copied().unwrap_or(0)
    }

    /// The day on which things happen: the one that is ending, or else the one after the last that ended.
    fn today(&self) -> Day {
        match self.day {
            Some(day) if self.is_ending => day,
            Some(day) => day.next(),
            None => Day::new(0),
        }
    }
}

/// What the components of a plan often ask of the sponsors.
pub(super) const fn kept_of(plan: &CompiledPlan) -> Kept {
    let components = &plan.terms.components;
    Kept {
        directs: components.ranks.is_some(),
        nearest: components.generation.is_some(),
    }
}

impl State {
    /// The number of the next order.
    #[must_use]
    pub fn next_order(&self) -> u32 {
        let placed = u32::try_from(self.components.orders.count()).unwrap_or(u32::MAX);
        placed.saturating_add(1)
    }

    /// The number of the next conversion.
    #[must_use]
    pub const fn next_conversion(&self) -> u32 {
        self.components.conversion_count.saturating_add(1)
    }

    /// Applies a fact that only components know.
    pub(super) fn apply_component(&mut self, plan: &CompiledPlan, fact: &ComponentFact, out: &mut Outcome) {
        match *fact {
            ComponentFact::DayEnded { day } => self.end_days(plan, day, out),
            ComponentFact::FundAllocated { fund, amount } => self.allocate(plan, fund, amount, out),
            ComponentFact::WithdrawalRequested { user, amount } => {
                self.withdraw_wallet(plan, user, amount, out);
            }
            ComponentFact::TaxIdRecorded { user } => self.components.withholding.learn_tax_id(user),
            ComponentFact::UserVerified { user } => self.grant_bonus(plan, user, BonusGrant::Verified, out),
            ComponentFact::SideChosen { user, side } => self.choose_side(plan, user, side, out),
            ComponentFact::OrderPlaced { .. } => self.report_order(plan, fact, out),
            ComponentFact::OrderRefunded { order, amount } => self.report_refund(plan, order, amount, out),
            ComponentFact::PeriodFinalized { period } => self.finalize_period(plan, period, out),
            ComponentFact::PeriodReleased { period } => self.release_period(plan, period, out),
            ComponentFact::ConversionReported { .. } => self.report_conversion(plan, fact, out),
            ComponentFact::ConversionReversed { conversion, amount } => {
                self.reverse_conversion(plan, conversion, amount, out);
            }
        }
    }

    fn allocate(&mut self, plan: &CompiledPlan, fund: Fund, amount: Amount, out: &mut Outcome) {
        if fund == Fund::UNALLOCATED || !plan.has_fund(fund) {
            return ignore(IgnoredCause::NoSuchComponent, out);
        }
        if amount > self.fund_now(Fund::UNALLOCATED, out) {
            return ignore(IgnoredCause::ExceedsBalance, out);
        }
        let from = Account::Revenue(Fund::UNALLOCATED);
        push(out, from, Account::Revenue(fund), amount, Reason::Allocated);
    }

    /// Every day up to this one ends, one after another.
    fn end_days(&mut self, plan: &CompiledPlan, through: Day, out: &mut Outcome) {
        let first = self.components.day.map_or(through, Day::next);
        let last_allowed = first.plus(DAYS_AT_ONCE_MAX.saturating_sub(1));
        if through < first || through > last_allowed || through > Day::LAST {
            return ignore(IgnoredCause::DayOutOfOrder, out);
        }
        for number in first.get()..=through.get() {
            self.end_day(plan, Day::new(number), out);
        }
    }

    fn end_day(&mut self, plan: &CompiledPlan, day: Day, out: &mut Outcome) {
        self.components.day = Some(day);
        self.components.is_ending = true;
        out.effects
            .push(Effect::Component(ComponentEffect::DayEnded { day }));
        self.accrue(plan, day, out);
        self.release_rewards(plan, day, out);
        self.settle_bonuses(plan, day);
        self.settle_conversions(plan, day);
        if day.ends_week() {
            self.close_week(plan, day, out);
        }
        if day.ends_month() {
            self.close_month(plan, day, out);
        }
        self.close_period(plan, day, out);
        self.components.is_ending = false;
    }

    fn choose_side(&mut self, plan: &CompiledPlan, user: UserId, side: Option<Side>, out: &mut Outcome) {
        if plan.terms.components.binary.is_none() {
            return ignore(IgnoredCause::NoSuchComponent, out);
        }
        match side {
            Some(side) => self.components.sides.insert(user, side),
            None => self.components.sides.remove(&user),
        };
    }

    /// A new user takes a place in every tree that components keep.
    pub(super) fn join_components(
        &mut self,
        plan: &CompiledPlan,
        user: UserId,
        sponsor: Option<UserId>,
        out: &mut Outcome,
    ) {
        let components = &plan.terms.components;
        if components.ranks.is_some() {
            self.components.ranks.join();
        }
        if components.binary.is_some() {
            self.join_binary(plan, user, sponsor, out);
        }
    }

    /// A user's registration was refunded.
    pub(super) fn retire_components(&mut self, plan: &CompiledPlan, user: UserId) {
        if plan.terms.components.orders.is_some() {
            // Whose registration was refunded is known.
            self.components.orders.retire(&self.sponsors, user).ok();
        }
    }

    /// A subscription of a user began or ended: counts whether the sponsor has one more active direct, or one less. Several
    /// subscriptions of a user can end on one day, and the direct is lost once.
    fn count_active_direct(&mut self, user: UserId) {
        let is_active = self.components.subscriptions.is_active(user);
        let index = user.index();
        let counted = &mut self.components.counted_directs;
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
        let directs = &mut self.components.active_directs;
        if directs.len() <= index {
            directs.resize(index.saturating_add(1), 0);
        }
        if let Some(directs) = directs.get_mut(index) {
            *directs = directs.saturating_add_signed(change);
        }
    }

    /// What the cap lets a user have of an amount, counted as earned.
    fn take_cap(&mut self, plan: &CompiledPlan, user: UserId, wanted: Amount) -> Amount {
        // Counted without a cap too: the next version of the plan may have one.
        match plan.terms.components.subscription {
            Some(_) => self.components.caps.take(user, wanted),
            None => wanted,
        }
    }
}
