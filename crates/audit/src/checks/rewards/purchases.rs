//! Purchases of plans with amounts, against what can be said of them without their history: each generation's share, who may
//! have got it, the funds' shares and the rest.
//!
//! How much room the cap left an upline depends on everything that the upline ever got; the attestor recomputes that.

use std::collections::BTreeMap;

use ledger::{Account, Beneficiary, ClearingCause, Reason, UserId};
use money::Amount;
use plan::compiled::PaymentBounds;
use plan::generation::{DirectsCounted, Mode};
use plan::subscription::SubscriptionTerms;
use plan::{CompiledPlan, DepositKind};

use super::Lookup;
use crate::checks::{Deposit, Part};

/// The facts that registered the directs of each user, in order.
pub(super) type Directs = BTreeMap<u32, Vec<u64>>;

impl Lookup<'_> {
    /// What is wrong with the parts of a purchase; `None` when nothing is.
    pub(super) fn broken_purchase(
        &self,
        terms: &SubscriptionTerms,
        deposit: &Deposit,
        parts: &[Part],
    ) -> Option<String> {
        let unexpected = Account::Clearing(ClearingCause::UnexpectedIntake);
        if parts.iter().any(|part| part.credit == unexpected) {
            let is_sold = self.is_sold(deposit);
            let is_whole = parts.len() == 1 && sum(parts.iter()) == deposit.amount;
            return (is_sold || !is_whole).then(|| "a subscription for the whole amount".to_owned());
        }
        if !self.is_sold(deposit) {
            return Some("nothing that the plan sells".to_owned());
        }
        let mut rest = deposit.amount;
        let generations = self.plan.components().generation.as_ref();
        let steps = generations.map_or(&[][..], |terms| terms.steps());
        for (generation, step) in (1u8..).zip(steps) {
            let of_it = parts
                .iter()
                .filter(|part| part.reason == Reason::Generation(generation));
            let share = step.rate.floor_of(deposit.amount);
            if sum(of_it.clone()) != share {
                return Some(format!("{share} of generation {generation}"));
            }
            rest = rest.saturating_sub(share);
            for part in of_it {
                if !self.may_get(generation, step.directs_required, deposit, part) {
                    return Some(format!("an upline who qualifies for generation {generation}"));
                }
            }
        }
        let mut company = rest;
        for allocation in terms.allocations() {
            let share = allocation.share.floor_of(rest);
            company = company.saturating_sub(share);
            if !has(parts, Beneficiary::Fund(allocation.fund.number()), share) {
                return Some(format!("{share} for the fund {}", allocation.fund.as_str()));
            }
        }
        if !has(parts, Beneficiary::Company, company) {
            return Some(format!("{company} for the company"));
        }
        (sum(parts.iter()) != deposit.amount).then(|| format!("{} in all", deposit.amount))
    }

    fn is_sold(&self, deposit: &Deposit) -> bool {
        let takes = bounds(self.plan, deposit).is_some_and(|bounds| bounds.allow(deposit.amount));
        takes && !self.is_gone(deposit.user, deposit.fact_seq)
    }

    /// Whether the recipient of a paid share is above the buyer at a place that the generation can reach, stands, and has
    /// referred enough.
    fn may_get(&self, generation: u8, directs_required: u32, deposit: &Deposit, part: &Part) -> bool {
        let Account::Held(Beneficiary::User(upline)) = part.credit else {
            return true;
        };
        let Some(terms) = &self.plan.components().generation else {
            return false;
        };
        let above = self.distance(deposit.user, upline);
        let is_in_place = above.is_some_and(|above| match terms.mode() {
            Mode::Physical => above == u32::from(generation),
            Mode::Compressed | Mode::ActiveOnly => above >= u32::from(generation),
        });
        let directs = self.directs.get(&upline.get());
        let directs = directs.map_or(0, |facts| facts.partition_point(|fact| *fact <= deposit.fact_seq));
        let has_directs = match terms.directs_counted() {
            DirectsCounted::AllTime => directs >= usize::try_from(directs_required).unwrap_or(usize::MAX),
            DirectsCounted::Active => true,
        };
        let is_about = part.recipient == Some(upline.get());
        is_about && is_in_place && has_directs && !self.is_gone(upline.get(), deposit.fact_seq)
    }

    /// How far above a user another one is.
    fn distance(&self, user: u32, upline: UserId) -> Option<u32> {
        let above = std::iter::successors(self.sponsor(user), |user| self.sponsor(*user));
        let found = above.zip(1u32..).find(|(above, _)| *above == upline.get());
        found.map(|(_, distance)| distance)
    }
}

pub(super) fn bounds(plan: &CompiledPlan, deposit: &Deposit) -> Option<PaymentBounds> {
    plan.payment_bounds(if deposit.is_registration {
        DepositKind::Registration
    } else {
        DepositKind::Retopup
    })
}

pub(super) fn sum<'a>(parts: impl Iterator<Item = &'a Part>) -> Amount {
    parts.fold(Amount::ZERO, |sum, part| {
        sum.checked_add(part.amount).unwrap_or(Amount::new(u128::MAX))
    })
}

/// Whether a beneficiary got exactly this much; nothing for no amount.
pub(super) fn has(parts: &[Part], beneficiary: Beneficiary, amount: Amount) -> bool {
    sum(parts
        .iter()
        .filter(|part| part.credit == Account::Held(beneficiary)))
        == amount
}
