//! Why a command about orders is rejected; rejected commands change nothing.

use ledger::UserId;
use money::Amount;
use thiserror::Error;

use super::{CustomerId, OrderId, PeriodNumber};
use plan_file::Day;

/// A broken rule of a command.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
pub enum OrderError {
    /// Nobody has this id.
    #[error("user {} has not joined", user.get())]
    UnknownUser {
        /// The id.
        user: UserId,
    },
    /// No customer has this id.
    #[error("customer {} has no assigned participant", customer.get())]
    UnknownCustomer {
        /// The id.
        customer: CustomerId,
    },
    /// No order has this id.
    #[error("order {} does not exist", order.get())]
    UnknownOrder {
        /// The id.
        order: OrderId,
    },
    /// Ids are used up.
    #[error("all ids are used")]
    TooMany,
    /// Nothing was paid.
    #[error("the order's amount is zero")]
    OrderEmpty,
    /// More than the ledger counts for one user.
    #[error("the order's amount {amount} exceeds 2^96 - 1 base units")]
    AmountTooLarge {
        /// The amount in base units.
        amount: Amount,
    },
    /// More volume than the plan's share of what was paid: the fund would not cover its commissions.
    #[error("the order's volume {volume} exceeds the plan's share of its amount, {most}")]
    VolumeAboveShare {
        /// The volume given.
        volume: Amount,
        /// The most.
        most: Amount,
    },
    /// A refund of nothing.
    #[error("the refund's amount is zero")]
    RefundEmpty,
    /// More than is left of the order.
    #[error("the refund of {amount} exceeds the {left} not yet refunded")]
    RefundAboveOrder {
        /// The refund.
        amount: Amount,
        /// What is left.
        left: Amount,
    },
    /// Periods close in order.
    #[error("period {earlier} is still open")]
    EarlierPeriodOpen {
        /// The first open period with orders.
        earlier: PeriodNumber,
    },
    /// The period takes no more orders already.
    #[error("period {period} is already closed")]
    PeriodAlreadyClosed {
        /// The period.
        period: PeriodNumber,
    },
    /// Orders can still come.
    #[error("period {period} is still open")]
    PeriodStillOpen {
        /// The period.
        period: PeriodNumber,
    },
    /// Its commissions are fixed already.
    #[error("period {period} is already finalized")]
    PeriodAlreadyFinalized {
        /// The period.
        period: PeriodNumber,
    },
    /// Its commissions are not fixed yet.
    #[error("period {period} is not finalized")]
    PeriodNotFinalized {
        /// The period.
        period: PeriodNumber,
    },
    /// Its commissions are released already.
    #[error("period {period} is already released")]
    PeriodAlreadyReleased {
        /// The period.
        period: PeriodNumber,
    },
    /// Its orders could still go back, and what they put into the fund is not there yet.
    #[error("payments for orders of period {period} can be refunded until the end of {through}")]
    OrdersInEscrow {
        /// The period.
        period: PeriodNumber,
        /// The day with which the last of the payments matures.
        through: Day,
    },
    /// More is due than the fund holds, and the plan has no pay cut.
    #[error("commissions of {due} exceed the fund's balance of {budget}")]
    CommissionsExceedBudget {
        /// All commissions of the period, breakage included.
        due: Amount,
        /// What the fund holds.
        budget: Amount,
    },
}

impl OrderError {
    /// Stable code of the rule.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownUser { .. } => "unknown_user",
            Self::UnknownCustomer { .. } => "unknown_customer",
            Self::UnknownOrder { .. } => "unknown_order",
            Self::TooMany => "too_many",
            Self::OrderEmpty => "order_empty",
            Self::AmountTooLarge { .. } => "amount_too_large",
            Self::VolumeAboveShare { .. } => "volume_above_share",
            Self::RefundEmpty => "refund_empty",
            Self::RefundAboveOrder { .. } => "refund_above_order",
            Self::EarlierPeriodOpen { .. } => "earlier_period_open",
            Self::PeriodAlreadyClosed { .. } => "period_already_closed",
            Self::PeriodStillOpen { .. } => "period_still_open",
            Self::PeriodAlreadyFinalized { .. } => "period_already_finalized",
            Self::PeriodNotFinalized { .. } => "period_not_finalized",
            Self::PeriodAlreadyReleased { .. } => "period_already_released",
            Self::OrdersInEscrow { .. } => "orders_in_escrow",
            Self::CommissionsExceedBudget { .. } => "commissions_exceed_budget",
        }
    }
}
