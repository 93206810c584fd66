//! Facts of plans with components, in the plan's terms: see [`Report`](crate::Report) for the
//! external form.

use ledger::{Fund, UserId};
use money::Amount;

use crate::Day;
use crate::report::Side;

/// What was reported to a component of the plan. Numbers of orders, customers, conversions and referees are dense,
/// from 1, in the order in which they first appear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentFact {
    /// A day of the plan's calendar ended.
    DayEnded {
        /// Which.
        day: Day,
    },
    /// Unallocated revenue goes to a fund.
    FundAllocated {
        /// Which fund.
        fund: Fund,
        /// How much.
        amount: Amount,
    },
    /// A user requests money of their own wallet balance.
    WithdrawalRequested {
        /// Who.
        user: UserId,
        /// What leaves the balance.
        amount: Amount,
    },
    /// A user's identity was checked.
    UserVerified {
        /// Whose.
        user: UserId,
    },
    /// A user's tax number is known.
    TaxIdRecorded {
        /// Whose.
        user: UserId,
    },
    /// Where those who join next under a user are to be placed.
    SideChosen {
        /// Who chooses.
        user: UserId,
        /// Which side; `None` for the first free place.
        side: Option<Side>,
    },
    /// A shop sold something.
    OrderPlaced {
        /// Next free number.
        order: u32,
        /// The participant who bought, or who serves the customer.
        user: UserId,
        /// The retail customer; `None` when the participant bought.
        customer: Option<u32>,
        /// What it cost.
        amount: Amount,
        /// Volume of the goods, in base units; `None` for the plan's share of the amount, which is the most.
        volume: Option<Amount>,
        /// When.
        day: Day,
    },
    /// An order, or a part of it, went back.
    OrderRefunded {
        /// Which.
        order: u32,
        /// How much.
        amount: Amount,
    },
    /// A closed commission period is computed.
    PeriodFinalized {
        /// Number of the period.
        period: u32,
    },
    /// What a finalized period pays is let go.
    PeriodReleased {
        /// Number of the period.
        period: u32,
    },
    /// A referral qualified.
    ConversionReported {
        /// Next free number.
        conversion: u32,
        /// Whose referral.
        user: UserId,
        /// Who was referred.
        referee: u32,
        /// The user that the referee is, if the referee is one.
        referee_user: Option<UserId>,
        /// Of what amount.
        amount: Amount,
        /// When.
        day: Day,
    },
    /// A qualified referral went back, whole or in part.
    ConversionReversed {
        /// Which.
        conversion: u32,
        /// How much of its amount.
        amount: Amount,
    },
}
