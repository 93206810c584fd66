//! Orders, volumes and commission periods, from the list of everything that was ever commanded: nothing is kept but
//! that list, and every question is answered by reading it from its start.

mod claims;
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

    /// An order: period, whether late, volume, fund's part.
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
    pub fn volumes(&self, period: u32, user: usize) -> (u128, u128, usize) {
        let end = self.finalized(period).map_or(self.events.len(), |found| found.0);
        (
            self.personal(period, user, end),
            self.group(period, user, end),
            self.customers(period, user, end),
        )
    }

    /// What a user missed in a finalized period: generation, order, claim.
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
        self.events.iter().enumerate().find_map(|(at, event)| {
            if let Event::Finalized(other, budget) = event {
                (*other == period).then_some((at, *budget))
            } else {
                None
            }
        })
    }

    fn refunded(&self, order: usize, from: usize, to: usize) -> u128 {
        let events = self.events[from..to].iter();
        let amounts = events.map(|event| {
            if let Event::Refunded(other, amount) = event
                && *other == order
            {
                *amount
            } else {
                0
            }
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
        let mut events = self.events[..end].iter();
        events.any(|event| matches!(event, Event::Retired(other) if *other == user))
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
}
