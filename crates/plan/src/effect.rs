//! What a fact changes besides money: the material of the projections that the API reads.

use alloy_primitives::{Address, B256};
use ledger::{Leg, Tier, TreeNumber, UserId};
use money::Amount;

use crate::{DepositId, DepositKind, ReserveChoice};

/// Everything that one fact does. Legs sum to the inflow; the order of legs is their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Movements of money, none of them zero.
    pub legs: Vec<Leg>,
    /// Changes besides money, in order.
    pub effects: Vec<Effect>,
}

/// A change besides money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A user joined.
    Joined {
        /// The new user.
        user: UserId,
        /// Wallet of the new user. Filled in by [`Book`](crate::Book); zero in a bare [`State`](crate::State).
        wallet: Address,
        /// Who brought the user in.
        sponsor: Option<UserId>,
        /// Which of the sponsor's directs this is, from 1; 0 without a sponsor. Never renumbered.
        ordinal: u32,
        /// The registration's deposit.
        deposit: DepositId,
    },
    /// A deposit was taken into escrow.
    DepositTaken {
        /// The new deposit.
        deposit: DepositId,
        /// Reference on the chain. Filled in by [`Book`](crate::Book); zero in a bare [`State`](crate::State).
        deposit_ref: B256,
        /// Registration or retopup.
        kind: DepositKind,
        /// Who paid.
        user: UserId,
        /// How much.
        amount: Amount,
        /// Seconds since 1970-01-01 UTC. Filled in by [`Book`](crate::Book); the start of the day in a bare state.
        refundable_until: u64,
    },
    /// A deposit went back.
    DepositRefunded {
        /// Which.
        deposit: DepositId,
    },
    /// A deposit is past its cooling-off time.
    DepositMatured {
        /// Which.
        deposit: DepositId,
    },
    /// A registration was refunded: the user's position earns no more.
    UserRefunded {
        /// Who.
        user: UserId,
    },
    /// A tree was opened in a tier.
    TreeOpened {
        /// The tier.
        tier: Tier,
        /// The number of the tree in it.
        tree: TreeNumber,
    },
    /// A user was placed into a pool.
    Placed {
        /// The tier.
        tier: Tier,
        /// The tree in it.
        tree: TreeNumber,
        /// Index in level order, from 0.
        index: u32,
        /// Who was placed.
        user: UserId,
        /// What paid for it.
        funding: Funding,
    },
    /// The last place of a tree was taken.
    TreeClosed {
        /// The tier.
        tier: Tier,
        /// The tree in it.
        tree: TreeNumber,
    },
    /// A held reward went to breakage at maturity, because it relied on something since refunded.
    RewardForfeited {
        /// Deposit that caused the reward.
        deposit: DepositId,
        /// Position of the reward among the legs of the deposit's fact.
        leg: u32,
    },
    /// A user's choice about a tier's reserve took effect.
    ReserveSet {
        /// Who.
        user: UserId,
        /// Which tier.
        tier: Tier,
        /// In or out.
        choice: ReserveChoice,
    },
    /// A user moved on: the reserve of this tier paid for a place in the next.
    Progressed {
        /// Who.
        user: UserId,
        /// Tier whose reserve paid.
        from: Tier,
    },
    /// A user's payouts are frozen until then.
    Frozen {
        /// Who.
        user: UserId,
        /// Seconds since 1970-01-01 UTC.
        until: u64,
    },
    /// A user's freeze ended early.
    Unfrozen {
        /// Who.
        user: UserId,
    },
    /// A command had no effect: it came too late or did not fit. Facts are never refused.
    CommandIgnored {
        /// Why.
        cause: IgnoredCause,
    },
    /// Chain and plan disagree; a human must look.
    Discrepancy {
        /// In what.
        cause: DiscrepancyCause,
    },
}

/// What paid for a place in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Funding {
    /// The price of a registration.
    Registration,
    /// A matured reserve of the tier below.
    Progression,
}

/// Why a command had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IgnoredCause {
    /// The wallet is not that of an active user.
    UnknownUser,
    /// There is no tier above, or the plan has no reserves.
    NoNextTier,
    /// The user already moved on from this tier, or the tree of this tier is closed.
    TierFinished,
    /// The choice is in force already.
    Unchanged,
    /// A correction of nothing, or of more than the user was ever entitled to.
    ExceedsEntitlement,
}

/// In what chain and plan disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiscrepancyCause {
    /// The amount of an intake is not the plan's price.
    IntakeAmount,
    /// The plan hash of an intake is not this plan's.
    IntakePlan,
    /// An intake names a sponsor whom nobody knows.
    UnknownSponsor,
    /// An intake from a wallet that cannot have it: registered twice, or a retopup of a stranger.
    UnexpectedIntake,
    /// A refund of a deposit that is not held.
    UnexpectedRefund,
    /// The chain matured another amount than the books hold.
    MaturedAmount,
    /// A freeze of an unknown wallet.
    UnknownWallet,
}

impl IgnoredCause {
    /// Stable name in SQL, JSON and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoNextTier => "no_next_tier",
            Self::TierFinished => "tier_finished",
            Self::Unchanged => "unchanged",
            Self::ExceedsEntitlement => "exceeds_entitlement",
        }
    }
}

impl DiscrepancyCause {
    /// Stable name in SQL, JSON and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::IntakeAmount => "intake_amount",
            Self::IntakePlan => "intake_plan",
            Self::UnknownSponsor => "unknown_sponsor",
            Self::UnexpectedIntake => "unexpected_intake",
            Self::UnexpectedRefund => "unexpected_refund",
            Self::MaturedAmount => "matured_amount",
            Self::UnknownWallet => "unknown_wallet",
        }
    }
}
