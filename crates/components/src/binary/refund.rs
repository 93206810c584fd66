//! What a refund undoes: a member may stop counting, and the pairs of its lot are reversed.
//!
//! Which pair that is: of the members who count on a side, in the order in which they began to, the first ones are in
//! pairs, one each. So a member is in a pair if fewer members of that side began before it than pairs have been made there, and
//! it is the pair at that position. The other side's lot is free again; later pairs stay what they are.
//!
//! A pair that is undone takes back its instalment too. If its user falls below what counts, that user stops counting as
//! well, and so on upward. Everyone who stops costs one pass over all users: refunds are rare.

use std::collections::VecDeque;

use ledger::UserId;
use money::Amount;

use super::history::Slot;
use super::tree::line;
use super::{BinaryState, BinaryTerms, Payment, Side, Undone};
use crate::sponsors::Sponsors;

impl BinaryState {
    /// Takes back a payment, exactly: give what [`BinaryState::pay`] returned for it, once. `undone` receives the pairs
    /// that are undone by it, nearest to the payer first, and loses what it had.
    pub fn unpay(
        &mut self,
        sponsors: &Sponsors,
        terms: &BinaryTerms,
        user: UserId,
        payment: &Payment,
        undone: &mut Vec<Undone>,
    ) {
        undone.clear();
        if payment.first {
            self.set_started(user.get(), false);
        }
        let mut leaving = VecDeque::new();
        if self.subtract_paid(terms, user.get(), payment.accepted) {
            leaving.push_back(user.get());
        }
        while let Some(user) = leaving.pop_front() {
            // Two pairs undone may have requested it.
            if self.since_of(user) != 0 {
                self.stop_counting((sponsors, terms), user, undone, &mut leaving);
            }
        }
    }

    fn stop_counting(
        &mut self,
        (sponsors, terms): (&Sponsors, &BinaryTerms),
        user: u32,
        undone: &mut Vec<Undone>,
        leaving: &mut VecDeque<u32>,
    ) {
        let since = self.since_of(user);
        if since <= self.brought_up {
            self.take_lots(terms, user, since, undone, leaving);
        } else if since == self.since_last {
            // As if it had never begun.
            self.since_last = self.since_last.saturating_sub(1);
        }
        if let Some(since) = self.since.get_mut(line(user)) {
            *since = 0;
        }
        if let Some(directs) = self.directs_of_sponsor(sponsors, user) {
            *directs = directs.saturating_sub(1);
        }
    }

    /// Takes a member's lot from every side above, out of a pair if it is in one.
    fn take_lots(
        &mut self,
        terms: &BinaryTerms,
        user: u32,
        since: u32,
        undone: &mut Vec<Undone>,
        leaving: &mut VecDeque<u32>,
    ) {
        let (line_up, ranks) = self.ranks(user, since);
        for ((above, side), rank) in line_up.into_iter().zip(ranks) {
            match self.history.take(above, rank) {
                None => self.add_lot(above, side, false),
                Some(Slot::Lost) => self.add_lot(above, side.other(), true),
                Some(Slot::Paid { number, month, parts }) => {
                    self.add_lot(above, side.other(), true);
                    if let Some(user) = UserId::new(above) {
                        undone.push(Undone {
                            user,
                            number,
                            month,
                            parts,
                        });
                    }
                    if self.give_back_instalment(terms, above, parts.instalment) {
                        leaving.push_back(above);
                    }
                }
            }
        }
    }

    fn give_back_instalment(&mut self, terms: &BinaryTerms, user: u32, instalment: Amount) -> bool {
        !instalment.is_zero() && self.subtract_paid(terms, user, instalment)
    }

    fn add_lot(&mut self, user: u32, side: Side, one_more: bool) {
        let Some([left, right]) = self.lots.get_mut(line(user)) else {
            return;
        };
        let lots = match side {
            Side::Left => left,
            Side::Right => right,
        };
        *lots = if one_more {
            lots.saturating_add(1)
        } else {
            lots.saturating_sub(1)
        };
    }

    /// Everyone above a member, nearest first, with the side on which the member is; and for each how many members of that
    /// side began to count before it. One pass: whoever is not on the way up belongs to where the way of the one
    /// above leads.
    fn ranks(&self, user: u32, since: u32) -> (Vec<(u32, Side)>, Vec<u32>) {
        let mut line_up = Vec::new();
        let mut at = user;
        while let Some((parent, side)) = self.tree.place(at) {
            line_up.push((parent, side));
            at = parent;
        }
        // By user: one more than the number of steps from the member up to where the user joins the way; 0 for other trees.
        let mut joins = vec![0u32; self.since.len()];
        let way = std::iter::once(user).chain(line_up.iter().map(|(above, _)| *above));
        for (above, step) in way.zip(1u32..) {
            if let Some(join) = joins.get_mut(line(above)) {
                *join = step;
            }
        }
        let mut earlier = vec![0u32; line_up.len().saturating_add(1)];
        for (index, (above, began)) in self.tree.above().iter().zip(&self.since).enumerate() {
            let own = joins.get(index).copied().unwrap_or(0);
            let join = if own == 0 {
                joins.get(line(above >> 1)).copied().unwrap_or(0)
            } else {
                own
            };
            if let Some(known) = joins.get_mut(index) {
                *known = join;
            }
            if *began != 0
                && *began < since
                && let Some(count) = earlier.get_mut(line(join))
            {
                *count = count.saturating_add(1);
            }
        }
        let ranks = earlier.into_iter().scan(0u32, |sum, count| {
            *sum = sum.saturating_add(count);
            Some(*sum)
        });
        (line_up, ranks.collect())
    }
}
