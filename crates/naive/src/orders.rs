//! Orders, volumes and commission periods, from the list of everything that was ever commanded: nothing is kept but
//! that list, and every question is answered by reading it from its start.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use plan::Day;

pub use rules::{Generation, Passes, RetailRule, Rules};

/// Who bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buyer {
    /// A user, from 1.
    User(usize),
    /// A customer, from 1.
    Customer(usize),
}

/// What happened.
#[derive(Clone, Debug)]
enum Event {
    Retired(usize),
    Reinstated(usize),
    Refunded(usize, u128),
    Closed(u32),
    Finalized(u32, u128),
    Released(u32),
}

#[derive(Clone, Debug)]
struct Order {
    buyer: Buyer,
    amount: u128,
    volume: u128,
    /// Its part for the fund when it was placed, in ten-thousandths.
    fund_bps: u128,
    period: u32,
}

/// A line of a commission statement: `to` is a user when paid, `passed` one who stands there unpaid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub order: usize,
    /// From 1.
    pub generation: usize,
    /// Steps above the buyer; 0 for nobody.
    pub distance: usize,
    /// Who is paid.
    pub to: Option<usize>,
    /// Why nobody is.
    pub cause: &'static str,
    /// Who is not.
    pub passed: Option<usize>,
    /// Before any cut.
    pub claim: u128,
    /// Off by the retail rule.
    pub cut_by_retail: u128,
    /// Off by the pay cut.
    pub cut_by_paycut: u128,
    /// What is left.
    pub amount: u128,
    /// What refunds took back of it.
    pub clawed_back: u128,
}

/// What a refund did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Volume taken out.
    pub volume: u128,
    /// The fund's part.
    pub fund: u128,
    /// The company's part.
    pub company: u128,
    /// Order's lines by generation: whom (or nobody), the cause, how much.
    pub clawbacks: Vec<(usize, Option<usize>, &'static str, u128)>,
}

/// The list of everything.
#[derive(Clone, Debug)]
pub struct Model {
    rules: Rules,
    finalized_under: BTreeMap<u32, Rules>,
    sponsors: Vec<Option<usize>>,
    servers: Vec<usize>,
    orders: Vec<Order>,
    events: Vec<Event>,
}

impl Model {
    /// Follows another version of the plan file from here on; its periods are the same.
    pub fn change(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Nothing yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            finalized_under: BTreeMap::new(),
            sponsors: vec![],
            servers: vec![],
            orders: vec![],
            events: vec![],
        }
    }

    /// A user joins.
    pub fn join(&mut self, sponsor: Option<usize>) {
        self.sponsors.push(sponsor);
    }

    /// A customer of a user.
    pub fn serve(&mut self, server: usize) {
        self.servers.push(server);
    }

    /// A user leaves.
    pub fn retire(&mut self, user: usize) {
        self.events.push(Event::Retired(user));
    }

    /// And comes back.
    pub fn reinstate(&mut self, user: usize) {
        self.events.push(Event::Reinstated(user));
    }

    /// An order: period, whether late, volume, fund's part.
    ///
    /// # Errors
    /// The code of the broken rule.
    pub fn place(
        &mut self,
        buyer: Buyer,
        amount: u128,
        volume: Option<u128>,
        day: Day,
    ) -> Result<(u32, bool, u128, u128), &'static str> {
        if amount == 0 {
            return Err("order_empty");
        }
        let most = amount * self.rules.pv_bps / 10_000;
        let volume = volume.unwrap_or(most);
        if volume > most {
            return Err("volume_above_share");
        }
        let own = self.period(day);
        let mut period = own;
        while self.is_closed(period) {
            period += 1;
        }
        self.orders.push(Order {
            buyer,
            amount,
            volume,
            fund_bps: self.rules.fund_bps,
            period,
        });
        Ok((
            period,
            period != own,
            volume,
            amount * self.rules.fund_bps / 10_000,
        ))
    }

    /// Closes a period.
    ///
    /// # Errors
    /// The code of the broken rule.
    pub fn close(&mut self, period: u32) -> Result<(), &'static str> {
        if self.is_closed(period) {
            return Err("period_already_closed");
        }
        let is_earlier = |order: &&Order| order.period < period && !self.is_closed(order.period);
        if self.orders.iter().any(|order| is_earlier(&order)) {
            return Err("earlier_period_open");
        }
        self.events.push(Event::Closed(period));
        Ok(())
    }

    /// Finalizes a period.
    ///
    /// # Errors
    /// The code of the broken rule.
    pub fn finalize(&mut self, period: u32, budget: u128) -> Result<(), &'static str> {
        if !self.is_closed(period) {
            return Err("period_still_open");
        }
        if self.finalized(period).is_some() {
            return Err("period_already_finalized");
        }
        self.events.push(Event::Finalized(period, budget));
        let claims: u128 = self.lines(period).iter().map(|line| line.claim).sum();
        if !self.rules.paycut && claims > budget {
            self.events.pop();
            return Err("commissions_exceed_budget");
        }
        self.finalized_under.insert(period, self.rules.clone());
        Ok(())
    }

    /// Releases a period: the day on which it matures.
    ///
    /// # Errors
    /// The code of the broken rule.
    pub fn release(&mut self, period: u32, day: Day) -> Result<Day, &'static str> {
        if self.finalized(period).is_none() {
            return Err("period_not_finalized");
        }
        let is_release = |event: &Event| matches!(event, Event::Released(other) if *other == period);
        if self.events.iter().any(is_release) {
            return Err("period_already_released");
        }
        self.events.push(Event::Released(period));
        Ok(Day::new(day.get() + self.rules.hold_days))
    }

    /// Refunds a part of an order.
    ///
    /// # Errors
    /// The code of the broken rule.
    pub fn refund(&mut self, order: usize, amount: u128) -> Result<Refund, &'static str> {
        let Some(placed) = self.orders.get(order.wrapping_sub(1)).cloned() else {
            return Err("unknown_order");
        };
        let end = self.events.len();
        let kept = placed.amount - self.refunded(order, 0, end);
        if amount == 0 {
            return Err("refund_empty");
        }
        if amount > kept {
            return Err("refund_above_order");
        }
        let lines = |model: &Self| -> Vec<Line> {
            let all = model.lines(placed.period).into_iter();
            all.filter(|line| line.order == order).collect()
        };
        let (before, volume_before) = (lines(self), self.volume(order, end));
        self.events.push(Event::Refunded(order, amount));
        let (after, volume_after) = (lines(self), self.volume(order, end + 1));
        let fund = kept * placed.fund_bps / 10_000 - (kept - amount) * placed.fund_bps / 10_000;
        let is_fixed = self.finalized(placed.period).is_some();
        let pairs = before.iter().zip(&after);
        let clawbacks = pairs.map(|(before, after)| {
            let more = after.clawed_back - before.clawed_back;
            (after.generation, after.to, after.cause, more)
        });
        Ok(Refund {
            volume: if is_fixed { 0 } else { volume_before - volume_after },
            fund,
            company: amount - fund,
            clawbacks: clawbacks.filter(|clawback| clawback.3 > 0).collect(),
        })
    }

    /// All lines of a finalized period.
    #[must_use]
    pub fn lines(&self, period: u32) -> Vec<Line> {
        let Some((end, budget)) = self.finalized(period) else {
            return vec![];
        };
        let mut lines = self.claims(period, end);
        self.scale(period, end, budget, &mut lines);
        for line in &mut lines {
            let amount = self.orders[line.order - 1].amount;
            let counted = amount - self.refunded(line.order, 0, end);
            let later = self.refunded(line.order, end, self.events.len());
            line.clawed_back = line.amount * later / counted;
        }
        lines
    }

    /// Personal volume, group volume and customers of a user in a period, as of its finalization or now.
    #[must_use]
    pub fn volumes(&self, period: u32, user: usize) -> (u128, u128, usize) {
        let end = self.finalized(period).map_or(self.events.len(), |found| found.0);
        (
            self.personal(period, user, end),
            self.group(period, user, end),
            self.customers(period, user, end),
        )
    }

    /// What a user missed in a finalized period: generation, order, claim.
    #[must_use]
    pub fn missed(&self, period: u32, user: usize) -> Vec<(usize, usize, u128)> {
        let mut missed = vec![];
        let Some((end, _)) = self.finalized(period) else {
            return missed;
        };
        for number in self.numbers(period) {
            let line = self.line_above(number);
            let (seats, offered) = self.seats(period, number, end);
            let takes_it = seats
                .iter()
                .any(|(at, pays)| *pays && at.map(|at| line[at]) == Some(user));
            if takes_it || !line.contains(&user) {
                continue;
            }
            let turn = offered.iter().find(|(_, who)| *who == user);
            if let Some((generation, _)) = turn {
                let bps = self.rules_of(period).generations[generation - 1].bps;
                let claim = self.volume(number, end) * bps / 10_000;
                if claim > 0 {
                    missed.push((*generation, number, claim));
                }
            }
        }
        missed
    }

    /// Those of its finalization, or the latest.
    fn rules_of(&self, period: u32) -> &Rules {
        self.finalized_under.get(&period).unwrap_or(&self.rules)
    }

    fn period(&self, day: Day) -> u32 {
        if self.rules.by_month {
            day.month().get()
        } else {
            day.week().get()
        }
    }

    fn is_closed(&self, period: u32) -> bool {
        let closes = |event: &Event| matches!(event, Event::Closed(last) if *last >= period);
        self.events.iter().any(closes)
    }

    /// How many events were before it, and its budget.
    fn finalized(&self, period: u32) -> Option<(usize, u128)> {
        let mut events = self.events.iter().enumerate();
        events.find_map(|(at, event)| match event {
            Event::Finalized(other, budget) if *other == period => Some((at, *budget)),
            Event::Finalized(..)
            | Event::Retired(_)
            | Event::Reinstated(_)
            | Event::Refunded(..)
            | Event::Closed(_)
            | Event::Released(..) => None,
        })
    }

    fn refunded(&self, order: usize, from: usize, to: usize) -> u128 {
        let events = self.events[from..to].iter();
        let amounts = events.map(|event| match event {
            Event::Refunded(other, amount) if *other == order => *amount,
            Event::Refunded(..)
            | Event::Finalized(..)
            | Event::Retired(_)
            | Event::Reinstated(_)
            | Event::Closed(_)
            | Event::Released(..) => 0,
        });
        amounts.sum()
    }

    /// Volume of an order after so many events.
    fn volume(&self, order: usize, end: usize) -> u128 {
        let placed = &self.orders[order - 1];
        placed.volume * (placed.amount - self.refunded(order, 0, end)) / placed.amount
    }

    /// Orders that count in a period.
    fn numbers(&self, period: u32) -> Vec<usize> {
        let numbers = 1..=self.orders.len();
        numbers
            .filter(|number| self.orders[number - 1].period == period)
            .collect()
    }

    fn is_retired(&self, user: usize, end: usize) -> bool {
        let mut is_retired = false;
        for event in &self.events[..end] {
            if let Event::Retired(other) = event {
                is_retired |= *other == user;
            }
            if let Event::Reinstated(other) = event {
                is_retired &= *other != user;
            }
        }
        is_retired
    }

    fn server(&self, buyer: Buyer) -> Option<usize> {
        match buyer {
            Buyer::User(_) => None,
            Buyer::Customer(customer) => Some(self.servers[customer - 1]),
        }
    }

    fn personal(&self, period: u32, user: usize, end: usize) -> u128 {
        let counts = |number: &usize| match self.orders[number - 1].buyer {
            Buyer::User(buyer) => buyer == user,
            buyer @ Buyer::Customer(_) => {
                self.rules_of(period).customers_count && self.server(buyer) == Some(user)
            }
        };
        let numbers = self.numbers(period).into_iter().filter(counts);
        numbers.map(|number| self.volume(number, end)).sum()
    }

    fn group(&self, period: u32, user: usize, end: usize) -> u128 {
        let counts = |number: &usize| match self.orders[number - 1].buyer {
            Buyer::User(buyer) if buyer == user => true,
            Buyer::User(_) | Buyer::Customer(_) => self.line_above(*number).contains(&user),
        };
        let numbers = self.numbers(period).into_iter().filter(counts);
        numbers.map(|number| self.volume(number, end)).sum()
    }

    fn customers(&self, period: u32, user: usize, end: usize) -> usize {
        let mut found = BTreeSet::new();
        for number in self.numbers(period) {
            let order = &self.orders[number - 1];
            let is_kept = self.refunded(number, 0, end) < order.amount;
            if let (Buyer::Customer(customer), true) = (order.buyer, is_kept)
                && self.servers[customer - 1] == user
            {
                found.insert(customer);
            }
        }
        found.len()
    }

    /// Everyone above an order, nearest first.
    fn line_above(&self, order: usize) -> Vec<usize> {
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

    fn is_active(&self, period: u32, user: usize, end: usize) -> bool {
        !self.is_retired(user, end) && self.personal(period, user, end) >= self.rules_of(period).active_pv_min
    }

    fn is_payable(&self, period: u32, user: usize, generation: usize, end: usize) -> bool {
        let asks = self.rules_of(period).generations[generation - 1];
        self.is_active(period, user, end)
            && self.customers(period, user, end) >= self.rules_of(period).customers_min
            && self.personal(period, user, end) >= asks.own_pv_min
            && self.group(period, user, end) >= asks.group_pv_min
    }

    /// For each generation of an order: who sits there (by place in the line) and whether that one is paid. And every
    /// offer that was made: generation and user.
    #[expect(clippy::type_complexity, reason = "two lists of pairs")]
    fn seats(
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

    fn claims(&self, period: u32, end: usize) -> Vec<Line> {
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
    fn scale(&self, period: u32, end: usize, budget: u128, lines: &mut [Line]) {
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
