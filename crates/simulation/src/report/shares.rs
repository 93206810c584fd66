//! Who has most of the money: the very first user, one in a hundred, and the company.

use money::Amount;

use crate::Books;

/// How much of everything a few have at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// What the very first user received.
    pub first_user: Amount,
    /// How many are one in a hundred, rounded up.
    pub top_users: u64,
    /// What so many of those who received most received.
    pub top: Amount,
    /// What all received.
    pub received: Amount,
    /// What is the company's, also as long as payments behind it can go back.
    pub company: Amount,
    /// What all paid and did not get back.
    pub paid_in: Amount,
}

impl Shares {
    pub(crate) fn of(books: &Books<'_>) -> Self {
        let mut sorted = books.received().to_vec();
        sorted.sort_unstable();
        let top_users = sorted.len().div_ceil(100);
        let sum = |amounts: &[Amount]| Amount::sum_of(amounts.iter().copied()).unwrap_or(Amount::ZERO);
        let top = sorted
            .get(sorted.len().saturating_sub(top_users)..)
            .unwrap_or_default();
        Self {
            first_user: books.received().first().copied().unwrap_or_default(),
            top_users: u64::try_from(top_users).unwrap_or(u64::MAX),
            top: sum(top),
            received: sum(&sorted),
            company: books.balances().company(),
            paid_in: sum(books.paid_in()),
        }
    }

    /// The first user's part of what all received, in basis points, rounded down.
    #[must_use]
    pub fn first_user_bps(&self) -> u64 {
        part(self.first_user, self.received)
    }

    /// The part of one in a hundred of what all received, in basis points, rounded down.
    #[must_use]
    pub fn top_bps(&self) -> u64 {
        part(self.top, self.received)
    }

    /// The company's money in basis points of what all paid, rounded down. With money from outside it can be more than the
    /// whole.
    #[must_use]
    pub fn company_bps(&self) -> u64 {
        part(self.company, self.paid_in)
    }
}

fn part(amount: Amount, whole: Amount) -> u64 {
    let parts = Amount::new(10_000).proportion(amount, whole);
    u64::try_from(parts.base_units()).unwrap_or(u64::MAX)
}
