//! A single order: who bought, for how much, how much volume it brings and where it counts.

use ledger::UserId;
use money::{Amount, Bps};

use super::{CustomerId, OrderError, OrderId, OrdersTerms, PeriodNumber};
use plan_file::Day;
use plan_file::PRICE_MAX;

/// Who bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Buyer {
    /// A user of the tree, for their own use.
    Participant(UserId),
    /// A retail customer.
    Customer(CustomerId),
}

/// An order to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Who bought.
    pub buyer: Buyer,
    /// What was paid.
    pub amount: Amount,
    /// Volume, if the goods bring less than the plan's share of the amount.
    pub volume: Option<Amount>,
    /// When it was placed, in the plan's calendar.
    pub day: Day,
}

impl NewOrder {
    /// Whether the plan takes such an order, whoever places it.
    ///
    /// # Errors
    /// `order_empty`, `amount_too_large`, `volume_above_share`.
    pub fn check(&self, terms: &OrdersTerms) -> Result<(), OrderError> {
        volume(terms, self).map(drop)
    }
}

/// What placing an order decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The new order.
    pub order: OrderId,
    /// The period in which it counts.
    pub period: PeriodNumber,
    /// Whether its own period was closed already.
    pub is_late: bool,
    /// Its volume.
    pub volume: Amount,
    /// What it puts into the fund.
    pub fund: Amount,
    /// The rest, which is the company's. `fund + company` is the amount.
    pub company: Amount,
}

/// A placed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub(super) buyer: Buyer,
    pub(super) amount: Amount,
    pub(super) volume: Amount,
    pub(super) day: Day,
    pub(super) period: PeriodNumber,
    pub(super) refunded: Amount,
    /// The part of the amount that counts or counted in its period: what was not refunded when it was finalized.
    pub(super) counted: Amount,
    /// The share that it puts into the fund, kept because the plan may have another version at a refund.
    pub(super) fund: Bps,
}

impl Order {
    /// Who bought.
    pub const fn buyer(&self) -> Buyer {
        self.buyer
    }

    /// What was paid.
    pub const fn amount(&self) -> Amount {
        self.amount
    }

    /// Its volume when it was placed.
    pub const fn volume(&self) -> Amount {
        self.volume
    }

    /// When it was placed.
    pub const fn day(&self) -> Day {
        self.day
    }

    /// The period in which it counts.
    pub const fn period(&self) -> PeriodNumber {
        self.period
    }

    /// What has been refunded so far.
    pub const fn refunded(&self) -> Amount {
        self.refunded
    }

    /// What is not refunded.
    pub const fn kept(&self) -> Amount {
        self.amount.saturating_sub(self.refunded)
    }

    /// The volume that counts in its period: the volume's share of what was not refunded before the period was finalized,
    /// rounded down, so that the commissions on it never exceed what the same part puts into the fund.
    pub fn counted_volume(&self) -> Amount {
        self.volume.proportion(self.counted, self.amount)
    }

    /// What is not refunded puts this into the fund.
    pub fn fund_kept(&self) -> Amount {
        self.fund_of(self.kept())
    }

    /// What this much of it puts into the fund.
    pub(super) fn fund_of(&self, amount: Amount) -> Amount {
        self.fund.floor_of(amount)
    }

    /// What was refunded after the period was finalized.
    pub(super) const fn refunded_later(&self) -> Amount {
        self.counted.saturating_sub(self.kept())
    }
}

/// The volume of a new order.
pub(super) fn volume(terms: &OrdersTerms, new: &NewOrder) -> Result<Amount, OrderError> {
    if new.amount.is_zero() {
        return Err(OrderError::OrderEmpty);
    }
    if new.amount > PRICE_MAX {
        return Err(OrderError::AmountTooLarge { amount: new.amount });
    }
    let most = terms.volume_of(new.amount);
    match new.volume {
        None => Ok(most),
        Some(volume) if volume <= most => Ok(volume),
        Some(volume) => Err(OrderError::VolumeAboveShare { volume, most }),
    }
}
