//! [`Driver`]: what turns people who join and days that pass into the facts of a kind of plan.
//!
//! One driver for each kind of plan. The run tells it when a day begins and ends and who joins; it answers with facts,
//! which the [`Books`](crate::Books) apply at once. Not responsible for how many join, when, and under whom.

pub mod auto_pool;

use plan::{Day, UserId};

use crate::Books;

pub use auto_pool::AutoPool;

/// Turns arrivals and days into facts.
pub trait Driver {
    /// What it assumes of people and of the operator, one plain sentence each. A report begins with them.
    fn assumptions(&self) -> Vec<String>;

    /// A day begins: whatever the calendar causes before anybody joins.
    fn open_day(&mut self, today: Day, books: &mut Books<'_>);

    /// Somebody joins under a sponsor; nobody's direct is only the very first.
    fn join(&mut self, today: Day, sponsor: Option<UserId>, books: &mut Books<'_>);

    /// A day ends: ticks, closes of periods.
    fn close_day(&mut self, today: Day, books: &mut Books<'_>) {
        let _ = (today, books);
    }
}
