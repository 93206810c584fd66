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
        &self.components.subscriptions
    }

    pub(crate) fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.components.subscriptions.get(id)
    }

    /// What a user's bonus still has.
    pub(crate) fn bonus_left(&self, user: UserId) -> Amount {
        self.components.bonuses.left(user)
    }

    /// How many rewards funds granted.
    pub(in crate::state) fn reward_count(&self) -> usize {
        self.components.rewards.count()
    }

    /// A reward as it stands.
    pub(super) fn standing(&self, id: RewardId, reward: &Reward) -> Box<RewardStanding> {
        Box::new(RewardStanding {
            id,
            reason: reward.reason,
            source: reward.source,
            origin: self.origin_of(id, reward),
        })
    }

    /// What a user owes, where somebody wants to know.
    pub(in crate::state) fn owed_told(&self, user: UserId, out: &Outcome) -> Amount {
        let owed = out.is_explained().then(|| self.receivable(user));
        owed.unwrap_or_default()
    }

    fn origin_of(&self, id: RewardId, reward: &Reward) -> RewardOrigin {
        let components = &self.components;
        let found = match reward.reason {
            Reason::Accrual => components
                .purchases
                .values()
                .find(|purchase| purchase.accrued.contains(&id))
                .map(|purchase| RewardOrigin::Subscription(purchase.subscription)),
            Reason::Generation(_) => components
                .order_rewards
                .iter()
                .find(|(_, reward)| **reward == id)
                .map(|((order, _), _)| RewardOrigin::Order(*order)),
            Reason::Bonus => components
                .conversion_rewards
                .iter()
                .find(|(_, reward)| **reward == id)
                .map(|(conversion, _)| RewardOrigin::Conversion(*conversion)),
            Reason::Pair => components
                .pair_rewards
                .get(&reward.user)
                .and_then(|pairs| pairs.iter().position(|reward| *reward == id))
                .and_then(|place| u32::try_from(place).ok()?.checked_add(1))
                .map(RewardOrigin::Pair),
            Reason::Direct
            | Reason::PoolLayer { .. }
            | Reason::Rank(_)
            | Reason::CompanyShare
            | Reason::Matured
            | Reason::Refund
            | Reason::ReserveReleased
            | Reason::Funded
            | Reason::Correction
            | Reason::Netting
            | Reason::Unexpected
            | Reason::Payout
            | Reason::PayoutCredited
            | Reason::Claim
            | Reason::CreditWithdrawal
            | Reason::Treasury
            | Reason::Overpaid
            | Reason::Withheld
            | Reason::Fee
            | Reason::Instalment
            | Reason::Withdrawal
            | Reason::Allocated
            | Reason::Reversed
            | Reason::Spent => None,
        };
        found.unwrap_or(RewardOrigin::Rule)
    }
}
