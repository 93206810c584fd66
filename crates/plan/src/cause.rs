//! What happened, in external terms: wallets and references, as stored in the inbox.

use alloy_primitives::{Address, B256};
use ledger::Tier;
use money::Amount;

use crate::{Report, ReserveChoice};

/// Something that happened outside and now becomes a fact. Sources are the finalized chain and users' or
/// operators' commands; each has a natural key in the inbox, so a repeat changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// `RegistrationAccepted`.
    Registered(Intake),
    /// `RetopupCompleted`; its intake has no sponsor.
    RetoppedUp(Intake),
    /// `DepositRefunded`.
    Refunded {
        /// Reference of the intake that goes back.
        deposit_ref: B256,
        /// Who paid it in.
        wallet: Address,
        /// Where it went.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// `EscrowMatured`: deposits refundable until before the end of this day are past their cooling-off time.
    EscrowMatured {
        /// Days since 1970-01-01 UTC.
        through_day: u32,
        /// What left escrow.
        amount: Amount,
    },
    /// `Funded`.
    Funded {
        /// Who paid.
        from: Address,
        /// How much.
        amount: Amount,
    },
    /// `UserFrozen`.
    UserFrozen {
        /// Whose payouts are frozen.
        wallet: Address,
        /// Seconds since 1970-01-01 UTC at which the freeze ends.
        until: u64,
    },
    /// `UserUnfrozen`.
    UserUnfrozen {
        /// Whose payouts are no longer frozen.
        wallet: Address,
    },
    /// `BatchSettled`, with what it did for each user, in the order of its list.
    BatchSettled {
        /// Which batch.
        batch_id: B256,
        /// Hash of the rewards that it covers.
        manifest_hash: B256,
        /// What it did for each user.
        payouts: Vec<SettledPayout>,
    },
    /// `BatchCancelled`: the batch can never be executed.
    BatchCancelled {
        /// Which batch.
        batch_id: B256,
    },
    /// `Claimed`: a user was paid by a proof.
    Claimed {
        /// Who.
        wallet: Address,
        /// The published root.
        root: B256,
        /// Lifetime entitlement that the root says.
        entitled: Amount,
        /// What was sent.
        amount: Amount,
    },
    /// `LeavesSettled`: all users of a part of a published tree were paid at once, by anyone's call.
    LeavesSettled {
        /// The published root.
        root: B256,
        /// What it did for each user, in the order of the leaves.
        payouts: Vec<SettledPayout>,
    },
    /// `CreditWithdrawn`.
    CreditWithdrawn {
        /// Whose credit.
        wallet: Address,
        /// Where it went.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// `OperationExecuted` of a treasury operation.
    TreasuryPaid {
        /// Where it went.
        to: Address,
        /// How much.
        amount: Amount,
    },
    /// `RootPublished`.
    RootPublished {
        /// The root of the liabilities.
        root: B256,
        /// Sum of all leaves.
        total: Amount,
        /// Journal entry up to which it counts.
        as_of_seq: u64,
        /// Seconds since 1970-01-01 UTC from which on it can be claimed against.
        claimable_from: u64,
    },
    /// `RootVetoed`, or the retirement of a mature root by an operation: nothing can be claimed against it any more.
    RootVetoed {
        /// The root.
        root: B256,
    },
    /// A journal entry that concerns neither money nor users: roles, signers, pause, operations.
    Noted,
    /// Operators want to pay these amounts in one batch: from now on they are held back.
    BatchRequested {
        /// Replay key of the batch on the chain.
        batch_id: B256,
        /// Whom, and how much.
        payouts: Vec<RequestedPayout>,
    },
    /// The batch will never be executed, for sure: what it holds back is let go.
    BatchReleased {
        /// Which batch.
        batch_id: B256,
        /// Why.
        end: BatchEnd,
    },
    /// A user reserves the pool rewards of a tier towards the next price, or stops doing so.
    ReserveChosen {
        /// Who chooses.
        wallet: Address,
        /// Whose rewards are meant.
        tier: Tier,
        /// In or out.
        choice: ReserveChoice,
    },
    /// What no chain says, to a plan with components.
    Reported(Report),
    /// The next part of a fact that does more than one fact may: see [`FACT_LEGS_MAX`](crate::FACT_LEGS_MAX).
    Continued {
        /// Which part, from 2.
        part: u32,
    },
    /// Operators take back a reward that matured wrongly. The user owes it; nothing already entitled falls.
    Corrected {
        /// Who got too much.
        wallet: Address,
        /// How much too much.
        amount: Amount,
    },
}

impl Cause {
    /// Whether people or processes say it; otherwise the chain alone does.
    pub const fn is_command(&self) -> bool {
        matches!(
            self,
            Self::BatchRequested { .. }
                | Self::BatchReleased { .. }
                | Self::ReserveChosen { .. }
                | Self::Reported(_)
                | Self::Corrected { .. }
        )
    }
}

/// A line of a requested batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedPayout {
    /// Whom to pay.
    pub wallet: Address,
    /// How much of what is available.
    pub amount: Amount,
}

/// A line of a settled batch, or a settled leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettledPayout {
    /// Who was meant.
    pub wallet: Address,
    /// What happened.
    pub outcome: PayoutOutcome,
}

/// What a batch, or a call that settles leaves, did for one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayoutOutcome {
    /// Sent.
    Executed(Amount),
    /// Could not be sent, or the user is frozen: the contract keeps it for the user.
    Credited {
        /// How much.
        amount: Amount,
        /// Because the user is frozen.
        frozen: bool,
    },
    /// Nothing was due any more.
    Skipped,
}

names::names! {
    /// How a batch ended that was not executed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum BatchEnd {
        /// Its authorization expired, proven by a finalized block.
        Expired = "expired",
        /// Operators gave it up before it was signed, or it expired afterwards.
        Cancelled = "cancelled",
    }
}

/// A payment that the contract took into escrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// Unique reference of the intake.
    pub deposit_ref: B256,
    /// Who paid.
    pub wallet: Address,
    /// The user's sponsor; `None` for the root user and in a retopup.
    pub sponsor: Option<Address>,
    /// How much.
    pub amount: Amount,
    /// Last second at which it can be refunded, since 1970-01-01 UTC.
    pub refundable_until: u64,
    /// The plan under which it was authorized.
    pub plan_hash: B256,
    /// The disclosure that the payer was shown.
    pub disclosure_hash: B256,
}
