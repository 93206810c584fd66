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
    #[must_use]
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
    #[must_use]
    pub const fn max_fee(self) -> u128 {
        self.max_fee
    }

    /// The most that the block's builder gets of it.
    #[must_use]
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
#[must_use]
pub const fn bump(old: u128) -> Option<u128> {
    let Some(raised) = old.checked_add(old.div_ceil(8)) else {
        return None;
    };
    raised.checked_add(1)
}

#[cfg(test)]
mod tests {
    use alloy_primitives::U256;
    use proptest::prelude::*;

    use super::*;

    /// The rule of geth's pool, for one of the two caps: strictly more, and at least the old price times 110 / 100.
    fn geth_replaces(old: u128, new: u128) -> bool {
        let threshold = U256::from(old) * U256::from(110) / U256::from(100);
        new > old && U256::from(new) >= threshold
    }

    #[test]
    fn a_price_rises_by_an_eighth_rounded_up_and_one() {
        for (old, new) in [
            (0, 1),
            (1, 3),
            (7, 9),
            (8, 10),
            (9, 12),
            (1_000_000_000, 1_125_000_001),
        ] {
            assert_eq!(bump(old), Some(new));
        }
        assert_eq!(bump(u128::MAX), None);
    }

    #[test]
    fn a_tip_is_never_above_the_whole() {
        assert_eq!(Fees::new(5, 9), Fees::new(5, 5));
    }

    #[test]
    fn the_first_price_is_what_is_suggested_up_to_the_limit() {
        let limits = FeeLimits {
            price_max: 100,
            budget: Amount::new(50 * 21_000),
        };
        let cap = limits.cap(21_000);
        assert_eq!(cap.first(Fees::new(40, 30)), Fees::new(40, 30));
        assert_eq!(cap.first(Fees::new(60, 30)), Fees::new(50, 30));
        assert_eq!(limits.cap(1).first(Fees::new(600, 300)), Fees::new(100, 100));
        assert_eq!(limits.cap(0).0, 100);
    }

    fn any_fees() -> impl Strategy<Value = Fees> {
        let price = || {
            prop_oneof![
                any::<u128>(),
                0u128..1_000,
                (0u32..128).prop_map(|bit| 1u128 << bit)
            ]
        };
        (price(), price()).prop_map(|(max_fee, tip)| Fees::new(max_fee, tip))
    }

    proptest! {
        #[test]
        fn a_bumped_price_replaces_the_old_one_in_every_pool(old in prop_oneof![any::<u128>(), 0u128..10_000]) {
            match bump(old) {
                Some(new) => {
                    prop_assert!(geth_replaces(old, new));
                    prop_assert!(U256::from(new) * U256::from(8) > U256::from(old) * U256::from(9));
                }
                None => prop_assert!(old > u128::MAX / 9 * 8),
            }
        }

        #[test]
        fn a_next_price_replaces_the_old_one_and_is_within_the_limits(
            old in any_fees(), suggested in any_fees(), price_max: u128, budget: u128, gas in 21_000u64..20_000_000,
        ) {
            let limits = FeeLimits { price_max, budget: Amount::new(budget) };
            match limits.cap(gas).next(old, suggested) {
                NextFees::Raised(new) => {
                    prop_assert!(geth_replaces(old.max_fee(), new.max_fee()));
                    prop_assert!(geth_replaces(old.max_priority_fee(), new.max_priority_fee()));
                    prop_assert!(new.max_priority_fee() <= new.max_fee() && new.max_fee() <= price_max);
                    prop_assert!(new.max_fee().checked_mul(u128::from(gas)).is_some_and(|cost| cost <= budget));
                }
                NextFees::AtCap => {
                    let least = bump(old.max_fee());
                    prop_assert!(least.is_none_or(|least| least > price_max || least > budget / u128::from(gas)));
                }
            }
        }

        #[test]
        fn one_step_below_the_cap_is_the_highest_price_that_can_be_replaced_once(price_max in prop_oneof![1u128.., 1u128..1_000]) {
            let highest = PriceCap(price_max).less_one_step().0;
            prop_assert!(bump(highest).is_some_and(|next| next <= price_max));
            prop_assert!(bump(highest + 1).is_none_or(|next| next > price_max));
        }

        #[test]
        fn a_ladder_of_prices_only_rises_and_ends(start in 0u128..1_000_000, price_max in 0u128..u128::MAX / 4, suggestions in proptest::collection::vec(any_fees(), 0..4)) {
            let limits = FeeLimits { price_max, budget: Amount::new(u128::MAX) };
            let cap = limits.cap(1);
            let mut fees = cap.first(Fees::new(start, start));
            let mut steps = 0;
            let mut suggestions = suggestions.into_iter();
            while let NextFees::Raised(next) = cap.next(fees, suggestions.next().unwrap_or_default()) {
                prop_assert!(next.max_fee() > fees.max_fee() && next.max_priority_fee() > fees.max_priority_fee());
                fees = next;
                steps += 1;
                prop_assert!(steps < 1_000, "an eighth more a thousand times is above every u128");
            }
            prop_assert!(bump(fees.max_fee()).is_none_or(|next| next > price_max));
        }
    }
}
