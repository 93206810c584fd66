//! Who has most of the money: the very first user, one in a hundred, and the company.

use money::Amount;
use serde::Serialize;

use crate::Books;
use crate::text::text;

/// How much of everything a few have at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// What the very first user received.
    #[serde(serialize_with = "text")]
    pub first_user: Amount,
    /// Its part of what all received, in basis points, rounded down.
    pub first_user_bps: u64,
    /// How many are one in a hundred, rounded up.
    pub top_users: u64,
    /// What so many of those who received most received.
    #[serde(serialize_with = "text")]
    pub top: Amount,
    /// Its part of what all received, likewise.
    pub top_bps: u64,
    /// What is the company's, also as long as payments behind it can go back.
    #[serde(serialize_with = "text")]
    pub company: Amount,
    /// Its part of what all paid and did not get back. With money from outside it can be more than the whole.
    pub company_bps: u64,
}

impl Shares {
    pub(crate) fn of(books: &Books<'_>) -> Self {
        let mut sorted = books.received().to_vec();
        sorted.sort_unstable();
        let top_users = sorted.len().div_ceil(100);
        let sum = |amounts: &[Amount]| Amount::sum_of(amounts.iter().copied()).unwrap_or(Amount::ZERO);
        let top = sorted.get(sorted.len().saturating_sub(top_users)..);
        let (received, top) = (sum(&sorted), sum(top.unwrap_or_default()));
        let first_user = books.received().first().copied().unwrap_or_default();
        let company = books.balances().company();
        Self {
            first_user,
            first_user_bps: part(first_user, received),
            top_users: u64::try_from(top_users).unwrap_or(u64::MAX),
            top,
            top_bps: part(top, received),
            company,
            company_bps: part(company, sum(books.paid_in())),
        }
    }
}

fn part(amount: Amount, whole: Amount) -> u64 {
    let parts = Amount::new(10_000).proportion(amount, whole);
    u64::try_from(parts.base_units()).unwrap_or(u64::MAX)
}
