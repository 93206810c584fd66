//! What pools know of a user.

use ledger::Tier;

/// A node of a tier, counted over all its trees in the order of placement, from 0.
pub type NodeNumber = u32;

/// A user in pools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// In which tiers the user chose to reserve.
    pub chosen: TierSet,
    /// In which tiers rewards go to the reserve right now: chosen, placed in a tree that is open, not moved on.
    pub reserving: TierSet,
    /// From which tiers the user moved on to the next.
    pub progressed: TierSet,
    /// Position in tier 1.
    pub first: Option<NodeNumber>,
}

/// A set of tiers; [`Tier::MAX`] is 60.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TierSet(u64);

impl TierSet {
    /// The set whose bit `n − 1` says whether tier `n` is in it.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit `n − 1` is tier `n`.
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) fn has(self, tier: Tier) -> bool {
        self.0 & bit(tier) != 0
    }

    #[inline]
    pub(super) fn insert(&mut self, tier: Tier) {
        self.0 |= bit(tier);
    }

    #[inline]
    pub(super) fn remove(&mut self, tier: Tier) {
        self.0 &= !bit(tier);
    }
}

#[inline]
fn bit(tier: Tier) -> u64 {
    1u64.checked_shl(u32::from(tier.get()).saturating_sub(1))
        .unwrap_or(0)
}
