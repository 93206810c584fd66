//! [`Amount`]: a non-negative integer of base units with checked arithmetic.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use ruint::aliases::U256;
use thiserror::Error;

/// A non-negative amount of base units, at most `u128::MAX` (39 decimal digits, `NUMERIC(39,0)` in SQL).
///
/// There is no `Add` and no `Sub`: every operation that can fail says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u128);

/// Why an amount could not be computed or read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AmountError {
    /// The result would exceed `u128::MAX` base units.
    #[error("amount exceeds 2^128 - 1 base units")]
    TooLarge,
    /// The result would be negative.
    #[error("amount would be negative")]
    Negative,
    /// The text is not a plain decimal integer (no sign, no point, no leading zeros).
    #[error("not a plain decimal integer")]
    NotAnInteger,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of `base_units`.
    #[must_use]
    pub const fn new(base_units: u128) -> Self {
        Self(base_units)
    }

    /// The number of base units.
    #[must_use]
    pub const fn base_units(self) -> u128 {
        self.0
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above `u128::MAX`.
    pub const fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(AmountError::TooLarge),
        }
    }

    /// `self - other`.
    ///
    /// # Errors
    /// [`AmountError::Negative`] if `other` is the larger.
    pub const fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_sub(other.0) {
            Some(rest) => Ok(Self(rest)),
            None => Err(AmountError::Negative),
        }
    }

    /// `self - other`, or zero if `other` is the larger.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self * factor`.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above `u128::MAX`.
    pub const fn checked_mul(self, factor: u128) -> Result<Self, AmountError> {
        match self.0.checked_mul(factor) {
            Some(product) => Ok(Self(product)),
            None => Err(AmountError::TooLarge),
        }
    }

    /// `self * part / whole`, rounded down: the share of `self` that `part` has of `whole`. A part above the whole
    /// counts as the whole, and of nothing everything is zero, so the share never exceeds `self`. Exact: the product
    /// has 256 bits.
    #[must_use]
    pub fn proportion(self, part: Self, whole: Self) -> Self {
        if part.0 >= whole.0 {
            return if whole.0 == 0 { Self::ZERO } else { self };
        }
        if part.0 == 0 {
            return Self::ZERO;
        }
        if let Some(product) = self.0.checked_mul(part.0) {
            // Dividing 64 bits takes a fraction of the time that 128 bits take.
            if let (Ok(product), Ok(whole)) = (u64::try_from(product), u64::try_from(whole.0)) {
                return Self(u128::from(product.checked_div(whole).unwrap_or_default()));
            }
            return Self(product.checked_div(whole.0).unwrap_or_default());
        }
        let product = U256::from(self.0).checked_mul(U256::from(part.0));
        let share = product.and_then(|product| product.checked_div(U256::from(whole.0)));
        // Less than `self`, because the part is less than the whole.
        Self(share.map_or(0, |share| share.saturating_to()))
    }

    /// Sums amounts, refusing an overflow.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] above `u128::MAX`.
    pub fn sum_of(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl Sum<Amount> for Result<Amount, AmountError> {
    fn sum<I: Iterator<Item = Amount>>(iter: I) -> Self {
        Amount::sum_of(iter)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// Reads a canonical decimal integer: what [`Display`](fmt::Display) prints and nothing else.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let canonical = text == "0" || (!text.starts_with('0') && !text.is_empty());
        if !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(AmountError::NotAnInteger);
        }
        text.parse().map(Self).map_err(|_| AmountError::TooLarge)
    }
}

#[cfg(test)]
mod tests;
