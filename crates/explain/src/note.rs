//! Lines about facts without money movements: places taken, commands ignored, payouts rejected, manual reviews.

use crate::{Context, Line, entry, note};
use plan::decision::Why;
use plan::orders::OrderError;
use plan::{Effect, Funding, IgnoredCause};

impl Context<'_> {
    /// What there is to say of an effect beyond the legs.
    pub(crate) fn note(&self, effect: &Effect, why: &Why) -> Option<Line> {
        if let Effect::Placed {
            tier,
            tree,
            index,
            user,
            funding,
        } = *effect
        {
            let (paid, path) = match funding {
                Funding::Registration if self.plan.split_share().is_some() => {
                    ("the registration", "registration.pool_bps".to_owned())
                }
                Funding::Registration => ("the registration", "registration.pool_entry_ordinals".to_owned()),
                Funding::Progression => (
                    "the user's own reserve from the tier below",
                    entry("pool.tier_prices", tier.get()),
                ),
            };
            let because =
                format!("user {user} takes place {index} of tree {tree} in tier {tier}, paid for by {paid}");
            Some(note("pool", "placement", because).by(path).of(user))
        } else if let Effect::Progressed { user, from } = *effect {
            let because = format!("user {user}'s reserve of tier {from} reached the price of the next tier");
            let path = format!("pool.tier_prices[{from}]");
            Some(note("reserve", "progression", because).by(path).of(user))
        } else if let Effect::RewardForfeited { deposit, leg } = *effect {
            Some(self.forfeited(deposit, leg, why))
        } else if let Effect::CommandIgnored { cause } = *effect {
            Some(note("settlement", "ignored", self.ignored(cause)))
        } else if let Effect::PayoutRefused {
            user, amount, cause, ..
        } = *effect
        {
            let because = format!("a batch does not pay {}: {}", self.shown(amount), cause.name());
            Some(note("settlement", "payout_refused", because).of(user))
        } else if let Effect::Component(component) = effect {
            self.component_note(component, why)
        } else if let Effect::Discrepancy { cause } = *effect {
            let because = format!("chain and plan disagree: {}", cause.name());
            Some(note("settlement", "discrepancy", because))
        } else {
            None
        }
    }

    fn ignored(&self, cause: IgnoredCause) -> String {
        let because = format!("the command had no effect: {}", cause.name());
        let of = |amount| self.shown(amount);
        let IgnoredCause::Order(error) = cause else {
            return because;
        };
        if let OrderError::CommissionsExceedBudget { due, budget } = error {
            let (due, budget) = (of(due), of(budget));
            format!("{because}: {due} are due, but the fund has only {budget}")
        } else if let OrderError::VolumeAboveShare { volume, most } = error {
            let (volume, most) = (of(volume), of(most));
            format!("{because}: {volume} is above the maximum for the order, {most}")
        } else if let OrderError::RefundAboveOrder { amount, left } = error {
            let (amount, left) = (of(amount), of(left));
            format!("{because}: {amount} is more than the {left} remaining on the order")
        } else if let OrderError::OrdersInEscrow { .. } = error {
            format!("{because}: {error}")
        } else {
            because
        }
    }
}
