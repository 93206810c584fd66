//! [`Db`]: columns as the types they stand for, so that a query reads its rows straight into them; and [`column`] for statements
//! that take arrays.

use alloy_primitives::{Address, B256, FixedBytes};
use money::Amount;
use settlement::state::{BatchState, SubmissionState};
use sqlx::error::BoxDynError;
use sqlx::postgres::PgValueRef;
use sqlx::{Decode, Postgres, ValueRef};

use crate::DbAmount;

/// A column read as a `T`: `"sponsor_id!: Db<Option<u32>>"` in the text of a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Db<T>(pub(crate) T);

/// One column of rows, for a statement that takes it as an array.
pub(crate) fn column<'r, R, T>(rows: &'r [R], of: impl FnMut(&'r R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}

/// The same, when a value may not fit.
pub(crate) fn try_column<'r, R, T, E>(
    rows: &'r [R],
    of: impl FnMut(&'r R) -> Result<T, E>,
) -> Result<Vec<T>, E> {
    rows.iter().map(of).collect()
}

/// What a column can be read as.
pub(crate) trait Stored: Sized {
    /// Reads it.
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError>;
}

impl<'r, T: Stored> Decode<'r, Postgres> for Db<T> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        T::read(value).map(Self)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            Ok(None)
        } else {
            T::read(value).map(Some)
        }
    }
}

/// An integer of any width that PostgreSQL has.
fn integer(value: &PgValueRef<'_>) -> Result<i64, BoxDynError> {
    let bytes = value.as_bytes()?;
    if let Ok(bytes) = bytes.try_into() {
        Ok(i64::from_be_bytes(bytes))
    } else if let Ok(bytes) = bytes.try_into() {
        Ok(i32::from_be_bytes(bytes).into())
    } else {
        Ok(i16::from_be_bytes(bytes.try_into()?).into())
    }
}

impl Stored for Amount {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(DbAmount::decode(value)?.0)
    }
}

/// How types are read from a value.
macro_rules! stored {
    ($($type:ty,)+ = |$value:ident| $read:expr) => {
        $(impl Stored for $type {
            fn read($value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
                Ok($read)
            }
        })+
    };
}

stored! { u64, u32, = |value| integer(&value)?.try_into()? }
stored! { B256, Address, FixedBytes<24>, [u8; 16], [u8; 32], [u8; 65], = |value| value.as_bytes()?.try_into()? }

macro_rules! into {
    ($($type:ty,)+) => {
        $(impl From<Db<$type>> for $type {
            fn from(column: Db<$type>) -> Self {
                column.0
            }
        })+
    };
}

into! {
    u64, u32, B256, Address, Amount, FixedBytes<24>, [u8; 16], [u8; 32], [u8; 65],
    Option<u64>, Option<u32>, Option<B256>, Option<Address>, Option<Amount>,
}

/// Enums of [`names::names`] whose names are in columns.
macro_rules! named {
    ($($type:ty),+) => {$(
        impl $crate::column::Stored for $type {
            fn read(value: sqlx::postgres::PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
                Ok(Self::by_name(value.as_str()?).ok_or("an unknown name")?)
            }
        }

        impl From<$crate::column::Db<$type>> for $type {
            fn from(column: $crate::column::Db<$type>) -> Self {
                column.0
            }
        }
    )+};
}
pub(crate) use named;

named! { BatchState, SubmissionState }

/// SQL's `integer`. Ids and counts of the plan are at most `i32::MAX` by construction.
pub(crate) fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
