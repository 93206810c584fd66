//! The fund that pays commissions, while other rules draw on it and payments for orders can still go back. Nothing is kept but
//! what each order put in, and a list of everything else that moved; every sum is added up anew.

use plan::Day;

use crate::orders::{self, Buyer, Rules};

type Money = i128;

/// A fund of commissions and the shop whose orders fill it.
#[derive(Clone, Debug)]
pub struct Model {
    shop: orders::Model,
    orders: Vec<Order>,
    /// What operators put in, rewards and commissions took out, and refunds brought back.
    others: Vec<Money>,
    /// Of nobody yet.
    pub revenue: Money,
}

/// An order by its money.
#[derive(Clone, Debug)]
struct Order {
    amount: u128,
    period: u32,
    /// What is in the fund of it, or will be.
    share: Money,
    money: Shares,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shares {
    /// Can go back until the end of this day.
    Waits(u32),
    WentBack,
    There,
    /// There from the beginning, as far as there was money.
    FromShop,
}

/// Why a period is not finalized: a code, and the day that must end first.
pub type NotYet = (&'static str, Option<u32>);

fn money(amount: u128) -> Money {
    Money::try_from(amount).unwrap()
}

impl Model {
    /// Nothing yet.
    pub fn new(rules: Rules) -> Self {
        Self {
            shop: orders::Model::new(rules),
            orders: vec![],
            others: vec![],
            revenue: 0,
        }
    }

    /// Who buys and sells.
    pub fn shop(&mut self) -> &mut orders::Model {
        &mut self.shop
    }

    /// An order for their own use, of a payment that can go back until the end of a day.
    pub fn paid(&mut self, user: usize, amount: u128, today: Day, until: u32) {
        let (period, _, _, share) = self.shop.place(Buyer::User(user), amount, None, today).unwrap();
        self.orders.push(Order {
            amount,
            period,
            share: money(share),
            money: Shares::Waits(until),
        });
    }

    /// An order in the shop; revenue of nobody pays its share.
    pub fn sold(
        &mut self,
        buyer: Buyer,
        amount: u128,
        volume: Option<u128>,
        day: Day,
    ) -> Result<(), &'static str> {
        let (period, _, _, share) = self.shop.place(buyer, amount, volume, day)?;
        let share = money(share).min(self.revenue);
        self.revenue -= share;
        self.orders.push(Order {
            amount,
            period,
            share,
            money: Shares::FromShop,
        });
        Ok(())
    }

    /// The payment of an order is refunded, if it still can.
    pub fn refunded(&mut self, order: usize) {
        let found = &mut self.orders[order - 1];
        if let Shares::Waits(_) = found.money {
            found.money = Shares::WentBack;
            let amount = found.amount;
            self.shop.refund(order, amount).unwrap();
        }
    }

    /// Payments until the end of this day cannot go back any more.
    pub fn matured(&mut self, through: u32) {
        for order in &mut self.orders {
            if matches!(order.money, Shares::Waits(until) if until <= through) {
                order.money = Shares::There;
            }
        }
    }

    /// A part of an order of the shop goes back.
    pub fn returned(&mut self, order: usize, amount: u128) -> Result<(), &'static str> {
        if self.orders[order - 1].money != Shares::FromShop {
            return Err("reference_unknown");
        }
        let refund = self.shop.refund(order, amount)?;
        for (.., taken_back) in refund.clawbacks {
            self.others.push(money(taken_back));
        }
        let mut back = money(refund.fund).min(self.orders[order - 1].share);
        if self.is_finalized(self.orders[order - 1].period) {
            back = back.min(self.free());
        }
        self.orders[order - 1].share -= back;
        self.revenue += back;
        Ok(())
    }

    /// Operators put revenue of nobody into the fund.
    pub fn allocated(&mut self, amount: u128) {
        if money(amount) <= self.revenue {
            self.revenue -= money(amount);
            self.others.push(money(amount));
        }
    }

    /// Another rule wants this much of the fund: what it gets.
    pub fn drawn(&mut self, wanted: u128) -> Money {
        let granted = money(wanted).min(self.free());
        self.others.push(-granted);
        granted
    }

    /// What another rule had drawn comes back.
    pub fn gave_back(&mut self, amount: Money) {
        self.others.push(amount);
    }

    /// Finalizes a period.
    pub fn finalized(&mut self, period: u32) -> Result<(), NotYet> {
        let of_period = |order: &&Order| order.period == period;
        let own: Money = self.orders.iter().filter(of_period).map(Order::in_fund).sum();
        let budget = u128::try_from(self.free() + own).unwrap();
        let mut shop = self.shop.clone();
        let result = shop.finalize(period, budget);
        if let Err(code @ ("period_still_open" | "period_already_finalized")) = result {
            return Err((code, None));
        }
        let waits = self
            .orders
            .iter()
            .filter(of_period)
            .filter_map(|order| match order.money {
                Shares::Waits(until) => Some(until),
                Shares::WentBack | Shares::There | Shares::FromShop => None,
            });
        if let Some(until) = waits.max() {
            return Err(("orders_in_escrow", Some(until)));
        }
        result.map_err(|code| (code, None))?;
        self.shop = shop;
        let lines = self.shop.lines(period);
        self.others.extend(lines.iter().map(|line| -money(line.amount)));
        Ok(())
    }

    /// What the fund has.
    pub fn fund(&self) -> Money {
        self.orders.iter().map(Order::in_fund).sum::<Money>() + self.others.iter().sum::<Money>()
    }

    /// What is not there for the commissions of a period that is not finalized.
    pub fn free(&self) -> Money {
        let kept = self
            .orders
            .iter()
            .filter(|order| !self.is_finalized(order.period));
        self.fund() - kept.map(Order::in_fund).sum::<Money>()
    }

    fn is_finalized(&self, period: u32) -> bool {
        let mut copy = self.shop.clone();
        copy.finalize(period, u128::MAX) == Err("period_already_finalized")
    }
}

impl Order {
    fn in_fund(&self) -> Money {
        match self.money {
            Shares::There | Shares::FromShop => self.share,
            Shares::Waits(_) | Shares::WentBack => 0,
        }
    }
}
