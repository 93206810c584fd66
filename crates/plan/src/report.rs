//! [`Report`]: input from users, operators, shops and schedules to a plan with components, in external terms.

use alloy_primitives::{Address, B256};
use ledger::Fund;
use money::Amount;

use crate::Day;
pub use crate::binary::Side;

/// Something that no chain says. Like every [`Cause`](crate::Cause) it has a natural key in the inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// A day of the plan's calendar ended: weeks and months end with their last day.
    DayEnded {
        /// Which.
        day: Day,
    },
    /// Operators allocate revenue to a fund.
    FundAllocated {
        /// Which fund, by its place in the plan file.
        fund: Fund,
        /// How much.
        amount: Amount,
    },
    /// The plan's rules are another version's from here on. What happened before keeps its own.
    PlanChanged {
        /// Hash of the plan to follow.
        plan_hash: B256,
    },
    /// A user requests money of their own wallet balance.
    WithdrawalRequested {
        /// Who.
        wallet: Address,
        /// What leaves the balance, fee and tax included.
        amount: Amount,
    },
    /// A user's identity was checked.
    UserVerified {
        /// Whose.
        wallet: Address,
    },
    /// A user's tax number is known.
    TaxIdRecorded {
        /// Whose.
        wallet: Address,
    },
    /// A user says on which side those who join next under the user are to be placed.
    SideChosen {
        /// Who.
        wallet: Address,
        /// Which side; `None` for the first free place.
        side: Option<Side>,
    },
    /// A shop sold something.
    OrderPlaced {
        /// Reference of the order.
        order_ref: B256,
        /// The participant who bought, or who serves the customer.
        wallet: Address,
        /// The retail customer who bought; `None` when the participant did.
        customer: Option<B256>,
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
        order_ref: B256,
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
        /// Reference of the conversion.
        conversion_ref: B256,
        /// Whose referral.
        wallet: Address,
        /// Who was referred, by a key that stands for one person.
        referee: B256,
        /// Of what amount.
        amount: Amount,
        /// When.
        day: Day,
    },
    /// A qualified referral went back, whole or in part.
    ConversionReversed {
        /// Which.
        conversion_ref: B256,
        /// How much of its amount.
        amount: Amount,
    },
}
