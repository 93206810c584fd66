//! Basis points, and the share of an amount that they are.

use thiserror::Error;

use crate::Amount;

/// Basis points: a share in ten-thousandths, 0 to 10,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bps(u16);

/// Why a number is not a share.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BpsError {
    /// One share above the whole.
    #[error("{0} basis points are more than the whole (10,000)")]
    TooLarge(u16),
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
            Err(BpsError::TooLarge(bps))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_above_the_whole_is_refused() {
        assert_eq!(Bps::new(10_001), Err(BpsError::TooLarge(10_001)));
    }

    proptest! {
        #[test]
        fn a_share_is_the_floor(units in 0u128..u128::MAX / 10_000, share in 0u16..=10_000) {
            let expected = units * u128::from(share) / 10_000;
            prop_assert_eq!(Bps::new(share).unwrap().floor_of(Amount::new(units)), Amount::new(expected));
        }
    }
}
