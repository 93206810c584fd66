//! What a fact changes besides money: the material of the projections that the API reads.

mod component;
mod component_row;
mod record;

use alloy_primitives::{Address, B256};
use ledger::{Tier, TreeNumber, UserId};
use money::Amount;

pub use component::{ComponentEffect, ComponentRow, Detail, NotGranted, PeriodStatus, RewardId, SaleEffect};
pub use record::{PairRecord, Record, TaxEntry};

use crate::orders::OrderError;
use crate::{BatchEnd, DepositId, DepositKind, PayoutOutcome, ReserveChoice};

/// A change besides money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A user joined.
    Joined {
        /// The new user.
        user: UserId,
        /// Wallet of the new user; zero if the fact came without one, straight to [`State`](crate::State).
        wallet: Address,
        /// The user's sponsor.
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
    /// A deposit was refunded.
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
    /// A line of a batch holds back money from now on.
    PayoutHeld {
        /// The batch.
        batch: B256,
        /// For whom.
        user: UserId,
        /// How much.
        amount: Amount,
        /// What the chain will have paid to the user in all, once this is paid.
        target: Amount,
    },
    /// A line of a batch does not hold anything.
    PayoutRefused {
        /// The batch.
        batch: B256,
        /// For whom.
        user: UserId,
        /// How much was wanted.
        amount: Amount,
        /// Why not.
        cause: RefusedCause,
    },
    /// All lines of a requested batch are decided.
    BatchHeld {
        /// The batch.
        batch: B256,
        /// Lines that hold something.
        count: u32,
        /// What they hold in all.
        total: Amount,
    },
    /// A claim took over a part of what a line holds back.
    PayoutReduced {
        /// The batch.
        batch: B256,
        /// For whom.
        user: UserId,
        /// What the line still holds.
        amount: Amount,
    },
    /// The chain settled a line of a batch.
    PayoutSettled {
        /// The batch.
        batch: B256,
        /// For whom.
        user: UserId,
        /// What it did.
        outcome: PayoutOutcome,
    },
    /// The chain executed a batch.
    BatchExecuted {
        /// The batch.
        batch: B256,
    },
    /// A line of a batch lets go of what it held.
    PayoutReleased {
        /// The batch.
        batch: B256,
        /// For whom.
        user: UserId,
    },
    /// A batch ended without execution.
    BatchEnded {
        /// The batch.
        batch: B256,
        /// How.
        end: BatchEnd,
    },
    /// The chain paid to, credited or was claimed by a user: the user's cumulative `paid` on the chain grew.
    Paid {
        /// Who.
        user: UserId,
        /// By how much.
        amount: Amount,
    },
    /// A user was paid by a proof, their own one or that of a part of the tree.
    Claimed {
        /// Who.
        user: UserId,
        /// The root.
        root: B256,
        /// Lifetime entitlement that the root says.
        entitled: Amount,
        /// How much.
        amount: Amount,
        /// Where it is.
        end: ClaimEnd,
    },
    /// A liabilities root was published.
    RootPublished {
        /// The root.
        root: B256,
        /// Seconds since 1970-01-01 UTC from which on it can be claimed against.
        claimable_from: u64,
    },
    /// A liabilities root was vetoed.
    RootVetoed {
        /// The root.
        root: B256,
    },
    /// A command had no effect: it came too late or did not fit. Facts are never refused.
    CommandIgnored {
        /// Why.
        cause: IgnoredCause,
    },
    /// A component of the plan changed something.
    Component(ComponentEffect),
    /// The fact does more than one fact may: what is left follows in facts of its own, without any other between them.
    Continues {
        /// How many facts there are in all, this one included.
        parts: u32,
        /// Legs of all of them.
        legs: u32,
        /// Sum of the amounts of all these legs, in base units.
        amount: Amount,
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

names::names! {
    /// Where the money of a claim went.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum ClaimEnd {
        /// To the user.
        Paid = "paid",
        /// It could not be sent, or the user is frozen: the contract keeps it for the user.
        Credited = "credited",
    }
}

names::names! {
    /// Why a line of a batch holds nothing.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum RefusedCause {
        /// Another live batch has a line for the user, or this one has two.
        AlreadyLive = "already_live",
        /// Nothing, or more than the user has available.
        ExceedsAvailable = "exceeds_available",
        /// The cumulative payment would not fit the contract's 96 bits.
        TargetTooLarge = "target_too_large",
    }
}

/// Why a command had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IgnoredCause {
    /// The wallet is not that of an active user.
    UnknownUser,
    /// There is no tier above, or the plan has no reserves.
    NoNextTier,
    /// The plan does not ask users what is reserved.
    NotChosen,
    /// The user already moved on from this tier, or the tree of this tier is closed.
    TierFinished,
    /// The choice is in force already.
    Unchanged,
    /// A correction of nothing, or of more than the user was ever entitled to.
    ExceedsEntitlement,
    /// A batch that was requested before.
    BatchKnown,
    /// A batch that holds nothing (any more).
    BatchNotLive,
    /// The plan does not have the component that the command is about.
    NoSuchComponent,
    /// A day that ended before, or one so far ahead that the command must be a mistake.
    DayOutOfOrder,
    /// More than there is: in the wallet balance, or of unallocated revenue.
    ExceedsBalance,
    /// Less than the plan's smallest withdrawal.
    BelowMinimum,
    /// A reference that was used before.
    ReferenceKnown,
    /// An unknown reference.
    ReferenceUnknown,
    /// More than is left of the conversion.
    ExceedsRest,
    /// A rule of orders or of their periods is broken.
    Order(OrderError),
    /// A plan that the ledger does not have, or that cannot follow the current one.
    PlanNotApplicable,
    /// Nothing was left of the fact before.
    NothingToContinue,
}

names::names! {
    /// In what chain and plan disagree.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum DiscrepancyCause {
        /// The amount of an intake is not the plan's price.
        IntakeAmount = "intake_amount",
        /// The plan hash of an intake is not this plan's.
        IntakePlan = "intake_plan",
        /// An intake names an unknown sponsor.
        UnknownSponsor = "unknown_sponsor",
        /// An intake from a wallet that cannot have it: registered twice, or a retopup of a stranger.
        UnexpectedIntake = "unexpected_intake",
        /// A refund of a deposit that is not held.
        UnexpectedRefund = "unexpected_refund",
        /// The chain matured another amount than the books hold.
        MaturedAmount = "matured_amount",
        /// A freeze of an unknown wallet, or a payment to one.
        UnknownWallet = "unknown_wallet",
        /// A batch that the ledger does not know, or that had ended.
        UnknownBatch = "unknown_batch",
        /// The chain paid another amount than the ledger held back for it.
        PayoutAmount = "payout_amount",
        /// The chain paid to a user more than the ledger had for that user.
        Overpaid = "overpaid",
        /// A withdrawal beyond the user's credit.
        UnexpectedWithdrawal = "unexpected_withdrawal",
        /// A treasury operation beyond what belongs to the operator.
        UnexpectedTreasury = "unexpected_treasury",
        /// A fact came before the one in front of it was continued to its end.
        Interrupted = "interrupted",
    }
}

impl IgnoredCause {
    /// Stable name in SQL, JSON and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown_user",
            Self::NoNextTier => "no_next_tier",
            Self::NotChosen => "not_chosen",
            Self::TierFinished => "tier_finished",
            Self::Unchanged => "unchanged",
            Self::ExceedsEntitlement => "exceeds_entitlement",
            Self::BatchKnown => "batch_known",
            Self::BatchNotLive => "batch_not_live",
            Self::NoSuchComponent => "no_such_component",
            Self::DayOutOfOrder => "day_out_of_order",
            Self::ExceedsBalance => "exceeds_balance",
            Self::BelowMinimum => "below_minimum",
            Self::ReferenceKnown => "reference_known",
            Self::ReferenceUnknown => "reference_unknown",
            Self::ExceedsRest => "exceeds_rest",
            Self::Order(error) => error.code(),
            Self::PlanNotApplicable => "plan_not_applicable",
            Self::NothingToContinue => "nothing_to_continue",
        }
    }
}
