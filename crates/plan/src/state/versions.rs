//! Under which version of the plan something was granted, sold or taken.
//!
//! A change of the plan remembers how much there was of everything that is numbered, so nothing has to carry its version.
//! Only explanations ask. Not responsible for the rules of a change: see `component/version.rs`.

use alloy_primitives::B256;

use super::State;
use crate::DepositId;
use crate::compiled::CompiledPlan;
use crate::effect::RewardId;
use crate::subscription::SubscriptionId;

/// Every change of the plan, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Versions {
    changes: Vec<Change>,
}

/// How many of each were there when a version stopped to be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    plan: B256,
    deposits: usize,
    rewards: usize,
    subscriptions: usize,
}

impl Versions {
    /// The version under which the thing with this number was made; `None` for the one that is in force.
    fn find(&self, number: u32, until: impl Fn(&Change) -> usize) -> Option<B256> {
        let number = usize::try_from(number).ok()?;
        let change = self.changes.iter().find(|change| number <= until(change));
        change.map(|change| change.plan)
    }
}

impl State {
    /// Another version is in force from here on.
    pub(crate) fn leave_version(&mut self, old: &CompiledPlan) {
        let change = Change {
            plan: old.hash(),
            deposits: self.deposits.len(),
            rewards: self.reward_count(),
            subscriptions: self.subscriptions().len(),
        };
        self.versions.changes.push(change);
    }

    /// The version that divided a deposit; `None` for the one that is in force, and likewise below.
    pub fn version_of_deposit(&self, deposit: DepositId) -> Option<B256> {
        self.versions.find(deposit.get(), |change| change.deposits)
    }

    /// The version that granted a reward.
    pub fn version_of_reward(&self, reward: RewardId) -> Option<B256> {
        self.versions.find(reward.get(), |change| change.rewards)
    }

    /// The version that sold a subscription, and thereby fixed its rate.
    pub fn version_of_subscription(&self, subscription: SubscriptionId) -> Option<B256> {
        self.versions
            .find(subscription.get(), |change| change.subscriptions)
    }
}
