//! Questions about a [`State`].

use ledger::{DepositId, Tier, UserId};
use money::Amount;

use super::{DepositStatus, State};
use crate::Day;
use crate::autopool::{Place, PoolRoom};
use crate::compiled::CompiledPlan;

impl State {
    /// Users so far, refunded ones included.
    pub const fn user_count(&self) -> usize {
        self.users.len()
    }

    /// The last day of the plan's calendar that ended; `None` before the first one.
    pub const fn last_day(&self) -> Option<Day> {
        self.components.last_day()
    }

    /// The id of the next user to register; `None` when there are no more.
    #[inline]
    pub fn next_user(&self) -> Option<UserId> {
        UserId::from_index(self.users.len())
    }

    /// The id of the next deposit; `None` when there are no more.
    #[inline]
    pub fn next_deposit(&self) -> Option<DepositId> {
        DepositId::from_index(self.deposits.len())
    }

    /// Whether there are exactly this many users and deposits.
    pub fn counts(&self, users: usize, deposits: usize) -> bool {
        self.users.len() == users && self.deposits.len() == deposits
    }

    /// Lifetime matured credits that were not reserved. Never falls. Zero for a stranger.
    pub fn entitled(&self, user: UserId) -> Amount {
        self.user(user).map_or(Amount::ZERO, |user| user.entitled)
    }

    /// What a user has reserved of a tier's rewards.
    pub fn reserved(&self, user: UserId, tier: Tier) -> Amount {
        self.components.pools.reserved(user, tier)
    }

    /// What a user still owes after corrections.
    pub fn receivable(&self, user: UserId) -> Amount {
        self.debts.get(&user).map_or(Amount::ZERO, |debt| debt.open)
    }

    /// Whether a user is registered and not refunded.
    #[inline]
    pub fn is_active(&self, user: UserId) -> bool {
        self.sponsors.is_active(user)
    }

    /// The sponsor of a user.
    #[inline]
    pub fn sponsor(&self, user: UserId) -> Option<UserId> {
        self.sponsors.of(user)
    }

    /// Directs of a user so far, refunded ones included. The next one has this ordinal plus 1.
    #[inline]
    pub fn directs(&self, user: UserId) -> u32 {
        self.user(user).map_or(0, |user| user.directs)
    }

    /// The deposit of a user's registration.
    pub fn registration(&self, user: UserId) -> Option<DepositId> {
        Some(self.user(user)?.registration)
    }

    /// Whether a deposit is still within its cooling-off time: neither refunded nor matured.
    pub fn is_held(&self, deposit: DepositId) -> bool {
        self.deposits
            .get(deposit.index())
            .is_some_and(|deposit| deposit.status == DepositStatus::Held)
    }

    /// Where the next node of a tier goes. A tier that the plan does not have is full.
    pub fn room(&self, plan: &CompiledPlan, tier: Tier) -> PoolRoom {
        let terms = plan.auto_pool();
        terms.map_or(PoolRoom::Full, |terms| self.components.pools.room(terms, tier))
    }

    /// Where a user sits in a tier.
    pub fn place(&self, plan: &CompiledPlan, user: UserId, tier: Tier) -> Option<Place> {
        self.components.pools.place(plan.auto_pool()?, user, tier)
    }

    /// Who sits in a place.
    pub fn occupant(&self, plan: &CompiledPlan, tier: Tier, place: Place) -> Option<UserId> {
        self.components.pools.occupant(plan.auto_pool()?, tier, place)
    }

    /// Nodes of a tier, over all its trees.
    pub fn node_count(&self, tier: Tier) -> usize {
        self.components.pools.node_count(tier)
    }

    /// Trees that a tier has opened.
    pub fn trees(&self, plan: &CompiledPlan, tier: Tier) -> u32 {
        let last = self.node_count(tier).checked_sub(1);
        let last = last.and_then(|last| u32::try_from(last).ok());
        let place = plan.auto_pool().zip(last);
        place.map_or(0, |(terms, last)| terms.place_of(last).tree.get())
    }
}
