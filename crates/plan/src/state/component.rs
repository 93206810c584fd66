//! The components of a plan at work: which of them a fact is for, what a day does, and what they share: funds,
//! rewards from funds, wallet balances, the cap and what is withheld.
//!
//! What a day does has one order: subscriptions accrue, rewards whose day it was are released, then the week closes
//! (ranks), then the month (pairs, commission periods).

mod auto_pool;
mod binary;
mod campaign;
pub(crate) mod explained;
mod funds;
pub(super) mod grant;
mod intake;
mod orders;
mod ranks;
mod rules;
mod subscription;
mod version;
mod wallet;

pub use funds::Waiting;

use std::collections::BTreeMap;

use ledger::{Account, Fund, Reason, UserId};
use money::Amount;

use super::{State, ignore, push};
use crate::autopool::Pools;
use crate::cap::Caps;
use crate::compiled::CompiledPlan;
use crate::component::Event;
use crate::effect::{ComponentEffect, Record};
use crate::fact::ComponentFact;
use crate::sponsors::Kept;
use crate::subscription::table::BonusGrant;
use crate::withholding::Withholding;
use crate::{Day, IgnoredCause, Outcome};

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
    pub(super) pools: Pools,
    subscription: subscription::Records,
    ranks: ranks::Records,
    binary: binary::Records,
    orders: orders::Records,
    campaign: campaign::Records,
    rules: rules::ComponentRules,
}

impl Components {
    pub(super) fn new(plan: &CompiledPlan) -> Self {
        Self {
            pools: Pools::new(plan.tiers()),
            caps: Caps::new(plan.terms.components.cap),
            ..Self::default()
        }
    }

    /// What a compact form says: pools, and funds that were only filled.
    pub(super) fn of_kept(plan: &CompiledPlan, pools: Pools, balances: &[Amount]) -> Self {
        Self {
            pools,
            funds: funds::Funds::holding(balances),
            ..Self::new(plan)
        }
    }

    /// Whether a compact form says everything: nothing but pools changed, and funds were only filled.
    pub(super) fn are_kept(&self, plan: &CompiledPlan) -> bool {
        let unused = Self::new(plan);
        let Self {
            day,
            is_ending,
            funds,
            rewards,
            wallets,
            caps,
            withholding,
            pools: _,
            subscription,
            ranks,
            binary,
            orders,
            campaign,
            rules,
        } = self;
        (*day, *is_ending) == (unused.day, unused.is_ending)
            && *funds == funds::Funds::holding(&funds.balances)
            && *rewards == unused.rewards
            && *wallets == unused.wallets
            && (caps, withholding) == (&unused.caps, &unused.withholding)
            && *subscription == unused.subscription
            && *ranks == unused.ranks
            && *binary == unused.binary
            && *orders == unused.orders
            && *campaign == unused.campaign
            && *rules == unused.rules
    }

    /// The end of a fact.
    pub(super) fn finish(&mut self, out: &Outcome) {
        self.funds.finish(out);
    }

    pub(super) const fn last_day(&self) -> Option<Day> {
        self.day
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
    /// Applies a fact that only components know.
    pub(super) fn apply_component(&mut self, plan: &CompiledPlan, fact: &ComponentFact, out: &mut Outcome) {
        match *fact {
            ComponentFact::DayEnded { day } => self.end_days(plan, day, out),
            ComponentFact::FundAllocated { fund, amount } => self.allocate(plan, fund, amount, out),
            ComponentFact::WithdrawalRequested { user, amount } => {
                self.withdraw_wallet(plan, user, amount, out);
            }
            ComponentFact::TaxIdRecorded { user } => {
                self.components.withholding.learn_tax_id(user);
                out.change(ComponentEffect::Recorded(Record::TaxIdKnown { user }));
            }
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
        out.change(ComponentEffect::DayEnded { day });
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
        self.tell(plan, Event::DayEnded(day), out);
        self.components.is_ending = false;
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
        self.components.pools.join();
        if components.ranks.is_some() {
            self.components.ranks.state.join();
        }
        if components.binary.is_some() {
            self.join_binary(plan, user, sponsor, out);
        }
        self.tell(plan, Event::Joined(user), out);
    }

    /// A user's registration was refunded.
    pub(super) fn retire_components(&mut self, plan: &CompiledPlan, user: UserId, out: &mut Outcome) {
        if plan.auto_pool().is_some() {
            self.leave_pools(user, out);
        }
        if plan.terms.components.orders.is_some() {
            // Whose registration was refunded is known.
            self.components.orders.state.retire(&self.sponsors, user).ok();
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
