//! A referral campaign: what a conversion grants, and what a reversal takes back.

use std::collections::BTreeMap;

use money::Amount;

use super::super::{State, ignore};
use super::grant::{Grant, not_granted};
use crate::campaign::{
    self, Campaign, Conversion, ConversionId, Decision, NotGrantedCause, RefereeKey, Reversal,
};
use crate::compiled::CompiledPlan;
use crate::decision::RewardOrigin;
use crate::effect::{ComponentEffect, NotGranted, RewardId, SaleEffect};
use crate::fact::ComponentFact;
use crate::{Effect, IgnoredCause, Outcome};

/// What is known of the campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    state: Campaign,
    /// Conversions that were reported.
    count: u32,
    rewards: BTreeMap<ConversionId, RewardId>,
}

impl Records {
    /// Which conversion a reward was granted for.
    pub(super) fn origin_of(&self, id: RewardId) -> Option<RewardOrigin> {
        let mut granted = self.rewards.iter();
        let (conversion, _) = granted.find(|(_, reward)| **reward == id)?;
        Some(RewardOrigin::Conversion(*conversion))
    }
}

impl State {
    /// The number of the next conversion.
    pub const fn next_conversion(&self) -> u32 {
        self.components.campaign.count.saturating_add(1)
    }

    /// A referral qualified, or says that it did.
    pub(super) fn report_conversion(&mut self, plan: &CompiledPlan, fact: &ComponentFact, out: &mut Outcome) {
        let ComponentFact::ConversionReported {
            conversion,
            user,
            referee,
            referee_user,
            amount,
            day,
        } = *fact
        else {
            return;
        };
        let components = &plan.terms.components;
        let Some(terms) = &components.campaign else {
            return ignore(IgnoredCause::NoSuchComponent, out);
        };
        let fund = terms.fund().number();
        let Some(id) = ConversionId::new(conversion).filter(|_| conversion == self.next_conversion()) else {
            return ignore(IgnoredCause::ReferenceKnown, out);
        };
        if !self.is_active(user) {
            return ignore(IgnoredCause::UnknownUser, out);
        }
        self.components.campaign.count = conversion;
        let in_fund = self.fund_reach(plan, fund, out);
        let conversion = Conversion {
            id,
            referrer: user,
            referee: RefereeKey(u64::from(referee)),
            referee_user,
            amount,
            day,
        };
        let mut decisions = Vec::new();
        self.components
            .campaign
            .state
            .report(terms, &conversion, in_fund, &mut decisions);
        out.effects.push(sale(SaleEffect::ConversionRecorded {
            conversion: id.get(),
            user,
            amount,
        }));
        self.carry_out(plan, &decisions, out);
    }

    /// A conversion was refunded, whole or in part.
    pub(super) fn reverse_conversion(
        &mut self,
        plan: &CompiledPlan,
        conversion: u32,
        amount: Amount,
        out: &mut Outcome,
    ) {
        let components = &plan.terms.components;
        let Some(terms) = &components.campaign else {
            return ignore(IgnoredCause::NoSuchComponent, out);
        };
        let known = ConversionId::new(conversion).filter(|_| conversion < self.next_conversion());
        let Some((id, referrer)) =
            known.and_then(|id| Some((id, self.components.campaign.state.referrer(id)?)))
        else {
            return ignore(IgnoredCause::ReferenceUnknown, out);
        };
        if amount.is_zero() || amount > self.components.campaign.state.rest(id) {
            return ignore(IgnoredCause::ExceedsRest, out);
        }
        let mut decisions = Vec::new();
        let part = Reversal::Part(amount);
        self.components
            .campaign
            .state
            .reverse(terms, id, part, &mut decisions);
        out.effects.push(sale(SaleEffect::ConversionReversed {
            conversion,
            user: referrer,
            amount,
        }));
        self.carry_out(plan, &decisions, out);
    }

    fn carry_out(&mut self, plan: &CompiledPlan, decisions: &[Decision], out: &mut Outcome) {
        for decision in decisions {
            match *decision {
                Decision::Granted {
                    conversion,
                    user,
                    amount,
                    available_at,
                } => {
                    let Some(terms) = plan.campaign() else {
                        continue;
                    };
                    let grant = Grant {
                        user,
                        source: None,
                        reason: campaign::REASON,
                        fund: terms.fund().number(),
                        amount,
                        available_at,
                    };
                    if let Some((reward, _)) = self.grant(plan, grant, out) {
                        self.components.campaign.rewards.insert(conversion, reward);
                    }
                }
                Decision::NotGranted {
                    user, amount, cause, ..
                } => not_granted(user, campaign::REASON, amount, cause_of(cause), out),
                Decision::Reversed {
                    conversion, amount, ..
                } => {
                    if let Some(reward) = self.components.campaign.rewards.get(&conversion).copied() {
                        self.reverse_reward(reward, amount, out);
                    }
                }
                Decision::Achieved {
                    user, achievement, ..
                } => out.effects.push(sale(SaleEffect::Achieved {
                    user,
                    achievement: achievement.saturating_add(1),
                })),
                Decision::AchievementLost { user, achievement } => {
                    out.effects.push(sale(SaleEffect::AchievementLost {
                        user,
                        achievement: achievement.saturating_add(1),
                    }));
                }
                // Rewards release themselves on their day, and what is ignored was said already.
                Decision::Matured { .. } | Decision::Ignored { .. } => {}
            }
        }
    }

    /// Who stands where by qualified conversions: see [`Campaign::leaderboard`](crate::campaign::Campaign::leaderboard).
    pub const fn campaign(&self) -> &crate::campaign::Campaign {
        &self.components.campaign.state
    }

    /// The campaign forgets holds that end with this day; the rewards release themselves.
    pub(super) fn settle_conversions(&mut self, plan: &CompiledPlan, day: crate::Day) {
        if plan.terms.components.campaign.is_some() {
            let mut matured = Vec::new();
            self.components.campaign.state.end_day(day, &mut matured);
        }
    }
}

const fn cause_of(cause: NotGrantedCause) -> NotGranted {
    match cause {
        NotGrantedCause::OutsideDates => NotGranted::OutsideDates,
        NotGrantedCause::BelowMinimum => NotGranted::BelowMinimum,
        NotGrantedCause::SelfReferral => NotGranted::SelfReferral,
        NotGrantedCause::DuplicateReferee => NotGranted::DuplicateReferee,
        NotGrantedCause::CappedPerUser => NotGranted::UserLimit,
        NotGrantedCause::BudgetExhausted => NotGranted::BudgetUsedUp,
        NotGrantedCause::FundEmpty => NotGranted::FundShort,
    }
}

fn sale(effect: SaleEffect) -> Effect {
    Effect::Component(ComponentEffect::Sale(effect))
}
