//! What components keep of users in tables of their own: tax, the binary tree, bookings.
//!
//! None of it is a row of `component_effect`, so it does not shift the positions of what older ledgers have there.

use ledger::UserId;
use money::Amount;
use plan_file::calendar::FinancialYear;

use super::component::RewardId;
use crate::report::Side;

/// What components keep of a user. Amounts are in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// A policy concerned a payment, and withheld this from it; often nothing.
    Taxed(TaxEntry),
    /// A payment went back, whole or in part, and with it this much of what a policy had withheld.
    TaxReturned(TaxEntry),
    /// The user's tax id is known from now on.
    TaxIdKnown {
        /// Whose.
        user: UserId,
    },
    /// Where the user wants the next direct.
    SideChosen {
        /// Who.
        user: UserId,
        /// On which side; `None` for wherever is free first.
        side: Option<Side>,
    },
    /// The user's lots that are not in a pair.
    LotsChanged {
        /// Whose.
        user: UserId,
        /// How many there are now on the left and on the right side.
        lots: [u32; 2],
    },
    /// What the user has paid towards the price.
    BookingPaid {
        /// Who.
        user: UserId,
        /// How much it is now, instalments out of pairs included.
        paid: Amount,
    },
    /// A pair was granted.
    PairPaid(PairRecord),
    /// A pair was taken back.
    PairReturned {
        /// Whose.
        user: UserId,
        /// The reward that it was.
        reward: RewardId,
    },
}

/// What one policy makes of one payment, or of a part that went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxEntry {
    /// From whom.
    pub user: UserId,
    /// Place of the policy among the plan's policies, from 1.
    pub policy: u8,
    /// The financial year of the payment.
    pub year: FinancialYear,
    /// The payment before anything is withheld.
    pub gross: Amount,
    /// Of what the tax is computed: more than the payment where that crossed a threshold.
    pub base: Amount,
    /// The tax.
    pub amount: Amount,
}

/// A pair and where its value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairRecord {
    /// The reward that it is.
    pub reward: RewardId,
    /// Whose.
    pub user: UserId,
    /// What the fund grants.
    pub amount: Amount,
    /// The tax in it.
    pub withheld: Amount,
    /// What pays the user's own instalment.
    pub instalment: Amount,
}
