//! Users who joined in one month, and what they have paid and received: nobody is left out.

use ledger::UserId;
use money::Amount;

use super::MonthRow;
use crate::Books;

/// Some users: those of one month, or all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// The month in which they joined, from 1; 0 for everyone.
    pub month: u32,
    /// Its first day as a date; empty for everyone.
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
    /// The same without those whose registration was refunded.
    pub stayed: Stayed,
    /// Those who received more than they paid.
    pub gained: Gained,
    /// What all others paid more than they received, together.
    pub lost: Amount,
}

/// Of some users, those whose registration was not refunded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stayed {
    /// How many.
    pub users: u64,
    /// How many of them received nothing.
    pub zero: u64,
    /// How many of them received less than they paid.
    pub below_paid_in: u64,
}

/// Of some users, those who received more than they paid, and by how much more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gained {
    /// How many.
    pub users: u64,
    /// All of them together.
    pub amount: Amount,
    /// The most by which one of them did.
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
            month: 0,
            first_day: String::new(),
            users: as_count(received.len()),
            paid_in: Amount::sum_of(paid_in.iter().copied()).unwrap_or(Amount::ZERO),
            received: Amount::sum_of(received.iter().copied()).unwrap_or(Amount::ZERO),
            deciles,
            most: sorted.last().copied().unwrap_or_default(),
            zero: as_count(sorted.partition_point(|amount| amount.is_zero())),
            below_paid_in: 0,
            stayed: Stayed::default(),
            gained: Gained::default(),
            lost: Amount::ZERO,
        };
        let users = (1u32..).skip(from).map(UserId::new);
        for ((user, received), paid) in users.zip(received).zip(paid_in) {
            let stays = user.is_some_and(|user| books.state().is_active(user));
            cohort.count(*received, *paid, stays);
        }
        cohort
    }

    /// Counts one of the users.
    fn count(&mut self, received: Amount, paid: Amount, stays: bool) {
        let (gain, loss) = (received.saturating_sub(paid), paid.saturating_sub(received));
        let (is_below, is_zero) = (u64::from(!loss.is_zero()), u64::from(received.is_zero()));
        self.below_paid_in = self.below_paid_in.saturating_add(is_below);
        self.lost = self.lost.checked_add(loss).unwrap_or(self.lost);
        if stays {
            self.stayed.users = self.stayed.users.saturating_add(1);
            self.stayed.zero = self.stayed.zero.saturating_add(is_zero);
            self.stayed.below_paid_in = self.stayed.below_paid_in.saturating_add(is_below);
        }
        if !gain.is_zero() {
            self.gained.users = self.gained.users.saturating_add(1);
            self.gained.amount = self.gained.amount.checked_add(gain).unwrap_or(self.gained.amount);
            self.gained.most = self.gained.most.max(gain);
        }
    }

    /// How many took their registration back.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.users.saturating_sub(self.stayed.users)
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

    /// How many of 10,000 received more than they paid, rounded down.
    #[must_use]
    pub fn gained_bps(&self) -> u64 {
        self.bps(self.gained.users)
    }

    fn bps(&self, count: u64) -> u64 {
        bps_of(count, self.users)
    }
}

impl Stayed {
    /// How many of 10,000 of them received nothing, rounded down.
    #[must_use]
    pub fn zero_bps(&self) -> u64 {
        bps_of(self.zero, self.users)
    }

    /// How many of 10,000 of them received less than they paid, rounded down.
    #[must_use]
    pub fn below_paid_in_bps(&self) -> u64 {
        bps_of(self.below_paid_in, self.users)
    }
}

fn bps_of(count: u64, users: u64) -> u64 {
    count.saturating_mul(10_000).checked_div(users).unwrap_or(0)
}

fn as_count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
