//! Whose order pays whom: seats above an order, their claims, and what the budget leaves of them.

use super::{Buyer, Line, Model, Passes, RetailRule};

impl Model {
    /// Everybody above an order, nearest first.
    pub(super) fn line_above(&self, order: usize) -> Vec<usize> {
        let mut line = vec![];
        let mut next = match self.orders[order - 1].buyer {
            Buyer::User(user) => self.sponsors[user - 1],
            buyer @ Buyer::Customer(_) => self.server(buyer),
        };
        while let Some(user) = next {
            line.push(user);
            next = self.sponsors[user - 1];
        }
        line
    }

    pub(super) fn is_active(&self, period: u32, user: usize, end: usize) -> bool {
        !self.is_retired(user, end) && self.personal(period, user, end) >= self.rules_of(period).active_pv_min
    }

    pub(super) fn is_payable(&self, period: u32, user: usize, generation: usize, end: usize) -> bool {
        let asks = self.rules_of(period).generations[generation - 1];
        self.is_active(period, user, end)
            && self.customers(period, user, end) >= self.rules_of(period).customers_min
            && self.personal(period, user, end) >= asks.own_pv_min
            && self.group(period, user, end) >= asks.group_pv_min
    }

    /// For each generation of an order: who sits there (by place in the line) and whether that one is paid. And every
    /// offer that was made: generation and user.
    #[expect(clippy::type_complexity, reason = "two lists of pairs")]
    pub(super) fn seats(
        &self,
        period: u32,
        order: usize,
        end: usize,
    ) -> (Vec<(Option<usize>, bool)>, Vec<(usize, usize)>) {
        let line = self.line_above(order);
        let (mut seats, mut offered) = (vec![], vec![]);
        let mut place = 0;
        for generation in 1..=self.rules_of(period).generations.len() {
            let mut seat = None;
            while place < line.len() && seat.is_none() {
                let user = line[place];
                offered.push((generation, user));
                let is_payable = self.is_payable(period, user, generation, end);
                let sits = match self.rules_of(period).passes {
                    Passes::Nobody => true,
                    Passes::Inactive => self.is_active(period, user, end),
                    Passes::Unpaid => is_payable,
                };
                if sits {
                    seat = Some((Some(place), is_payable));
                }
                place += 1;
            }
            seats.push(seat.unwrap_or((None, false)));
        }
        (seats, offered)
    }

    pub(super) fn claims(&self, period: u32, end: usize) -> Vec<Line> {
        let mut lines = vec![];
        for order in self.numbers(period) {
            let line = self.line_above(order);
            let (seats, _) = self.seats(period, order, end);
            for (generation, (place, is_paid)) in (1..).zip(seats) {
                let user = place.map(|place| line[place]);
                let cause = match user {
                    None => "no_upline",
                    Some(_) if is_paid => "",
                    Some(user) if self.is_active(period, user, end) => "unqualified",
                    Some(_) => "inactive",
                };
                let bps = self.rules_of(period).generations[generation - 1].bps;
                lines.push(Line {
                    order,
                    generation,
                    distance: place.map_or(0, |place| place + 1),
                    to: user.filter(|_| is_paid),
                    cause,
                    passed: user.filter(|_| !is_paid),
                    claim: self.volume(order, end) * bps / 10_000,
                    cut_by_retail: 0,
                    cut_by_paycut: 0,
                    amount: 0,
                    clawed_back: 0,
                });
            }
        }
        lines.retain(|line| line.claim > 0);
        lines
    }

    /// First the retail rule on what is paid, then the pay cut on what is left of it, then breakage from what remains.
    pub(super) fn scale(&self, period: u32, end: usize, budget: u128, lines: &mut [Line]) {
        let (mut total, mut retail) = (0, 0);
        for number in self.numbers(period) {
            let volume = self.volume(number, end);
            total += volume;
            if let Buyer::Customer(_) = self.orders[number - 1].buyer {
                retail += volume;
            }
        }
        let required = (total * self.rules_of(period).retail_share_min_bps).div_ceil(10_000);
        let is_short = retail < required;
        let due: u128 = lines
            .iter()
            .filter(|line| line.to.is_some())
            .map(|line| line.claim)
            .sum();
        let lost: u128 = lines
            .iter()
            .filter(|line| line.to.is_none())
            .map(|line| line.claim)
            .sum();
        let kept = match self.rules_of(period).retail_rule {
            RetailRule::Scale if is_short => due * retail / required,
            RetailRule::Block if is_short => 0,
            RetailRule::Nothing | RetailRule::Scale | RetailRule::Block => due,
        };
        let (paid, broken) = if self.rules_of(period).paycut {
            let paid = kept.min(budget);
            (paid, lost.min(budget - paid))
        } else {
            (kept, lost)
        };
        let (mut due_before, mut lost_before) = (0, 0);
        for line in lines {
            if line.to.is_some() {
                let first = part(kept, due_before, due);
                due_before += line.claim;
                let second = part(kept, due_before, due);
                line.cut_by_retail = line.claim - (second - first);
                line.amount = part(paid, second, kept) - part(paid, first, kept);
                line.cut_by_paycut = (second - first) - line.amount;
            } else {
                let first = part(broken, lost_before, lost);
                lost_before += line.claim;
                line.amount = part(broken, lost_before, lost) - first;
                line.cut_by_paycut = line.claim - line.amount;
            }
        }
    }
}

/// `total · share / whole`, rounded down.
fn part(total: u128, share: u128, whole: u128) -> u128 {
    (total * share).checked_div(whole).unwrap_or(0)
}
