//! What each fund of a plan has paid, and what it should have paid and could not.

use ledger::{Account, Fund, Leg, Reason};
use money::Amount;
use plan::{CompiledPlan, ComponentEffect, Effect, NotGranted, Outcome};
use serde::Serialize;

/// What a fund did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FundCount {
    /// What it paid for rewards, less what came back.
    #[serde(serialize_with = "crate::text::text")]
    pub paid: Amount,
    /// What it should have paid and never will.
    #[serde(serialize_with = "crate::text::text")]
    pub not_paid: Amount,
    /// How often it could not pay all that it should have at that time.
    pub shortages: u64,
}

/// What all funds did so far, by number, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FundCounts(Vec<FundCount>);

impl FundCounts {
    pub(super) fn new(plan: &CompiledPlan) -> Self {
        Self(vec![FundCount::default(); plan.funds().count()])
    }

    pub(super) fn of(&self, fund: Fund) -> FundCount {
        let at = usize::from(fund.get()).checked_sub(1);
        at.and_then(|at| self.0.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn follow(&mut self, plan: &CompiledPlan, out: &Outcome) {
        if self.0.is_empty() {
            return;
        }
        for leg in &out.legs {
            self.follow_leg(leg);
        }
        for effect in &out.effects {
            if let Effect::Component(effect) = effect {
                self.follow_effect(plan, effect);
            }
        }
    }

    fn follow_leg(&mut self, leg: &Leg) {
        if let Account::Revenue(fund) = leg.debit
            && leg.reason != Reason::Allocated
            && let Some(count) = self.at(fund)
        {
            count.paid = count.paid.checked_add(leg.amount).unwrap_or(count.paid);
        }
        if let Account::Revenue(fund) = leg.credit
            && leg.reason == Reason::Reversed
            && let Some(count) = self.at(fund)
        {
            count.paid = count.paid.saturating_sub(leg.amount);
        }
    }

    fn follow_effect(&mut self, plan: &CompiledPlan, effect: &ComponentEffect) {
        let (fund, amount) = if let ComponentEffect::FundShort { fund, amount } = effect {
            (Some(*fund), *amount)
        } else if let ComponentEffect::NotGranted {
            reason,
            amount,
            cause,
            ..
        } = effect
        {
            let amount = if matches!(cause, NotGranted::FundShort | NotGranted::BudgetUsedUp) {
                *amount
            } else if *cause == NotGranted::Waits {
                Amount::ZERO
            } else {
                return;
            };
            (plan.fund_of(*reason), amount)
        } else if let ComponentEffect::PairsClosed { waiting, .. } = effect
            && *waiting > 0
        {
            (plan.fund_of(Reason::Pair), Amount::ZERO)
        } else {
            return;
        };
        if let Some(count) = fund.and_then(|fund| self.at(fund)) {
            count.shortages = count.shortages.saturating_add(1);
            count.not_paid = count.not_paid.checked_add(amount).unwrap_or(count.not_paid);
        }
    }

    fn at(&mut self, fund: Fund) -> Option<&mut FundCount> {
        self.0.get_mut(usize::from(fund.get()).checked_sub(1)?)
    }
}
