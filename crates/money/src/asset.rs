//! [`Asset`]: the name and the number of decimals of what a ledger counts.

use std::fmt;

use thiserror::Error;

use crate::{Amount, AmountError};

/// What one ledger counts. A ledger has one asset; amounts of different assets never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asset {
    /// The native coin of BNB Smart Chain, 18 decimals.
    Bnb,
    /// Tether USD on TRON, 6 decimals.
    Usdt,
    /// Indian rupee, 2 decimals.
    Inr,
}

/// Why a text is not an amount of an asset.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AssetError {
    /// Not `digits` or `digits.digits`.
    #[error("not a plain decimal number")]
    NotADecimal,
    /// More fraction digits than the asset has.
    #[error("more than {decimals} fraction digits")]
    TooPrecise {
        /// Fraction digits of the asset.
        decimals: u8,
    },
    /// Out of range.
    #[error(transparent)]
    Amount(#[from] AmountError),
}

impl Asset {
    /// The asset of this code, as in plan files.
    #[must_use]
    pub fn by_code(code: &str) -> Option<Self> {
        [Self::Bnb, Self::Usdt, Self::Inr]
            .into_iter()
            .find(|asset| asset.code() == code)
    }

    /// Its code, as in plan files, SQL and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Bnb => "BNB",
            Self::Usdt => "USDT",
            Self::Inr => "INR",
        }
    }

    /// Digits after the decimal point: one unit is `10^decimals` base units.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        match self {
            Self::Bnb => 18,
            Self::Usdt => 6,
            Self::Inr => 2,
        }
    }

    /// Reads `"20"` or `"0.5"` as an amount in base units, exactly.
    ///
    /// ```
    /// use money::{Amount, Asset};
    ///
    /// assert_eq!(Asset::Usdt.parse_amount("0.5")?, Amount::new(500_000));
    /// # Ok::<(), money::AssetError>(())
    /// ```
    ///
    /// # Errors
    /// Anything but digits with at most one point, a fraction finer than a base unit, or too large.
    pub fn parse_amount(self, text: &str) -> Result<Amount, AssetError> {
        let (whole, fraction) = match text.split_once('.') {
            Some((_, "")) => return Err(AssetError::NotADecimal),
            Some(parts) => parts,
            None => (text, ""),
        };
        if whole.is_empty() || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
            return Err(AssetError::NotADecimal);
        }
        let decimals = usize::from(self.decimals());
        if fraction.len() > decimals {
            return Err(AssetError::TooPrecise {
                decimals: self.decimals(),
            });
        }
        let digits = format!("{whole}{fraction:0<decimals$}");
        digits
            .parse()
            .map(Amount::new)
            .map_err(|_| AmountError::TooLarge.into())
    }

    /// Writes an amount in units without trailing zeros: `20`, `0.5`.
    #[must_use]
    pub fn display_amount(self, amount: Amount) -> String {
        let decimals = usize::from(self.decimals());
        let digits = format!(
            "{:0>width$}",
            amount.base_units(),
            width = decimals.saturating_add(1)
        );
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            whole.to_owned()
        } else {
            format!("{whole}.{fraction}")
        }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests;
