//! Prices of transactions: the price that replaces a transaction in every node's pool, and its limit.
//!
//! Prices are base units per gas. Not responsible for what nodes suggest.

use money::Amount;

/// The two caps of a transaction's price. The tip is never above the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fees {
    max_fee: u128,
    max_priority_fee: u128,
}

/// How much a submission may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeLimits {
    /// No price is above this.
    pub price_max: u128,
    /// What the one attempt that lands may cost in all. Attempts share a nonce, so at most one is ever paid.
    pub budget: Amount,
}

/// What can be said about the next price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextFees {
    /// Pools take it in place of the one before.
    Raised(Fees),
    /// Whatever pools would take is above the limit.
    AtCap,
}

impl Fees {
    /// Two caps; a tip above the whole is lowered to it, for nodes refuse it otherwise.
    pub const fn new(max_fee: u128, max_priority_fee: u128) -> Self {
        let max_priority_fee = if max_priority_fee > max_fee {
            max_fee
        } else {
            max_priority_fee
        };
        Self {
            max_fee,
            max_priority_fee,
        }
    }

    /// The most that a unit of gas costs.
    pub const fn max_fee(self) -> u128 {
        self.max_fee
    }

    /// The most that the block's builder gets of it.
    pub const fn max_priority_fee(self) -> u128 {
        self.max_priority_fee
    }

    /// The least that replaces this in every pool, if a price can be as high.
    #[must_use]
    pub fn bumped(self) -> Option<Self> {
        Some(Self {
            max_fee: bump(self.max_fee)?,
            max_priority_fee: bump(self.max_priority_fee)?,
        })
    }

    /// Whether either cap is above the other's.
    #[must_use]
    pub const fn exceeds(self, other: Self) -> bool {
        self.max_fee > other.max_fee || self.max_priority_fee > other.max_priority_fee
    }

    fn raised_to(self, other: Self) -> Self {
        Self {
            max_fee: self.max_fee.max(other.max_fee),
            max_priority_fee: self.max_priority_fee.max(other.max_priority_fee),
        }
    }

    fn capped(self, price_max: u128) -> Self {
        Self {
            max_fee: self.max_fee.min(price_max),
            max_priority_fee: self.max_priority_fee.min(price_max),
        }
    }
}

/// The highest price of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PriceCap(u128);

impl FeeLimits {
    /// The highest price for a transaction of this much gas.
    pub fn cap(&self, gas_limit: u64) -> PriceCap {
        let affordable = self.budget.base_units().checked_div(u128::from(gas_limit));
        PriceCap(affordable.unwrap_or(u128::MAX).min(self.price_max))
    }
}

impl PriceCap {
    /// The highest price that can still be replaced once under this cap.
    #[must_use]
    pub fn less_one_step(self) -> Self {
        // p + ⌈p / 8⌉ + 1 ≤ cap exactly when 9·p ≤ 8·(cap − 1). In two parts, so that nothing overflows.
        let room = self.0.saturating_sub(1);
        let (whole, part) = (
            room.checked_div(9).unwrap_or_default(),
            room.checked_rem(9).unwrap_or_default(),
        );
        let part = part.saturating_mul(8).checked_div(9).unwrap_or_default();
        Self(whole.saturating_mul(8).saturating_add(part))
    }

    /// The price of a first attempt: what is suggested, or the cap.
    #[must_use]
    pub fn first(self, suggested: Fees) -> Fees {
        suggested.capped(self.0)
    }

    /// The price of an attempt that replaces one of the price `old`: an eighth more, or what is suggested if that is
    /// higher, on both caps. When that is above the cap there is none, because pools would refuse anything less.
    #[must_use]
    pub fn next(self, old: Fees, suggested: Fees) -> NextFees {
        match old.bumped().filter(|bumped| bumped.max_fee <= self.0) {
            Some(bumped) => NextFees::Raised(bumped.raised_to(suggested).capped(self.0)),
            None => NextFees::AtCap,
        }
    }
}

/// The least price that replaces `old` in every pool, if it fits: an eighth more, rounded up, and one. Pools of geth
/// and BSC want a tenth more on both caps, some others want an eighth, and all of them want strictly more.
pub const fn bump(old: u128) -> Option<u128> {
    let Some(raised) = old.checked_add(old.div_ceil(8)) else {
        return None;
    };
    raised.checked_add(1)
}

#[cfg(test)]
mod tests;
