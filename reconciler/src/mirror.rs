//! The books in memory: updated with what later facts wrote, and re-read slice by slice, so that no run
//! reads all of a large ledger.

use std::ops::RangeInclusive;

use audit::checks::{Counters, Ledger};
use store::reconciliation::{Known, Rows};

/// The books, and how much of them was read.
#[derive(Debug, Default)]
pub(crate) struct Mirror {
    /// What is known; complete once everything was read.
    pub(crate) books: Ledger,
    /// Everything up to here is in it, as far as it was read.
    known: Option<Known>,
    /// Whether everything was read once.
    is_whole: bool,
    loading: Sweep,
}

/// A way through all slices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sweep {
    next: u32,
}

/// A part of the books, by the numbers of users and trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slice {
    /// Which numbers.
    pub(crate) subjects: RangeInclusive<u32>,
    /// Whether none come after them.
    pub(crate) is_last: bool,
}

impl Slice {
    /// Whether it is everything.
    pub(crate) fn is_everything(&self) -> bool {
        *self.subjects.start() == 0 && self.is_last
    }
}

impl Sweep {
    /// Whether it is on its way.
    pub(crate) const fn is_under_way(self) -> bool {
        self.next > 0
    }

    /// The next slice of this many users.
    pub(crate) fn slice(self, users: u32, last_user: u32) -> Slice {
        let last = self.next.saturating_add(users.saturating_sub(1));
        let is_last = last >= last_user;
        Slice {
            subjects: self.next..=if is_last { u32::MAX } else { last },
            is_last,
        }
    }

    /// Goes on behind a slice; after the last one, to the beginning.
    pub(crate) fn pass(&mut self, slice: &Slice) {
        self.next = if slice.is_last {
            0
        } else {
            slice.subjects.end().saturating_add(1)
        };
    }
}

impl Mirror {
    /// Everything up to here is in it.
    pub(crate) const fn known(&self) -> Option<Known> {
        self.known
    }

    /// What has to be read next before the books are whole.
    pub(crate) fn missing(&self, users: u32, last_user: u32) -> Option<Slice> {
        (!self.is_whole).then(|| self.loading.slice(users, last_user))
    }

    /// Takes in what is new, then what a slice has at the same moment.
    pub(crate) fn take(&mut self, news: Rows, slice: Option<(&Slice, Rows)>, now: Known) {
        self.books.splits.clone_from(&news.splits);
        self.update(news);
        if let Some((slice, rows)) = slice {
            self.replace(&slice.subjects, rows);
            if !self.is_whole {
                self.loading.pass(slice);
                self.is_whole = slice.is_last;
            }
        }
        self.known = Some(now);
    }

    /// Puts rows in the place of those that they are newer than.
    fn update(&mut self, rows: Rows) {
        let books = &mut self.books;
        let id = |row: &Counters| row.account.id().get();
        let known = books.balances.len();
        for row in rows.balances {
            match books.balances[..known].binary_search_by_key(&id(&row), id) {
                Ok(place) => books.balances[place] = row,
                Err(_) => books.balances.push(row),
            }
        }
        if books.balances.len() > known {
            books.balances.sort_by_key(id);
        }
        let known = books.deposits.len();
        for row in rows.deposits {
            let first = books.deposits[..known].partition_point(|old| old.fact_seq < row.fact_seq);
            let same = books.deposits[first..known]
                .iter_mut()
                .take_while(|old| old.fact_seq == row.fact_seq)
                .find(|old| old.deposit_ref == row.deposit_ref);
            match same {
                Some(old) => *old = row,
                None => books.deposits.push(row),
            }
        }
        if books.deposits.len() > known {
            books.deposits.sort_by_key(|deposit| deposit.fact_seq);
        }
        books.users.extend(rows.users);
        books.first_tier.extend(rows.first_tier);
    }

    /// Puts what was read of a slice in the place of all that was known of it.
    fn replace(&mut self, subjects: &RangeInclusive<u32>, rows: Rows) {
        let books = &mut self.books;
        books
            .balances
            .retain(|row| !subjects.contains(&row.account.id().subject()));
        books.balances.extend(rows.balances);
        books.balances.sort_by_key(|row| row.account.id().get());
        books.deposits.retain(|deposit| !subjects.contains(&deposit.user));
        books.deposits.extend(rows.deposits);
        books.deposits.sort_by_key(|deposit| deposit.fact_seq);
        books.users.retain(|id, _| !subjects.contains(id));
        books.users.extend(rows.users);
        books.first_tier.retain(|_, node| !subjects.contains(&node.user));
        books.first_tier.extend(rows.first_tier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_passes_everything_once_and_begins_again() {
        let mut sweep = Sweep::default();
        let mut next = 0;
        for is_last in [false, false, true] {
            let slice = sweep.slice(5, 11);
            assert_eq!((*slice.subjects.start(), slice.is_last), (next, is_last));
            assert!(!slice.is_everything());
            next = slice.subjects.end().wrapping_add(1);
            sweep.pass(&slice);
            assert_eq!(sweep.is_under_way(), !is_last);
        }
        assert_eq!(sweep, Sweep::default());
        let slice = sweep.slice(5, 4);
        assert!(slice.is_everything() && *slice.subjects.end() == u32::MAX);
    }
}
