//! Lines about facts without money movements: places taken, commands ignored, payouts rejected, manual reviews.

use crate::{Context, Line, Verdict, said};
use plan::decision::Why;
use plan::orders::OrderError;
use plan::{Effect, Funding, IgnoredCause};

impl Context<'_> {
    /// What there is to say of an effect beyond the legs.
    pub(crate) fn note(&self, effect: &Effect, why: &Why) -> Option<Line> {
        let note = |component, rule: &str, because: String| said(Verdict::Note, component, rule, because);
        let line = if let Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        } = *effect
        {
            let paid = match funding {
                Funding::Registration => "the registration",
                Funding::Progression => "the user's own reserve from the tier below",
            };
            let because =
                format!("user {user} takes place {index} of tree {tree} in tier {tier}, paid for by {paid}");
            let mut line = note("pool", "placement", because);
            line.parameter = match funding {
                Funding::Registration if self.plan.split_share().is_some() => {
                    Some("registration.pool_bps".to_owned())
                }
                Funding::Registration => Some("registration.pool_entry_ordinals".to_owned()),
                Funding::Progression => Some(format!("pool.tier_prices[{}]", tier.get().saturating_sub(1))),
            };
            line.user = Some(user);
            line
        } else if let Effect::Progressed { user, from } = *effect {
            let because = format!("user {user}'s reserve of tier {from} reached the price of the next tier");
            let mut line = note("reserve", "progression", because).by(format!("pool.tier_prices[{from}]"));
            line.user = Some(user);
            line
        } else if let Effect::RewardForfeited { deposit, leg } = *effect {
            self.forfeited(deposit, leg, why)
        } else if let Effect::CommandIgnored { cause } = *effect {
            note("settlement", "ignored", self.ignored(cause))
        } else if let Effect::PayoutRefused {
            user, amount, cause, ..
        } = *effect
        {
            let because = format!("a batch does not pay {}: {}", self.shown(amount), cause.name());
            let mut line = note("settlement", "payout_refused", because);
            line.user = Some(user);
            line
        } else if let Effect::Component(component) = effect {
            return self.component_note(component, why);
        } else if let Effect::Discrepancy { cause } = *effect {
            note(
                "settlement",
                "discrepancy",
                format!("chain and plan disagree: {}", cause.name()),
            )
        } else {
            return None;
        };
        Some(line)
    }

    fn ignored(&self, cause: IgnoredCause) -> String {
        let because = format!("the command had no effect: {}", cause.name());
        let IgnoredCause::Order(error) = cause else {
            return because;
        };
        if let OrderError::CommissionsExceedBudget { due, budget } = error {
            let (due, budget) = (self.shown(due), self.shown(budget));
            format!("{because}: {due} are due, but the fund has only {budget}")
        } else if let OrderError::VolumeAboveShare { volume, most } = error {
            let (volume, most) = (self.shown(volume), self.shown(most));
            format!("{because}: {volume} is above the maximum for the order, {most}")
        } else if let OrderError::RefundAboveOrder { amount, left } = error {
            let (amount, left) = (self.shown(amount), self.shown(left));
            format!("{because}: {amount} is more than the {left} remaining on the order")
        } else if let OrderError::OrdersInEscrow { .. } = error {
            format!("{because}: {error}")
        } else {
            because
        }
    }
}
