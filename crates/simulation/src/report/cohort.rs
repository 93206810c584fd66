//! Users who joined in one month, and what they have paid and received: nobody is left out.

use ledger::UserId;
use money::Amount;
use serde::Serialize;

use super::MonthRow;
use crate::Books;
use crate::text::{text, texts};

/// Some users: those of one month, or all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cohort {
    /// The month in which they joined, from 1; 0 for everyone.
    pub month: u32,
    /// Its first day as a date; empty for everyone.
    pub first_day: String,
    /// How many, those included who were refunded.
    pub users: u64,
    /// What they paid and did not get back.
    #[serde(serialize_with = "text")]
    pub paid_in: Amount,
    /// What they have received in all: paid out, available, reserved or still held.
    #[serde(serialize_with = "text")]
    pub received: Amount,
    /// What the user in the middle received.
    #[serde(serialize_with = "text")]
    pub median: Amount,
    /// Nine values of what one of them received: one tenth received at most the first, and so on. The `n`-th is what the
    /// user at place ⌈n·users/10⌉ received, counted from the least.
    #[serde(serialize_with = "texts")]
    pub deciles: [Amount; 9],
    /// The most that one of them received.
    #[serde(serialize_with = "text")]
    pub most: Amount,
    /// How many received nothing, and how many less than they paid.
    #[serde(flatten)]
    pub little: Little,
    /// Those whose registration was not refunded.
    pub stayed: Stayed,
    /// Those who received more than they paid.
    pub gained: Gained,
    /// What all others paid more than they received, together.
    #[serde(serialize_with = "text")]
    pub lost: Amount,
}

/// Of some users, those who received nothing or little. Shares of 10,000 are rounded down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Little {
    /// How many received nothing.
    #[serde(rename = "zero_earners")]
    pub zero: u64,
    /// The same of 10,000.
    #[serde(rename = "zero_earners_bps")]
    pub zero_bps: u64,
    /// How many received less than they paid.
    pub below_paid_in: u64,
    /// The same of 10,000.
    pub below_paid_in_bps: u64,
}

/// Of some users, those whose registration was not refunded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stayed {
    /// How many.
    pub users: u64,
    /// Of them.
    #[serde(flatten)]
    pub little: Little,
}

/// Of some users, those who received more than they paid, and by how much more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Gained {
    /// How many.
    pub users: u64,
    /// The same of 10,000, rounded down.
    pub users_bps: u64,
    /// All of them together.
    #[serde(serialize_with = "text")]
    pub amount: Amount,
    /// The most by which one of them did.
    #[serde(serialize_with = "text")]
    pub most: Amount,
}

impl Cohort {
    /// One for each month in which someone joined.
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
        let mut cohort = Self {
            users: as_count(received.len()),
            paid_in: Amount::sum_of(paid_in.iter().copied()).unwrap_or(Amount::ZERO),
            received: Amount::sum_of(received.iter().copied()).unwrap_or(Amount::ZERO),
            median: deciles[4],
            deciles,
            most: sorted.last().copied().unwrap_or_default(),
            ..Self::default()
        };
        let users = (1u32..).skip(from).map(UserId::new);
        for ((user, received), paid) in users.zip(received).zip(paid_in) {
            let stays = user.is_some_and(|user| books.state().is_active(user));
            cohort.count(*received, *paid, stays);
        }
        cohort.little.compare(cohort.users);
        cohort.stayed.little.compare(cohort.stayed.users);
        cohort.gained.users_bps = bps_of(cohort.gained.users, cohort.users);
        cohort
    }

    /// Counts one of the users.
    fn count(&mut self, received: Amount, paid: Amount, stays: bool) {
        let (gain, loss) = (received.saturating_sub(paid), paid.saturating_sub(received));
        self.lost = self.lost.checked_add(loss).unwrap_or(self.lost);
        self.little.count(received.is_zero(), !loss.is_zero());
        if stays {
            self.stayed.users = self.stayed.users.saturating_add(1);
            self.stayed.little.count(received.is_zero(), !loss.is_zero());
        }
        if !gain.is_zero() {
            self.gained.users = self.gained.users.saturating_add(1);
            self.gained.amount = self.gained.amount.checked_add(gain).unwrap_or(self.gained.amount);
            self.gained.most = self.gained.most.max(gain);
        }
    }

    /// How many took their registration back.
    pub const fn left(&self) -> u64 {
        self.users.saturating_sub(self.stayed.users)
    }
}

impl Little {
    fn count(&mut self, is_zero: bool, is_below: bool) {
        self.zero = self.zero.saturating_add(u64::from(is_zero));
        self.below_paid_in = self.below_paid_in.saturating_add(u64::from(is_below));
    }

    /// Computes the shares of so many users.
    fn compare(&mut self, users: u64) {
        self.zero_bps = bps_of(self.zero, users);
        self.below_paid_in_bps = bps_of(self.below_paid_in, users);
    }
}

fn bps_of(count: u64, users: u64) -> u64 {
    count.saturating_mul(10_000).checked_div(users).unwrap_or(0)
}

fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
