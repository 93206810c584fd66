//! The compact form in which a [`Book`](crate::Book) is kept between two runs: numbers in groups of seven bits, lists behind their
//! length, no names.
//!
//! Reading is for bytes that anyone may have written: it returns nothing for what it does not understand, and takes memory only for
//! what it has read. Whether it makes sense is for the caller to check.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use ledger::{Account, AccountId, Beneficiary, BreakageCause, Reason, Tier, TransferId, TreeNumber, UserId};
use money::Amount;

use crate::{Day, DepositId, DepositKind};

/// Bits of a number in one byte; the eighth says that more follow.
const GROUP_BITS: u32 = 7;

/// Room that is made for a list before its values are read: a length may be a lie.
const RESERVED_MAX: usize = 65_536;

/// Bytes that are still to be read.
#[derive(Debug)]
pub(crate) struct Source<'a>(&'a [u8]);

/// Something that has a compact form.
pub(crate) trait Code: Sized {
    /// Appends the form.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads the form; nothing when it is none.
    fn take(from: &mut Source<'_>) -> Option<Self>;
}

impl<'a> Source<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }
}

impl Code for u128 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        loop {
            let group = u8::try_from(rest & 0x7f).unwrap_or(0);
            rest >>= GROUP_BITS;
            if rest == 0 {
                return out.push(group);
            }
            out.push(group | 0x80);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let mut number = 0u128;
        let mut shift = 0u32;
        loop {
            let byte = from.byte()?;
            let group = Self::from(byte & 0x7f);
            let placed = group.checked_shl(shift)?;
            // What is shifted out is lost: such a number is none.
            if placed >> shift != group {
                return None;
            }
            number |= placed;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift = shift.checked_add(GROUP_BITS)?;
        }
    }
}

/// Types that are read through another one.
macro_rules! code_by {
    ($($type:ty: $as:ty, $put:expr, $take:expr;)*) => {$(
        impl Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                let number: $as = ($put)(self);
                number.put(out);
            }
            fn take(from: &mut Source<'_>) -> Option<Self> {
                let number = <$as>::take(from)?;
                ($take)(number)
            }
        }
    )*};
}

code_by! {
    u8: u128, |n: &u8| u128::from(*n), |n| u8::try_from(n).ok();
    u16: u128, |n: &u16| u128::from(*n), |n| u16::try_from(n).ok();
    u32: u128, |n: &u32| u128::from(*n), |n| u32::try_from(n).ok();
    u64: u128, |n: &u64| u128::from(*n), |n| u64::try_from(n).ok();
    usize: u64, |n: &usize| u64::try_from(*n).unwrap_or(u64::MAX), |n| usize::try_from(n).ok();
    bool: u8, |b: &bool| u8::from(*b), |n| match n { 0 => Some(false), 1 => Some(true), _ => None };
    Amount: u128, |a: &Amount| a.base_units(), |n| Some(Amount::new(n));
    UserId: u32, |id: &UserId| id.get(), UserId::new;
    DepositId: u32, |id: &DepositId| id.get(), DepositId::new;
    TreeNumber: u32, |tree: &TreeNumber| tree.get(), TreeNumber::new;
    Tier: u8, |tier: &Tier| tier.get(), Tier::new;
    Day: u32, |day: &Day| day.get(), |n| Some(Day::new(n));
    Reason: u16, |reason: &Reason| u16::try_from(reason.code()).unwrap_or(u16::MAX),
        |n| Reason::by_code(i16::try_from(n).ok()?);
    DepositKind: bool, |kind: &DepositKind| *kind == DepositKind::Retopup,
        |is_retopup| Some(if is_retopup { DepositKind::Retopup } else { DepositKind::Registration });
    Account: u64, |account: &Account| u64::try_from(account.id().get()).unwrap_or(u64::MAX),
        |n| AccountId::new(i64::try_from(n).ok()?)?.account();
    Beneficiary: Account, |to: &Beneficiary| Account::Held(*to),
        |account| if let Account::Held(to) = account { Some(to) } else { None };
    BreakageCause: Account, |cause: &BreakageCause| Account::Breakage(*cause),
        |account| if let Account::Breakage(cause) = account { Some(cause) } else { None };
}

impl Code for B256 {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_slice());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        from.bytes(32)?.try_into().ok()
    }
}

impl Code for Address {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_slice());
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        from.bytes(20)?.try_into().ok()
    }
}

impl<T: Code> Code for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some(if bool::take(from)? {
            Some(T::take(from)?)
        } else {
            None
        })
    }
}

impl<T: Code> Code for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for value in self {
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let count = usize::take(from)?;
        // Each takes at least one byte, whatever the length says.
        if count > from.0.len() {
            return None;
        }
        let mut values = Self::with_capacity(count.min(RESERVED_MAX));
        for _ in 0..count {
            values.push(T::take(from)?);
        }
        Some(values)
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        Some((A::take(from)?, B::take(from)?))
    }
}

impl<K: Code + Ord, V: Code> Code for BTreeMap<K, V> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for (key, value) in self {
            key.put(out);
            value.put(out);
        }
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let pairs = Vec::<(K, V)>::take(from)?;
        let ascends = pairs.is_sorted_by(|(left, _), (right, _)| left < right);
        ascends.then(|| pairs.into_iter().collect())
    }
}

/// Structs, field by field in the order in which they are named here.
macro_rules! code_struct {
    ($($type:ty { $($field:ident),* $(,)? })*) => {$(
        impl $crate::code::Code for $type {
            fn put(&self, out: &mut Vec<u8>) {
                // Whoever adds a field has to name it here.
                let Self { $($field),* } = self;
                $($crate::code::Code::put($field, out);)*
            }
            fn take(from: &mut $crate::code::Source<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::code::Code::take(from)?),* })
            }
        }
    )*};
}
pub(crate) use code_struct;

code_struct! {
    TransferId { fact_seq, leg }
}

#[cfg(test)]
mod tests;
