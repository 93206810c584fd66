//! What happened, in the words of the outside: wallets and references, as the inbox holds it.

use alloy_primitives::{Address, B256};
use ledger::Tier;
use money::Amount;

use crate::ReserveChoice;

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
    /// A journal entry that concerns neither money nor users: roles, signers, pause.
    Noted,
    /// A user reserves the pool rewards of a tier towards the next price, or stops doing so.
    ReserveChosen {
        /// Who chooses.
        wallet: Address,
        /// Whose rewards are meant.
        tier: Tier,
        /// In or out.
        choice: ReserveChoice,
    },
    /// Operators take back a reward that matured wrongly. The user owes it; nothing already entitled falls.
    Corrected {
        /// Who got too much.
        wallet: Address,
        /// How much too much.
        amount: Amount,
    },
}

/// A payment that the contract took into escrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// Unique reference of the intake.
    pub deposit_ref: B256,
    /// Who paid.
    pub wallet: Address,
    /// Who brought the user in; `None` for the root user and in a retopup.
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
