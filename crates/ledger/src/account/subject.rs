//! What accounts belong to: users, tiers and trees, as dense numbers that fit SQL's `integer`.

use std::fmt;
use std::num::NonZeroU32;

/// A participant: dense, from 1, in the order in which registrations became final. A sponsor's id is
/// always smaller than the ids of those it referred. An `Option` of it is as small: there are millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(NonZeroU32);

/// A price step of pools, from 1; at most [`Tier::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier(u8);

/// The number of a tree inside a tier, from 1, in the order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeNumber(u32);

/// A revenue account of a plan, by its place in the plan's list of funds, from 1; 0 is what is not allocated to any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fund(u8);

impl UserId {
    /// The user with this number; zero is nobody. At most `i32::MAX`, so that it fits SQL's `integer`.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) if number.get() <= i32::MAX as u32 => Some(Self(number)),
            _ => None,
        }
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl Fund {
    /// Revenue that no fund has yet.
    pub const UNALLOCATED: Self = Self(0);

    /// The fund with this number.
    #[must_use]
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl fmt::Display for Fund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Tier {
    /// The first tier, entered by registrations.
    pub const FIRST: Self = Self(1);
    /// Prices double from tier to tier, so more tiers than this could not be priced in `u128`.
    pub const MAX: u8 = 60;

    /// The tier with this number.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 || number > Self::MAX {
            None
        } else {
            Some(Self(number))
        }
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The tier above, if there can be one.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0.saturating_add(1))
    }
}

impl TreeNumber {
    /// The tree with this number. At most `i32::MAX`, so that it fits SQL's `integer`.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > i32::MAX as u32 {
            None
        } else {
            Some(Self(number))
        }
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TreeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
