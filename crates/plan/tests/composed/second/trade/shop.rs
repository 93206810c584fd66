//! Orders, commission periods, and ranks by volume.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use money::Amount;
use naive::orders::{Buyer, Model};
use naive::ranks::Model as Ranks;
use naive::told::who;
use plan::{Day, Report};

use super::{Page, Paid};
use crate::second::Share;
use crate::second::desk::{Desk, Due};

#[derive(Debug)]
pub(in crate::second) struct Shop {
    model: Model,
    ranks: Ranks,
    by_month: bool,
    fund: usize,
    rank_fund: usize,
    rank_hold: u32,
    orders: Vec<Order>,
    /// Reference, and who serves.
    customers: Vec<(B256, usize)>,
    /// By payment, until it cannot go back.
    by_payment: BTreeMap<usize, usize>,
    /// By order and generation.
    rewards: BTreeMap<(usize, usize), usize>,
    /// By user and week: the reward, what its rank justifies, and what stands of it.
    bonuses: BTreeMap<(u32, u32), (usize, u128, u128)>,
}

#[derive(Debug)]
struct Order {
    reference: Option<B256>,
    user: usize,
    amount: u128,
    refunded: u128,
    whole_volume: u128,
    volume: u128,
    week: u32,
    period: u32,
    /// What the fund has of it, or will have.
    share: u128,
}

impl Shop {
    pub(super) fn new(page: &Page) -> Self {
        Self {
            model: Model::new(page.orders()),
            ranks: Ranks::new(page.ranks()),
            by_month: page.orders().by_month,
            fund: page.fund_at("orders.fund").unwrap(),
            rank_fund: page.fund_at("ranks.fund").unwrap(),
            rank_hold: page.ranks().hold_days,
            orders: Vec::new(),
            customers: Vec::new(),
            by_payment: BTreeMap::new(),
            rewards: BTreeMap::new(),
            bonuses: BTreeMap::new(),
        }
    }

    pub(super) fn waiting(&self, fund: usize) -> (u64, u128) {
        let (count, amount) = self.ranks.waiting();
        if fund == self.rank_fund {
            (count as u64, amount)
        } else {
            (0, 0)
        }
    }

    pub(super) fn follow(&mut self, page: &Page) {
        self.model.change(page.orders());
        self.ranks.change(page.ranks());
    }

    pub(super) fn join(&mut self, sponsor: Option<usize>) {
        self.model.join(sponsor.map(|sponsor| sponsor + 1));
        self.ranks
            .join(sponsor.map(|sponsor| u32::try_from(sponsor + 1).unwrap()));
    }

    pub(super) fn retire(&mut self, user: usize) {
        self.model.retire(user + 1);
    }

    fn place(
        &mut self,
        (buyer, user): (Buyer, usize),
        amount: u128,
        volume: Option<u128>,
        (day, reference): (Day, Option<B256>),
    ) -> Option<u128> {
        let (period, _, volume, share) = self.model.place(buyer, amount, volume, day).ok()?;
        let week = day.week().get();
        self.ranks.add(rank_user(user), volume, week);
        self.orders.push(Order {
            reference,
            user,
            amount,
            refunded: 0,
            whole_volume: volume,
            volume,
            week,
            period,
            share,
        });
        Some(share)
    }

    pub(super) fn divide(&mut self, (user, payment): Paid, amount: u128, today: Day) -> Option<Vec<Share>> {
        let share = self.place((Buyer::User(user + 1), user), amount, None, (today, None))?;
        self.by_payment.insert(payment, self.orders.len());
        let part = |rule: &str, fund, amount| Share {
            rule: format!("orders {rule}"),
            fund,
            amount,
        };
        Some(vec![
            part("allocated", Some(self.fund), share),
            part("company_share", None, amount - share),
        ])
    }

    /// A payment of an order went back.
    pub(super) fn refunded(&mut self, desk: &mut Desk, payment: usize) {
        if let Some(order) = self.by_payment.remove(&payment) {
            let known = &self.orders[order - 1];
            self.take_back(desk, order, known.amount - known.refunded);
        }
    }

    pub(super) fn matured(&mut self, desk: &mut Desk, payment: usize) {
        if let Some(order) = self.by_payment.remove(&payment) {
            let order = &self.orders[order - 1];
            *desk.reserved.entry(order.period).or_default() += order.share;
        }
    }

    /// A part of an order goes back, and with it commissions and bonuses; what its fund gives back, if it may go back.
    fn take_back(&mut self, desk: &mut Desk, number: usize, amount: u128) -> Option<u128> {
        let refund = self.model.refund(number, amount).ok()?;
        for (generation, to, _, amount) in refund.clawbacks {
            if to.is_none() {
                desk.funds[self.fund] += amount;
                desk.tell("orders reversed returned -", amount);
            } else if let Some(reward) = self.rewards.get(&(number, generation)) {
                desk.reverse(*reward, amount);
            }
        }
        let order = &mut self.orders[number - 1];
        order.refunded += amount;
        let volume = order.whole_volume * (order.amount - order.refunded) / order.amount;
        let user = rank_user(order.user);
        self.ranks.remove(user, order.volume, order.week);
        self.ranks.add(user, volume, order.week);
        order.volume = volume;
        for line in self.ranks.take_back() {
            if let Some((reward, justified, stands)) = self.bonuses.get_mut(&(line.user, line.week)) {
                *justified -= line.amount;
                let kept = (*stands).min(*justified);
                desk.reverse(*reward, *stands - kept);
                *stands = kept;
            }
        }
        Some(refund.fund)
    }

    pub(super) fn report(&mut self, desk: &mut Desk, report: &Report, is_open: impl Fn(&usize) -> bool) {
        match *report {
            Report::OrderPlaced {
                order_ref,
                wallet,
                customer,
                amount,
                volume,
                day,
            } => {
                let user = desk.find(wallet).filter(|user| desk.is_active(*user));
                if let Some(user) = user {
                    let sold = (amount.base_units(), volume.map(Amount::base_units));
                    self.sold(desk, (user, customer), sold, (day, order_ref));
                }
            }
            Report::OrderRefunded { order_ref, amount } => {
                let mut orders = self.orders.iter();
                if let Some(place) = orders.position(|order| order.reference == Some(order_ref)) {
                    self.returned(desk, place + 1, amount.base_units());
                }
            }
            Report::PeriodFinalized { period } => {
                let orders = self.by_payment.iter().filter(|(payment, _)| is_open(payment));
                let waits = orders
                    .map(|(_, order)| self.orders[*order - 1].period)
                    .any(|other| other == period);
                if !waits {
                    self.finalized(desk, period);
                }
            }
            Report::PeriodReleased { period } => {
                if let Ok(day) = self.model.release(period, Day::new(desk.today())) {
                    for ((order, _), reward) in &self.rewards {
                        if self.orders[*order - 1].period == period {
                            desk.schedule(*reward, day.get());
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn sold(
        &mut self,
        desk: &mut Desk,
        (user, customer): (usize, Option<B256>),
        (amount, volume): (u128, Option<u128>),
        (day, reference): (Day, B256),
    ) {
        // An order that is nothing does not make a customer.
        let mut probe = self.model.clone();
        if probe.place(Buyer::User(user + 1), amount, volume, day).is_err() {
            return;
        }
        let buyer = match customer {
            None => (Buyer::User(user + 1), user),
            Some(customer) => {
                let known = self.customers.iter().position(|(known, _)| *known == customer);
                let place = known.unwrap_or_else(|| {
                    self.model.serve(user + 1);
                    self.customers.push((customer, user));
                    self.customers.len() - 1
                });
                (Buyer::Customer(place + 1), self.customers[place].1)
            }
        };
        let share = self.place(buyer, amount, volume, (day, Some(reference))).unwrap();
        let funded = share.min(desk.funds[0]);
        desk.funds[0] -= funded;
        desk.funds[self.fund] += funded;
        desk.tell("orders allocated moved -", funded);
        let order = self.orders.last_mut().unwrap();
        order.share = funded;
        *desk.reserved.entry(order.period).or_default() += funded;
    }

    fn returned(&mut self, desk: &mut Desk, number: usize, amount: u128) {
        let Some(given) = self.take_back(desk, number, amount) else {
            return;
        };
        let order = &mut self.orders[number - 1];
        let own = desk.reserved.get_mut(&order.period).map(std::mem::take);
        let back = given.min(order.share).min(desk.free(self.fund));
        if let Some(own) = own {
            desk.reserved.insert(order.period, own.saturating_sub(back));
        }
        order.share -= back;
        desk.funds[self.fund] -= back;
        desk.funds[0] += back;
        desk.tell("orders reversed returned -", back);
    }

    fn finalized(&mut self, desk: &mut Desk, period: u32) {
        let own = desk.reserved.get(&period).copied().unwrap_or(0);
        if self.model.finalize(period, own + desk.reach(self.fund)).is_err() {
            return;
        }
        desk.reserved.remove(&period);
        let lines = self.model.lines(period);
        desk.fill(self.fund, lines.iter().map(|line| line.amount).sum());
        for line in lines {
            let rule = format!("orders generation {}", line.generation);
            if let Some(user) = line.to {
                let reward = desk.grant(Due {
                    user: user - 1,
                    rule,
                    fund: self.fund,
                    amount: line.amount,
                    on: None,
                });
                self.rewards
                    .extend(reward.map(|reward| ((line.order, line.generation), reward)));
            } else {
                let passed = line.passed.map(|user| desk.wallets[user - 1]);
                desk.funds[self.fund] -= line.amount;
                let what = format!("{rule} not_paid:{} {}", line.cause, who(passed));
                desk.tell(&what, line.amount);
            }
        }
    }

    pub(super) fn end_day(&mut self, desk: &mut Desk, day: Day) {
        for bonus in self.ranks.mature(day.get()) {
            self.bonuses.remove(&(bonus.user, bonus.week));
        }
        if day.ends_week() {
            self.close_week(desk, day);
        }
        let (ends, period) = match self.by_month {
            true => (day.ends_month(), day.month().get()),
            false => (day.ends_week(), day.week().get()),
        };
        if ends {
            let mut earlier: Vec<u32> = self.orders.iter().map(|order| order.period).collect();
            earlier.retain(|other| *other < period);
            earlier.sort_unstable();
            for period in earlier.into_iter().chain([period]) {
                self.model.close(period).ok();
            }
        }
    }

    fn close_week(&mut self, desk: &mut Desk, day: Day) {
        let lines = self.ranks.close(day.week().get(), desk.reach(self.rank_fund));
        for line in lines.into_iter().filter(|line| line.what == "granted") {
            let reward = desk.grant(Due {
                user: usize::try_from(line.user - 1).unwrap(),
                rule: format!("ranks rank {}", line.rank),
                fund: self.rank_fund,
                amount: line.amount,
                on: Some(day.get() + self.rank_hold),
            });
            if let Some(reward) = reward {
                let held = (reward, line.amount, desk.granted(reward));
                self.bonuses.insert((line.user, line.week), held);
            }
        }
    }
}

/// Users of ranks are numbers from 1.
fn rank_user(user: usize) -> u32 {
    u32::try_from(user + 1).unwrap()
}
