//! Plans and small trees for the tests.

use money::{Amount, Asset};
use plan::orders::{
    Buyer, Clawback, CustomerId, Line, LineOutcome, NewOrder, OrderId, OrderRefund, Orders, OrdersTable,
    OrdersTerms, PeriodNumber, Taken,
};
use plan::sponsors::Sponsors;
use plan::{Day, UserId};

/// A plan in paise: everything is volume, half of it is the fund, three generations, standard compression.
pub(crate) const PLAN: &str = r#"
period = "month"
pv_bps = 10000
fund = "commissions"
fund_bps = 5000
generations_bps = [1000, 500, 300]
compression = "standard"
active_pv_min = "0.50"
late_orders = "open_period"
"#;

/// The table of [`PLAN`] with some lines replaced or added, as TOML.
pub(crate) fn table(changes: &str) -> OrdersTable {
    let mut table: toml::Table = PLAN.parse().unwrap();
    table.extend(changes.parse::<toml::Table>().unwrap());
    table.try_into().unwrap()
}

pub(crate) fn terms(changes: &str) -> OrdersTerms {
    OrdersTerms::check(&table(changes), Asset::Inr).unwrap()
}

pub(crate) fn amount(base_units: u128) -> Amount {
    Amount::new(base_units)
}

pub(crate) fn user(number: u32) -> UserId {
    UserId::new(number).unwrap()
}

pub(crate) fn id(number: u32) -> OrderId {
    OrderId::new(number).unwrap()
}

pub(crate) fn day(date: &str) -> Day {
    Day::of_date(date).unwrap()
}

/// Users in one line, the first on top.
pub(crate) fn chain(users: u32) -> Sponsors {
    let mut sponsors = Sponsors::default();
    for sponsor in 0..users {
        sponsors.join(UserId::new(sponsor)).unwrap();
    }
    sponsors
}

/// Orders, with shorter words for tests.
pub(crate) struct Shop {
    pub(crate) terms: OrdersTerms,
    pub(crate) orders: Orders,
    pub(crate) sponsors: Sponsors,
    pub(crate) day: Day,
}

impl Shop {
    /// A line of users under [`PLAN`] with changes, on a day of January 2026.
    pub(crate) fn new(changes: &str, users: u32) -> Self {
        Self {
            terms: terms(changes),
            orders: Orders::default(),
            sponsors: chain(users),
            day: day("2026-01-15"),
        }
    }

    pub(crate) fn period(&self) -> PeriodNumber {
        self.terms.period_of(self.day)
    }

    pub(crate) fn buy(&mut self, buyer: u32, units: u128) -> OrderId {
        self.place(Buyer::Participant(user(buyer)), units)
    }

    pub(crate) fn sell(&mut self, server: u32, units: u128) -> (CustomerId, OrderId) {
        let customer = self.orders.serve(&self.sponsors, user(server)).unwrap();
        (customer, self.place(Buyer::Customer(customer), units))
    }

    pub(crate) fn place(&mut self, buyer: Buyer, units: u128) -> OrderId {
        let new = NewOrder {
            buyer,
            amount: amount(units),
            volume: None,
            day: self.day,
        };
        self.orders
            .place(&self.sponsors, &self.terms, &new)
            .unwrap()
            .order
    }

    /// Closes and finalizes the period with what its orders put into the fund.
    pub(crate) fn settle(&mut self) -> plan::orders::Totals {
        let period = self.period();
        self.orders.close(period).unwrap();
        let budget = self.orders.fund_part(period);
        self.orders
            .finalize(&self.sponsors, &self.terms, period, budget)
            .unwrap()
    }

    /// The lines of an order in words: `1@2 user 3 100` is generation 1 at distance 2 paid to user 3.
    pub(crate) fn lines(&self, order: OrderId) -> Vec<String> {
        self.orders
            .lines_of(order)
            .map(|line| words(&line, distance(&self.orders, &self.sponsors, &line)))
            .collect()
    }

    pub(crate) fn refund(&mut self, order: OrderId, units: u128) -> (OrderRefund, Vec<Clawback>) {
        let mut clawbacks = Vec::new();
        let refund = self.orders.refund(order, amount(units), &mut clawbacks);
        (refund.unwrap(), clawbacks)
    }
}

pub(crate) fn words(line: &Line, distance: usize) -> String {
    let (generation, amount) = (line.generation, line.amount);
    match line.outcome {
        LineOutcome::Paid(user) => format!("{generation}@{distance} user {user} {amount}", user = user.get()),
        LineOutcome::Breakage {
            cause,
            passed: Some(user),
        } => {
            format!(
                "{generation}@{distance} {} of {} {amount}",
                cause.name(),
                user.get()
            )
        }
        LineOutcome::Breakage { cause, passed: None } => format!("{generation} {} {amount}", cause.name()),
    }
}

/// How far above the buyer the participant of a line stands: 1 for the first upline, 0 if there is none.
pub(crate) fn distance(orders: &Orders, sponsors: &Sponsors, line: &Line) -> usize {
    let (LineOutcome::Paid(user)
    | LineOutcome::Breakage {
        passed: Some(user), ..
    }) = line.outcome
    else {
        return 0;
    };
    let first = match orders.order(line.order).unwrap().buyer() {
        Buyer::Participant(buyer) => sponsors.of(buyer),
        Buyer::Customer(customer) => orders.server(customer),
    };
    let mut uplines = std::iter::successors(first, |upline| sponsors.of(*upline));
    1 + uplines.position(|upline| upline == user).unwrap()
}

/// A clawback in words.
pub(crate) fn taken(clawback: &Clawback) -> String {
    let (generation, amount) = (clawback.generation, clawback.amount);
    match clawback.taken {
        Taken::User(user) => format!("{generation} user {} {amount}", user.get()),
        Taken::Breakage(cause) => format!("{generation} {} {amount}", cause.name()),
    }
}
