//! Basis points, and dividing an amount by them.

use thiserror::Error;

use crate::Amount;

/// Basis points: a share in ten-thousandths, 0 to 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bps(u16);

/// Why a number is not a share.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BpsError {
    /// One share above the whole.
    #[error("{0} basis points is more than 10,000")]
    TooLarge(u64),
}

impl Bps {
    /// The whole.
    pub const WHOLE: Self = Self(10_000);

    /// A share of `bps` ten-thousandths.
    ///
    /// # Errors
    /// Above 10,000.
    pub const fn new(bps: u16) -> Result<Self, BpsError> {
        if bps > Self::WHOLE.0 {
            Err(BpsError::TooLarge(bps as u64))
        } else {
            Ok(Self(bps))
        }
    }

    /// The number of ten-thousandths.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// This share of `amount`, rounded down. Exact for every `u128`: no intermediate result overflows.
    #[must_use]
    pub fn floor_of(self, amount: Amount) -> Amount {
        let (whole, bps) = (u128::from(Self::WHOLE.0), u128::from(self.0));
        let units = amount.base_units();
        // Most amounts are small, and dividing 64 bits takes a fraction of the time that 128 bits take.
        let narrow = u64::try_from(units).ok();
        let product = narrow.and_then(|units| units.checked_mul(u64::from(self.0)));
        if let Some(share) = product.and_then(|product| product.checked_div(u64::from(Self::WHOLE.0))) {
            return Amount::new(u128::from(share));
        }
        let (quotient, remainder) = (
            units.checked_div(whole).unwrap_or_default(),
            units.checked_rem(whole).unwrap_or_default(),
        );
        // q·bps ≤ units because bps ≤ 10,000, and the sum is at most units, so nothing saturates.
        let from_remainder = remainder
            .saturating_mul(bps)
            .checked_div(whole)
            .unwrap_or_default();
        Amount::new(quotient.saturating_mul(bps).saturating_add(from_remainder))
    }
}

/// An amount divided without loss: the floored shares and what is left for the named remainder bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split<const N: usize> {
    /// One share for each of the basis points, rounded down.
    pub shares: [Amount; N],
    /// `amount − Σ shares`: the declared share of the bucket that takes the remainder, plus every rounding.
    pub remainder: Amount,
}

/// Splits `amount` by `shares`, whose sum is at most 10,000. `Σ shares + remainder = amount`, always.
///
/// ```
/// use money::{Amount, Bps, split};
///
/// let half = Bps::new(5_000)?;
/// let split = split(Amount::new(7), [half, half])?;
/// assert_eq!(split.shares, [Amount::new(3), Amount::new(3)]);
/// assert_eq!(split.remainder, Amount::new(1));
/// # Ok::<(), money::BpsError>(())
/// ```
///
/// # Errors
/// [`BpsError::TooLarge`] when the shares exceed the whole: more would be paid than came in.
pub fn split<const N: usize>(amount: Amount, shares: [Bps; N]) -> Result<Split<N>, BpsError> {
    let total = shares
        .iter()
        .fold(0u64, |sum, share| sum.saturating_add(u64::from(share.0)));
    if total > u64::from(Bps::WHOLE.0) {
        return Err(BpsError::TooLarge(total));
    }
    let shares = shares.map(|share| share.floor_of(amount));
    let remainder = shares
        .iter()
        .fold(amount, |rest, share| rest.saturating_sub(*share));
    Ok(Split { shares, remainder })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bps<const N: usize>(values: [u16; N]) -> [Bps; N] {
        values.map(|value| Bps::new(value).unwrap())
    }

    #[test]
    fn the_seeds_pool_split_is_exact() {
        let split = split(Amount::new(20), bps([5_000, 2_500, 1_500])).unwrap();
        assert_eq!(split.shares.map(Amount::base_units), [10, 5, 3]);
        assert_eq!(split.remainder.base_units(), 2);
    }

    #[test]
    fn roundings_go_to_the_remainder() {
        let split = split(Amount::new(7), bps([3_333, 3_333, 3_333])).unwrap();
        assert_eq!(split.shares.map(Amount::base_units), [2, 2, 2]);
        assert_eq!(split.remainder.base_units(), 1);
    }

    #[test]
    fn shares_above_the_whole_are_refused() {
        assert_eq!(Bps::new(10_001), Err(BpsError::TooLarge(10_001)));
        assert_eq!(
            split(Amount::new(7), bps([6_000, 4_001])),
            Err(BpsError::TooLarge(10_001))
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_for_any_amount(units: u128, cuts in proptest::array::uniform3(0u16..=10_000)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let shares = bps([cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1]]);
            let split = split(Amount::new(units), shares).unwrap();
            let parts = split.shares.into_iter().chain([split.remainder]);
            prop_assert_eq!(Amount::sum_of(parts), Ok(Amount::new(units)));
        }

        #[test]
        fn a_share_is_the_floor(units in 0u128..u128::MAX / 10_000, share in 0u16..=10_000) {
            let expected = units * u128::from(share) / 10_000;
            prop_assert_eq!(Bps::new(share).unwrap().floor_of(Amount::new(units)), Amount::new(expected));
        }
    }
}
