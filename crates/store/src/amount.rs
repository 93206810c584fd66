//! [`DbAmount`]: [`Amount`] as `NUMERIC(39, 0)`, by PostgreSQL's own binary form and nothing in between.
//!
//! The form is four 16-bit numbers (digits, weight, sign, fraction digits shown) and then the digits to the
//! base 10,000, most significant first, trailing zero digits left out.

use money::Amount;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};
use thiserror::Error;

/// The base of PostgreSQL's digits.
const BASE: u16 = 10_000;
/// Digits to that base of the largest amount, `u128::MAX`.
const DIGITS_MAX: usize = 10;
/// Bytes before the digits.
const HEADER_BYTES: usize = 8;
/// The sign of a number that is not negative; negative ones, `NaN` and infinities have others.
const SIGN_POSITIVE: u16 = 0;

/// An amount on its way to or from the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DbAmount(pub Amount);

/// Why a number of the database is no amount.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NotAnAmount {
    /// It is cut off or longer than it says.
    #[error("the number is malformed")]
    Malformed,
    /// It is negative, infinite or no number.
    #[error("the number is negative or not finite")]
    NotNatural,
    /// It has digits after the point.
    #[error("the number has a fraction")]
    Fraction,
    /// It exceeds 2^128 - 1.
    #[error("the number exceeds 2^128 - 1")]
    TooLarge,
}

impl From<Amount> for DbAmount {
    fn from(amount: Amount) -> Self {
        Self(amount)
    }
}

impl From<DbAmount> for Amount {
    fn from(amount: DbAmount) -> Self {
        amount.0
    }
}

impl Type<Postgres> for DbAmount {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("numeric")
    }
}

impl PgHasArrayType for DbAmount {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_numeric")
    }
}

impl Encode<'_, Postgres> for DbAmount {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let mut digits = [0u16; DIGITS_MAX];
        let mut rest = self.0.base_units();
        let mut first = DIGITS_MAX;
        // 128-bit division is slow; most amounts are done with 64 bits after a step or two.
        while rest > 0 {
            first -= 1;
            let (quotient, digit) = match u64::try_from(rest) {
                Ok(small) => (
                    u128::from(small / u64::from(BASE)),
                    u16::try_from(small % u64::from(BASE)),
                ),
                Err(_) => (rest / u128::from(BASE), u16::try_from(rest % u128::from(BASE))),
            };
            digits[first] = digit?;
            rest = quotient;
        }
        let integer = &digits[first..];
        let shown = integer
            .iter()
            .rposition(|digit| *digit != 0)
            .map_or(0, |last| last + 1);
        let weight = i16::try_from(integer.len())?.saturating_sub(1).max(0);
        buffer.extend_from_slice(&u16::try_from(shown)?.to_be_bytes());
        buffer.extend_from_slice(&weight.to_be_bytes());
        buffer.extend_from_slice(&SIGN_POSITIVE.to_be_bytes());
        buffer.extend_from_slice(&0u16.to_be_bytes());
        for digit in &integer[..shown] {
            buffer.extend_from_slice(&digit.to_be_bytes());
        }
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for DbAmount {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        match value.format() {
            PgValueFormat::Binary => Ok(Self(read(value.as_bytes()?)?)),
            PgValueFormat::Text => Ok(Self(value.as_str()?.parse()?)),
        }
    }
}

fn read(bytes: &[u8]) -> Result<Amount, NotAnAmount> {
    let words: Vec<u16> = bytes
        .chunks(2)
        .map(|pair| pair.try_into().map(u16::from_be_bytes))
        .collect::<Result<_, _>>()
        .map_err(|_| NotAnAmount::Malformed)?;
    let Some(([count, weight, sign, _scale], digits)) = words.split_first_chunk() else {
        return Err(NotAnAmount::Malformed);
    };
    if digits.len() != usize::from(*count) || bytes.len() != HEADER_BYTES + 2 * digits.len() {
        return Err(NotAnAmount::Malformed);
    }
    if *sign != SIGN_POSITIVE {
        return Err(NotAnAmount::NotNatural);
    }
    if digits.is_empty() {
        return Ok(Amount::ZERO);
    }
    let places = usize::from(*weight).saturating_add(1);
    if weight.cast_signed() < 0 || digits.len() > places {
        return Err(NotAnAmount::Fraction);
    }
    if places > DIGITS_MAX {
        return Err(NotAnAmount::TooLarge);
    }
    let mut units = 0u128;
    for place in 0..places {
        let digit = digits.get(place).copied().unwrap_or(0);
        if digit >= BASE {
            return Err(NotAnAmount::Malformed);
        }
        units = units
            .checked_mul(u128::from(BASE))
            .and_then(|units| units.checked_add(u128::from(digit)))
            .ok_or(NotAnAmount::TooLarge)?;
    }
    Ok(Amount::new(units))
}
