//! A user who may be paid, as the books and the chain know the user.

use alloy_primitives::Address;
use ledger::UserId;
use money::Amount;

names::names! {
    /// What a plan rule grants.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RewardKind {
        /// The sponsor's share of a registration.
        Direct = "direct",
        /// An ancestor's share of a placement.
        PoolLayer = "pool_layer",
        /// An upline's share of a retopup.
        Generation = "generation",
    }
}

impl RewardKind {
    const fn bit(self) -> u8 {
        match self {
            Self::Direct => 1,
            Self::PoolLayer => 2,
            Self::Generation => 4,
        }
    }
}

/// A set of kinds of rewards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Kinds(u8);

impl Kinds {
    /// None.
    pub const NONE: Self = Self(0);

    /// These, and this one.
    #[must_use]
    pub const fn with(self, kind: RewardKind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// Whether any is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<RewardKind> for Kinds {
    fn from_iter<I: IntoIterator<Item = RewardKind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::NONE, Self::with)
    }
}

/// A user who may be paid. Amounts are base units, times Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub user: UserId,
    /// Where the chain pays.
    pub wallet: Address,
    /// Everything that the chain ever paid, credited or let the user claim.
    pub paid: Amount,
    /// The matured balance: posted, less what is held back already.
    pub available: Amount,
    /// Kinds of the matured rewards that are not settled yet.
    pub kinds: Kinds,
    /// When the oldest of them matured.
    pub oldest_matured_at: u64,
    /// When the user's freeze ends or ended; 0 without one.
    pub frozen_until: u64,
    /// Whether a batch that is not over pays the user.
    pub has_live_payout: bool,
    /// Whether the user asked to be paid.
    pub withdrawal_requested: bool,
}

impl Candidate {
    /// Whether the contract would credit instead of send, in a block of this time.
    pub const fn is_frozen_at(&self, time: u64) -> bool {
        self.frozen_until > time
    }
}
