//! Whose turn it is: what someone does once a month, everyone does on an own day of it.

use plan::{Day, UserId};

/// Days of the shortest month: everyone has a turn in each.
const TURNS: u32 = 28;

/// The active users whose turn a day is: the `n`-th of each 28 on the `n`-th day of a month, nobody after the 28th.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Turn {
    /// Day of the month, from 1; 0 before the first.
    day: u32,
}

impl Turn {
    /// A day begins.
    pub(super) fn open_day(&mut self, today: Day) {
        let is_first = today
            .get()
            .checked_sub(1)
            .map(Day::new)
            .is_none_or(Day::ends_month);
        self.day = if is_first { 1 } else { self.day.saturating_add(1) };
    }

    /// Those of so many users whose turn it is.
    pub(super) fn users(self, users: usize) -> impl Iterator<Item = UserId> {
        let last = if self.day <= TURNS {
            u32::try_from(users).unwrap_or(u32::MAX)
        } else {
            0
        };
        (self.day..=last).step_by(28).filter_map(UserId::new)
    }
}
