//! What accounts belong to: users, tiers and trees, as dense numbers that fit SQL's `integer`.

use std::fmt;

names::ids! {
    /// A participant: dense, from 1, in the order in which registrations became final. A sponsor's id is always smaller than the ids of
    /// those it referred. There are millions of them.
    pub struct UserId;

    /// A deposit: dense, from 1, in the order of facts.
    pub struct DepositId;

    /// The number of a tree inside a tier, from 1, in the order of opening.
    pub struct TreeNumber;
}

/// A price step of pools, from 1; at most [`Tier::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tier(u8);

/// A revenue account of a plan, by its place in the plan's list of funds, from 1; 0 is what is not allocated to any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fund(u8);

impl Fund {
    /// Revenue that no fund has yet.
    pub const UNALLOCATED: Self = Self(0);

    /// The fund with this number.
    pub const fn new(number: u8) -> Self {
        Self(number)
    }

    /// The number.
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
    pub const fn new(number: u8) -> Option<Self> {
        if number == 0 || number > Self::MAX {
            None
        } else {
            Some(Self(number))
        }
    }

    /// The number, from 1.
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The tier above, if there can be one.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0.saturating_add(1))
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
