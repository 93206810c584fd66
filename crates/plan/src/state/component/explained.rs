//! What explanations ask of the components of a state. Reads, and decides nothing.

use ledger::{Reason, UserId};
use money::Amount;

use super::super::State;
use super::grant::Reward;
use crate::Outcome;
use crate::decision::{RewardOrigin, RewardStanding};
use crate::effect::RewardId;
use crate::subscription::{Subscription, SubscriptionId, Subscriptions};

impl State {
    pub(crate) const fn subscriptions(&self) -> &Subscriptions {
        &self.components.subscription.state
    }

    /// A subscription.
    pub fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.components.subscription.state.get(id)
    }

    /// What a user's bonus still has.
    pub fn bonus_left(&self, user: UserId) -> Amount {
        self.components.subscription.bonuses.left(user)
    }

    /// How many rewards funds granted.
    pub(in crate::state) fn reward_count(&self) -> usize {
        self.components.rewards.count()
    }

    /// A reward as it stands.
    pub(super) fn reward_standing(&self, id: RewardId, reward: &Reward) -> Box<RewardStanding> {
        Box::new(RewardStanding {
            id,
            reason: reward.reason,
            source: reward.source,
            origin: self.origin_of(id, reward),
            applied: self.components.rewards.applied.get(&id).copied(),
        })
    }

    /// What a user owes, if decisions are recorded.
    pub(in crate::state) fn owed_told(&self, user: UserId, out: &Outcome) -> Amount {
        let owed = out.is_explained().then(|| self.receivable(user));
        owed.unwrap_or_default()
    }

    fn origin_of(&self, id: RewardId, reward: &Reward) -> RewardOrigin {
        let components = &self.components;
        let found = if reward.reason == Reason::Accrual {
            components.subscription.origin_of(id)
        } else if matches!(reward.reason, Reason::Generation(_)) {
            components.orders.origin_of(id)
        } else if reward.reason == Reason::Bonus {
            components.campaign.origin_of(id)
        } else if reward.reason == Reason::Pair {
            components.binary.origin_of(reward.user, id)
        } else {
            None
        };
        found.unwrap_or(RewardOrigin::Rule)
    }
}
