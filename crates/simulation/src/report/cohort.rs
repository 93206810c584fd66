//! Users who joined in one month, and what they have paid and received: nobody is left out.

use money::Amount;

use super::MonthRow;
use crate::Books;

/// Some users: those of one month, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The month in which they joined, from 1; 0 for everybody.
    pub month: u32,
    /// Its first day as a date; empty for everybody.
    pub first_day: String,
    /// How many, those included who were refunded.
    pub users: u64,
    /// What they paid and did not get back.
    pub paid_in: Amount,
    /// What they have received in all: paid out, available, reserved or still held.
    pub received: Amount,
    /// Nine values of what one of them received: one tenth received at most the first, and so on. The `n`-th is what the
    /// user at place ⌈n·users/10⌉ received, counted from the least.
    pub deciles: [Amount; 9],
    /// The most that one of them received.
    pub most: Amount,
    /// How many received nothing.
    pub zero: u64,
    /// How many received less than they paid.
    pub below_paid_in: u64,
}

impl Cohort {
    /// One for each month in which somebody joined.
    pub(crate) fn of_months(arrivals: &[u32], months: &[MonthRow], books: &Books<'_>) -> Vec<Self> {
        let mut from = 0usize;
        let mut cohorts = Vec::with_capacity(arrivals.len());
        for (joined, row) in arrivals.iter().zip(months) {
            let to = from.saturating_add(usize::try_from(*joined).unwrap_or(0));
            if to > from {
                cohorts.push(Self {
                    month: row.month,
                    first_day: row.first_day.to_string(),
                    ..Self::of_users(from, to, books)
                });
            }
            from = to;
        }
        cohorts
    }

    pub(crate) fn of_everybody(books: &Books<'_>) -> Self {
        Self::of_users(0, books.received().len(), books)
    }

    fn of_users(from: usize, to: usize, books: &Books<'_>) -> Self {
        let received = books.received().get(from..to).unwrap_or_default();
        let paid_in = books.paid_in().get(from..to).unwrap_or_default();
        let mut sorted = received.to_vec();
        sorted.sort_unstable();
        let mut deciles = [Amount::ZERO; 9];
        for (decile, tenths) in deciles.iter_mut().zip(1usize..) {
            let place = sorted.len().saturating_mul(tenths).div_ceil(10);
            *decile = sorted.get(place.saturating_sub(1)).copied().unwrap_or_default();
        }
        let below = received
            .iter()
            .zip(paid_in)
            .filter(|(received, paid)| received < paid);
        Self {
            month: 0,
            first_day: String::new(),
            users: as_count(received.len()),
            paid_in: Amount::sum_of(paid_in.iter().copied()).unwrap_or(Amount::ZERO),
            received: Amount::sum_of(received.iter().copied()).unwrap_or(Amount::ZERO),
            deciles,
            most: sorted.last().copied().unwrap_or_default(),
            zero: as_count(sorted.partition_point(|amount| amount.is_zero())),
            below_paid_in: as_count(below.count()),
        }
    }

    /// What the user in the middle received.
    #[must_use]
    pub fn median(&self) -> Amount {
        let [_, _, _, _, median, ..] = self.deciles;
        median
    }

    /// How many of 10,000 received nothing, rounded down.
    #[must_use]
    pub fn zero_bps(&self) -> u64 {
        self.bps(self.zero)
    }

    /// How many of 10,000 received less than they paid, rounded down.
    #[must_use]
    pub fn below_paid_in_bps(&self) -> u64 {
        self.bps(self.below_paid_in)
    }

    fn bps(&self, count: u64) -> u64 {
        count.saturating_mul(10_000).checked_div(self.users).unwrap_or(0)
    }
}

fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
