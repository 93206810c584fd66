//! Questions about a [`State`].

use ledger::{Tier, TreeNumber, UserId};
use money::Amount;

use super::standing::Standing;
use super::{DepositStatus, NodeNumber, State};
use crate::compiled::{CompiledPlan, tier_index};
use crate::{DepositId, PoolRoom};

/// Where a user sits in a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The tree.
    pub tree: TreeNumber,
    /// Index in level order, from 0.
    pub index: u32,
}

impl State {
    /// Users so far, refunded ones included.
    #[must_use]
    pub const fn user_count(&self) -> usize {
        self.users.len()
    }

    /// The id of the next user to register; `None` when there are no more.
    #[must_use]
    pub fn next_user(&self) -> Option<UserId> {
        UserId::from_index(self.users.len())
    }

    /// The id of the next deposit; `None` when there are no more.
    #[must_use]
    pub fn next_deposit(&self) -> Option<DepositId> {
        DepositId::from_index(self.deposits.len())
    }

    /// Whether there are so many users and deposits.
    #[must_use]
    pub fn counts(&self, users: usize, deposits: usize) -> bool {
        self.users.len() == users && self.deposits.len() == deposits
    }

    /// Lifetime matured credits that were not reserved. Never falls. Zero for a stranger.
    #[must_use]
    pub fn entitled(&self, user: UserId) -> Amount {
        self.user(user).map_or(Amount::ZERO, |user| user.entitled)
    }

    /// What a user has reserved of a tier's rewards.
    #[must_use]
    pub fn reserved(&self, user: UserId, tier: Tier) -> Amount {
        self.reserves.get(&(user, tier)).copied().unwrap_or(Amount::ZERO)
    }

    /// What a user still owes after corrections.
    #[must_use]
    pub fn receivable(&self, user: UserId) -> Amount {
        self.debts.get(&user).map_or(Amount::ZERO, |debt| debt.open)
    }

    /// Whether a user is registered and not refunded.
    #[must_use]
    pub fn is_active(&self, user: UserId) -> bool {
        self.standing(user)
            .is_some_and(|standing| standing != Standing::Gone)
    }

    /// Who brought a user in.
    #[must_use]
    pub fn sponsor(&self, user: UserId) -> Option<UserId> {
        self.sponsors.of(user)
    }

    /// Directs of a user so far, refunded ones included. The next one has this ordinal plus 1.
    #[must_use]
    pub fn directs(&self, user: UserId) -> u32 {
        self.user(user).map_or(0, |user| user.directs)
    }

    /// The deposit of a user's registration.
    #[must_use]
    pub fn registration(&self, user: UserId) -> Option<DepositId> {
        Some(self.user(user)?.registration)
    }

    /// Whether a deposit is still within its cooling-off time: neither refunded nor matured.
    #[must_use]
    pub fn is_held(&self, deposit: DepositId) -> bool {
        self.deposits
            .get(deposit.index())
            .is_some_and(|deposit| deposit.status == DepositStatus::Held)
    }

    /// Where the next node of a tier goes. A tier that the plan does not have is full.
    #[must_use]
    pub fn room(&self, plan: &CompiledPlan, tier: Tier) -> PoolRoom {
        let next = self
            .tiers
            .get(tier_index(tier))
            .and_then(|tier| u32::try_from(tier.nodes.len()).ok())
            .map(|node| place_of(plan, node));
        match next {
            Some(place) if plan.trees_max().is_none_or(|max| place.tree.get() <= max) => PoolRoom::Open {
                tree: place.tree,
                next_index: place.index,
            },
            Some(_) | None => PoolRoom::Full,
        }
    }

    /// Where a user sits in a tier.
    #[must_use]
    pub fn place(&self, plan: &CompiledPlan, user: UserId, tier: Tier) -> Option<Place> {
        self.node(user, tier).map(|node| place_of(plan, node))
    }

    /// Who sits in a place.
    #[must_use]
    pub fn occupant(&self, plan: &CompiledPlan, tier: Tier, place: Place) -> Option<UserId> {
        let node = match plan.tree_size() {
            Some(size) if place.index >= size => return None,
            Some(size) => (place.tree.get().checked_sub(1)?)
                .checked_mul(size)?
                .checked_add(place.index)?,
            None if place.tree.get() == 1 => place.index,
            None => return None,
        };
        let nodes = &self.tiers.get(tier_index(tier))?.nodes;
        nodes.get(usize::try_from(node).ok()?).copied()
    }

    /// Nodes of a tier, over all its trees.
    #[must_use]
    pub fn node_count(&self, tier: Tier) -> usize {
        self.tiers
            .get(tier_index(tier))
            .map_or(0, |tier| tier.nodes.len())
    }

    /// Trees that a tier has opened.
    #[must_use]
    pub fn trees(&self, plan: &CompiledPlan, tier: Tier) -> u32 {
        let nodes = self.node_count(tier);
        nodes
            .checked_sub(1)
            .and_then(|last| u32::try_from(last).ok())
            .map_or(0, |last| place_of(plan, last).tree.get())
    }

    pub(super) fn node(&self, user: UserId, tier: Tier) -> Option<NodeNumber> {
        if tier == Tier::FIRST {
            self.seats.get(user.index())?.first
        } else {
            let tier = self.tiers.get(tier_index(tier))?;
            tier.places.get(&user).copied()
        }
    }

    /// Whether no node can be added to the tree of this place any more.
    pub(super) fn is_closed(&self, plan: &CompiledPlan, tier: Tier, tree: TreeNumber) -> bool {
        plan.tree_size().is_some_and(|size| {
            let closed = u64::try_from(self.node_count(tier)).unwrap_or(u64::MAX);
            u64::from(tree.get()).saturating_mul(u64::from(size)) <= closed
        })
    }
}

/// Tree and index of a node number.
pub(super) fn place_of(plan: &CompiledPlan, node: NodeNumber) -> Place {
    let (trees, index) = match plan.tree_size() {
        Some(size) => (
            node.checked_div(size).unwrap_or(0),
            node.checked_rem(size).unwrap_or(0),
        ),
        None => (0, node),
    };
    Place {
        tree: TreeNumber::new(trees.saturating_add(1))
            .expect("nodes are fewer than 2^31 users, so trees are numbered from 1 to 2^31 - 1"),
        index,
    }
}
