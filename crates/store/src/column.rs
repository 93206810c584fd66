//! [`Db`]: columns as the types they stand for, so that a query reads its rows straight into them.

use alloy_primitives::{Address, B256};
use money::Amount;
use settlement::state::BatchState;
use sqlx::error::BoxDynError;
use sqlx::postgres::PgValueRef;
use sqlx::{Decode, Postgres, ValueRef};

use crate::DbAmount;

/// A column read as a `T`: `"sponsor_id!: Db<Option<u32>>"` in the text of a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Db<T>(pub(crate) T);

/// What a column can be read as.
pub(crate) trait Stored: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// A value that no program of ours writes.
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

impl Stored for u64 {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(integer(&value)?.try_into()?)
    }
}

impl Stored for u32 {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(integer(&value)?.try_into()?)
    }
}

impl Stored for B256 {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(value.as_bytes()?.try_into()?)
    }
}

impl Stored for Address {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(value.as_bytes()?.try_into()?)
    }
}

impl Stored for Amount {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(DbAmount::decode(value)?.0)
    }
}

impl Stored for BatchState {
    fn read(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Self::by_name(value.as_str()?).ok_or_else(|| "unknown state of a batch".into())
    }
}

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
    u64, u32, B256, Address, Amount, BatchState,
    Option<u64>, Option<u32>, Option<B256>, Option<Address>, Option<Amount>,
}
