//! What explanations ask of the components of a state. Reads, and decides nothing.

use ledger::{Reason, UserId};
use money::Amount;

use super::super::State;
use super::grant::Reward;
use crate::Day;
use crate::binary::BinaryState;
use crate::campaign::ConversionId;
use crate::cap::Caps;
use crate::effect::RewardId;
use crate::orders::{OrderId, Orders};
use crate::ranks::Ranks;
use crate::subscription::{Subscription, SubscriptionId, Subscriptions};
use crate::withholding::{Withheld, Withholding};

/// A reward from a fund, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RewardTold<'a> {
    pub(crate) reason: Reason,
    /// What has not gone back of it, before tax and instalment.
    pub(crate) standing: Amount,
    /// Whose payment it is about.
    pub(crate) source: Option<UserId>,
    pub(crate) withheld: Option<&'a Withheld>,
    pub(crate) origin: RewardOrigin,
}

/// What caused a reward, as far as that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RewardOrigin {
    /// A subscription whose payment can still be refunded.
    Subscription(SubscriptionId),
    /// A generation of an order.
    Order(OrderId),
    /// A conversion of the campaign.
    Conversion(ConversionId),
    /// A pair of the user, from 1.
    Pair(u32),
    /// Nothing else than its rule.
    Rule,
}

impl State {
    pub(crate) const fn caps(&self) -> &Caps {
        &self.components.caps
    }

    pub(crate) const fn withholding(&self) -> &Withholding {
        &self.components.withholding
    }

    pub(crate) const fn subscriptions(&self) -> &Subscriptions {
        &self.components.subscriptions
    }

    pub(crate) fn subscription(&self, id: SubscriptionId) -> Option<&Subscription> {
        self.components.subscriptions.get(id)
    }

    pub(crate) const fn rank_book(&self) -> &Ranks {
        &self.components.ranks
    }

    pub(crate) const fn binary_tree(&self) -> &BinaryState {
        &self.components.binary
    }

    pub(crate) const fn order_book(&self) -> &Orders {
        &self.components.orders
    }

    /// What a user's bonus still has.
    pub(crate) fn bonus_left(&self, user: UserId) -> Amount {
        self.components.bonuses.left(user)
    }

    /// Directs of a user with an active subscription.
    pub(crate) fn active_directs_of(&self, user: UserId) -> u32 {
        self.components.active_directs(user)
    }

    /// The day on which things happen now.
    pub(crate) fn calendar_day(&self) -> Day {
        self.components.today()
    }

    /// How many rewards funds granted.
    pub(in crate::state) fn reward_count(&self) -> usize {
        self.components.rewards.count()
    }

    /// A reward from a fund.
    pub(crate) fn reward(&self, id: RewardId) -> Option<RewardTold<'_>> {
        let reward = self.components.rewards.told(id)?;
        Some(RewardTold {
            reason: reward.reason,
            standing: reward.gross.minus_or_zero(reward.reversed),
            source: reward.source,
            withheld: reward.withheld.as_deref(),
            origin: self.origin_of(id, reward),
        })
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
