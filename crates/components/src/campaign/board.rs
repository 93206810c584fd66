//! The leaderboard: derived on demand from conversions that were not reversed.

use std::cmp::Reverse;

use super::{Campaign, ConversionId, UserLine};
use ledger::UserId;

/// A line of the leaderboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// From 1.
    pub position: u32,
    /// Who.
    pub user: UserId,
    /// Qualified conversions that stand.
    pub conversions: u32,
}

/// Smaller is better: more conversions, then who had them first. No two users have the same last conversion.
type Order = (Reverse<u32>, Option<ConversionId>);

impl Campaign {
    /// The first `n` users with a qualified conversion that stands. Takes time in proportion to the number of users.
    pub fn leaderboard(&self, n: usize) -> Vec<Standing> {
        let mut all: Vec<(Order, UserId)> = self.ranked().collect();
        if n < all.len() {
            if let Some(last) = n.checked_sub(1) {
                all.select_nth_unstable(last);
            }
            all.truncate(n);
        }
        all.sort_unstable();
        let lines = (1u32..).zip(all);
        lines
            .map(|(position, ((Reverse(conversions), _), user))| Standing {
                position,
                user,
                conversions,
            })
            .collect()
    }

    /// The user's place on the leaderboard, from 1; `None` without a qualified conversion that stands.
    pub fn position(&self, user: UserId) -> Option<u32> {
        let own = order(self.line(user)?)?;
        let better = self.ranked().filter(|(order, _)| *order < own).count();
        u32::try_from(better).ok()?.checked_add(1)
    }

    fn ranked(&self) -> impl Iterator<Item = (Order, UserId)> + '_ {
        (1u32..)
            .zip(&self.users)
            .filter_map(|(number, line)| Some((order(line)?, UserId::new(number)?)))
    }
}

fn order(line: &UserLine) -> Option<Order> {
    (line.conversions > 0).then_some((Reverse(line.conversions), line.last))
}
