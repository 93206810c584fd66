//! Dense numbers of orders and customers, and the numbers of periods.

use std::fmt;

names::ids! {
    /// An order: dense, from 1, in the order of placing.
    pub struct OrderId;

    /// A retail customer: dense, from 1. Customers are a class apart: no users of the tree.
    pub struct CustomerId;
}

/// A commission period: the number of the calendar month or week, as in [`calendar`](plan_file::calendar).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeriodNumber(u32);

impl PeriodNumber {
    /// The period with this number.
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number of the month (`12 × year + month − 1`) or week.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The period after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for PeriodNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where the line of the id with this number is; an id counts from 1. Nobody's id is beyond every array.
pub(super) fn index(number: u32) -> usize {
    slot(number).checked_sub(1).unwrap_or(usize::MAX)
}

/// Where the entry of this number is in an array with a place for nobody, 0.
pub(super) fn slot(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The number after this many.
pub(super) fn next(count: usize) -> Option<u32> {
    u32::try_from(count).ok()?.checked_add(1)
}
