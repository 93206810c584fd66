//! Executes the blocks of the page about orders.

use std::collections::BTreeMap;

use money::{Amount, Asset};
use plan::orders::{
    Buyer, CustomerId, Line, LineOutcome, NewOrder, OrderError, OrderId, Orders, OrdersTable, OrdersTerms,
    PeriodNumber, Taken,
};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};

use crate::plans::distance;

const PAGE: &str = include_str!("../../../../docs/plan/orders.md");

#[test]
fn the_page_about_orders_is_true() {
    let mut shop = None;
    let mut executed = 0;
    let parts: Vec<&str> = PAGE.split("```").collect();
    assert!(parts.len() % 2 == 1, "a fence is open");
    for block in parts.into_iter().skip(1).step_by(2) {
        match block.split_once('\n').unwrap() {
            ("toml", text) => shop = Some(Example::new(text)),
            ("orders", body) => {
                for line in body.lines() {
                    let (step, expected) = line.split_once("->").unwrap_or((line, ""));
                    let words: Vec<&str> = step.split_whitespace().collect();
                    let found = shop.as_mut().unwrap().step(&words);
                    let found = found.unwrap_or_else(|error| error.code().to_owned());
                    assert_eq!(found, expected.trim(), "{line}");
                    executed += 1;
                }
            }
            (other, _) => panic!("a block of {other:?}"),
        }
    }
    assert!(executed > 90, "{executed} lines were executed");
}

struct Example {
    terms: OrdersTerms,
    orders: Orders,
    sponsors: Sponsors,
    users: BTreeMap<UserId, String>,
    customers: BTreeMap<CustomerId, String>,
}

impl Example {
    fn new(text: &str) -> Self {
        let table: OrdersTable = toml::from_str(text).unwrap();
        Self {
            terms: OrdersTerms::check(&table, Asset::Inr).unwrap(),
            orders: Orders::default(),
            sponsors: Sponsors::default(),
            users: BTreeMap::new(),
            customers: BTreeMap::new(),
        }
    }

    fn step(&mut self, words: &[&str]) -> Result<String, OrderError> {
        match *words {
            ["join", name] => Ok(self.join(name, None)),
            ["join", name, "by", sponsor] => Ok(self.join(name, Some(self.user(sponsor).unwrap()))),
            ["customer", name, "of", server] => {
                let id = self.orders.serve(&self.sponsors, self.user(server).unwrap())?;
                self.customers.insert(id, name.to_owned());
                Ok(String::new())
            }
            [day, who, "buys", paid] => self.place(day, who, paid, None),
            [day, who, "buys", paid, "volume", volume] => self.place(day, who, paid, Some(amount(volume))),
            ["close", month] => self.orders.close(self.period(month)).map(|()| String::new()),
            ["finalize", month] => {
                let period = self.period(month);
                self.finalize(period, self.orders.fund_part(period))
            }
            ["finalize", month, "with", budget] => self.finalize(self.period(month), amount(budget)),
            ["release", month, "on", day] => {
                let released = self.orders.release(&self.terms, self.period(month), date(day))?;
                Ok(format!("matures {}", released.matures))
            }
            ["order", number] => {
                let lines = self.orders.lines_of(order(number));
                Ok(joined(lines.map(|line| self.line(&line))))
            }
            ["refund", number, part] => self.refund(order(number), part),
            ["statement", who, month] => self.statement(self.user(who).unwrap(), self.period(month)),
            _ => panic!("{words:?} is no step"),
        }
    }

    fn join(&mut self, name: &str, sponsor: Option<UserId>) -> String {
        let user = self.sponsors.join(sponsor).expect("the sponsor is there");
        self.users.insert(user, name.to_owned());
        String::new()
    }

    fn place(
        &mut self,
        day: &str,
        who: &str,
        paid: &str,
        volume: Option<Amount>,
    ) -> Result<String, OrderError> {
        let customer = self.customers.iter().find(|(_, name)| *name == who);
        let buyer = customer.map_or_else(
            || Buyer::Participant(self.user(who).unwrap()),
            |(id, _)| Buyer::Customer(*id),
        );
        let new = NewOrder {
            buyer,
            amount: amount(paid),
            volume,
            day: date(day),
        };
        let placed = self.orders.place(&self.sponsors, &self.terms, &new)?;
        Ok(format!(
            "{} in {}{}: volume {}, fund {}, company {}",
            placed.order.get(),
            month(placed.period),
            if placed.is_late { ", late" } else { "" },
            text(placed.volume),
            text(placed.fund),
            text(placed.company),
        ))
    }

    fn finalize(&mut self, period: PeriodNumber, budget: Amount) -> Result<String, OrderError> {
        let totals = self
            .orders
            .finalize(&self.sponsors, &self.terms, period, budget)?;
        let mut told = format!("paid {}, breakage {}", text(totals.paid), text(totals.breakage));
        for (cut, by) in [(totals.cut_by_retail, "retail"), (totals.cut_by_paycut, "paycut")] {
            if !cut.is_zero() {
                told.push_str(&format!(", cut by {by} {}", text(cut)));
            }
        }
        Ok(told)
    }

    fn refund(&mut self, id: OrderId, part: &str) -> Result<String, OrderError> {
        let part = match part {
            "rest" => self.orders.order(id).unwrap().kept(),
            part => amount(part),
        };
        let mut clawbacks = Vec::new();
        let refund = self.orders.refund(id, part, &mut clawbacks)?;
        let mut told = vec![format!(
            "fund {}, company {}",
            text(refund.fund),
            text(refund.company)
        )];
        if !refund.volume.is_zero() {
            told.push(format!("volume {}", text(refund.volume)));
        }
        told.extend(clawbacks.iter().map(|line| {
            let from = match line.taken {
                Taken::User(user) => self.name(user),
                Taken::Breakage(cause) => cause.name(),
            };
            format!("{} {from} {}", line.generation, text(line.amount))
        }));
        Ok(told.join(", "))
    }

    fn statement(&self, user: UserId, period: PeriodNumber) -> Result<String, OrderError> {
        let volumes = self.orders.volumes(&self.sponsors, &self.terms, period);
        let told = self
            .orders
            .statement(&self.sponsors, &self.terms, &volumes, (user, period))?;
        let (own, customers) = (text(told.own_volume), text(told.customer_volume));
        let mut parts = vec![
            format!("volume {own} + {customers}"),
            format!("group {}", text(told.group_volume)),
            format!("customers {}", told.customers),
            if told.is_active { "active" } else { "inactive" }.to_owned(),
        ];
        parts.extend(told.paid.iter().map(|paid| {
            let back = match text(paid.clawed_back).as_str() {
                "0" => String::new(),
                back => format!(" back {back}"),
            };
            format!("{} x{} {}{back}", paid.generation, paid.orders, text(paid.amount))
        }));
        parts.extend(told.missed.iter().map(|missed| {
            let (generation, orders) = (missed.generation, missed.orders);
            format!(
                "missed {generation} x{orders} {} {}",
                text(missed.claim),
                missed.cause.name()
            )
        }));
        Ok(parts.join(", "))
    }

    /// `1 A 8`, with `@` and the distance where it differs; `1 inactive of A 8`, `1 no_upline 8`.
    fn line(&self, line: &Line) -> String {
        let (generation, amount) = (line.generation, text(line.amount));
        let distance = distance(&self.orders, &self.sponsors, line);
        match line.outcome {
            LineOutcome::Paid(user) if distance == usize::from(generation) => {
                format!("{generation} {} {amount}", self.name(user))
            }
            LineOutcome::Paid(user) => format!("{generation} {}@{distance} {amount}", self.name(user)),
            LineOutcome::Breakage {
                cause,
                passed: Some(user),
            } => {
                format!("{generation} {} of {} {amount}", cause.name(), self.name(user))
            }
            LineOutcome::Breakage { cause, passed: None } => {
                format!("{generation} {} {amount}", cause.name())
            }
        }
    }

    fn user(&self, name: &str) -> Option<UserId> {
        let mut users = self.users.iter();
        users.find(|(_, other)| *other == name).map(|(user, _)| *user)
    }

    fn name(&self, user: UserId) -> &str {
        &self.users[&user]
    }

    fn period(&self, month: &str) -> PeriodNumber {
        self.terms.period_of(date(&format!("{month}-01")))
    }
}

fn month(period: PeriodNumber) -> String {
    format!("{}-{:02}", period.get() / 12, period.get() % 12 + 1)
}

fn date(text: &str) -> Day {
    Day::of_date(text).unwrap()
}

fn order(number: &str) -> OrderId {
    OrderId::new(number.parse().unwrap()).unwrap()
}

fn amount(text: &str) -> Amount {
    Asset::Inr.parse_amount(text).unwrap()
}

fn text(amount: Amount) -> String {
    Asset::Inr.display_amount(amount)
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
