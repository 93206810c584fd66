//! The shipped plan of orders against the list of all orders.

use std::collections::BTreeMap;

use money::Asset;
use naive::orders::{Buyer, Generation, Model, Passes, RetailRule, Rules};
use naive::ranks;
use plan::fact::ComponentFact;
use plan::{Day, Fact, compile};
use simulation::parameters::Withdrawals;

use crate::paper::{Paper, Sums};
use crate::{Replica, active, compare, number, parameters, play};

const TEXT: &str = include_str!("../../../../plans/unilevel-orders.toml");

struct Shop {
    paper: Paper,
    orders: Model,
    /// Orders by the numbers of their deposits, from 0.
    of_deposits: BTreeMap<usize, usize>,
    order_count: usize,
    /// By order, from 1: for whose rank it counts, its volume and its week.
    volumes: Vec<(u32, u128, u32)>,
    ranks: ranks::Model,
    /// What the fund got of an order in the shop.
    funded: BTreeMap<usize, i128>,
    /// Orders of payments that can still go back: until which day, and the fund's share.
    waits: BTreeMap<usize, (u32, i128)>,
    /// What the fund has of orders whose period is not finalized.
    kept: BTreeMap<usize, i128>,
    /// By order, from 1.
    periods: Vec<u32>,
    customers: BTreeMap<u32, usize>,
    /// Rewards by order and generation.
    rewards: BTreeMap<(usize, usize), usize>,
}

impl Shop {
    fn new() -> Self {
        let usdt = |amount: u128| amount * 1_000_000;
        let own = [50, 50, 100, 100, 100];
        let generations = [1000, 700, 500, 300, 200].iter().zip(own);
        let rules = Rules {
            by_month: true,
            pv_bps: 8_000,
            fund_bps: 3_000,
            hold_days: 30,
            generations: generations
                .map(|(bps, own)| Generation {
                    bps: *bps,
                    own_pv_min: usdt(own),
                    group_pv_min: 0,
                })
                .collect(),
            active_pv_min: usdt(50),
            customers_count: false,
            customers_min: 2,
            retail_share_min_bps: 3_333,
            passes: Passes::Inactive,
            retail_rule: RetailRule::Scale,
            paycut: true,
        };
        Self {
            paper: Paper::new(2, true),
            orders: Model::new(rules),
            of_deposits: BTreeMap::new(),
            order_count: 0,
            volumes: Vec::new(),
            ranks: ranks::Model::new(ranks::Terms {
                window: Some(4),
                bonus_weeks: 52,
                queue: true,
                hold_days: 30,
                ladder: vec![
                    rank(usdt(1_000), usdt(500), usdt(50), usdt(10)),
                    rank(usdt(5_000), usdt(2_500), usdt(100), usdt(40)),
                ],
            }),
            funded: BTreeMap::new(),
            waits: BTreeMap::new(),
            kept: BTreeMap::new(),
            periods: Vec::new(),
            customers: BTreeMap::new(),
            rewards: BTreeMap::new(),
        }
    }

    /// A payment is an order of today.
    fn paid(&mut self, deposit: u32, user: usize, amount: i128, day: u32) {
        let today = Day::new(self.paper.ended + 1);
        let units = u128::try_from(amount).unwrap();
        let (period, _, volume, fund) = self
            .orders
            .place(Buyer::User(user + 1), units, None, today)
            .unwrap();
        self.order_count += 1;
        self.rank_by(u32::try_from(user + 1).unwrap(), volume, today);
        self.of_deposits
            .insert(usize::try_from(deposit).unwrap() - 1, self.order_count);
        let fund = i128::try_from(fund).unwrap();
        self.periods.push(period);
        self.waits.insert(self.order_count, (day, fund));
        self.paper.take(user, amount, day, vec![(0, fund)]);
    }

    fn rank_by(&mut self, user: u32, volume: u128, day: Day) {
        let week = day.week().get();
        self.ranks.add(user, volume, week);
        self.volumes.push((user, volume, week));
    }

    /// Takes back what an order caused; the fund's part of it. Orders go back as a whole.
    fn goes_back(&mut self, order: usize, amount: i128) -> i128 {
        let (user, volume, week) = self.volumes[order - 1];
        self.ranks.remove(user, volume, week);
        let refund = self
            .orders
            .refund(order, u128::try_from(amount).unwrap())
            .unwrap();
        for (generation, to, cause, amount) in refund.clawbacks {
            let amount = i128::try_from(amount).unwrap();
            match to {
                Some(_) => self.paper.reverse(self.rewards[&(order, generation)], amount),
                None => {
                    *self.paper.sums.breakage.get_mut(cause).unwrap() -= amount;
                    self.paper.sums.funds[0] += amount;
                }
            }
        }
        i128::try_from(refund.fund).unwrap()
    }

    /// What no period has for its commissions.
    fn free(&self) -> i128 {
        self.paper.sums.funds[0] - self.kept.values().sum::<i128>()
    }

    fn finalized(&mut self, period: u32) {
        let periods = &self.periods;
        assert!(self.waits.keys().all(|order| periods[order - 1] != period));
        self.kept.retain(|order, _| periods[order - 1] != period);
        let budget = u128::try_from(self.free()).unwrap();
        self.orders.finalize(period, budget).unwrap();
        for line in self.orders.lines(period) {
            let amount = i128::try_from(line.amount).unwrap();
            match line.to {
                _ if amount == 0 => {}
                Some(user) => {
                    let reward = self.paper.grant(user - 1, 0, amount, None);
                    self.rewards.insert((line.order, line.generation), reward);
                }
                None => {
                    self.paper.sums.funds[0] -= amount;
                    *self.paper.sums.breakage.entry(line.cause.to_owned()).or_default() += amount;
                }
            }
        }
    }

    fn component(&mut self, fact: &ComponentFact) {
        match *fact {
            ComponentFact::DayEnded { day } => {
                self.paper.end_day(day.get());
                if day.ends_week() {
                    // Nothing ever comes into the fund for ranks.
                    self.ranks.close(day.week().get(), 0);
                }
                if day.ends_month() {
                    self.orders.close(day.month().get()).unwrap();
                }
            }
            ComponentFact::OrderPlaced {
                user,
                customer: Some(customer),
                amount,
                day,
                ..
            } => {
                let known = self.customers.len() + 1;
                let server = usize::try_from(user.get()).unwrap();
                let customer = *self.customers.entry(customer).or_insert_with(|| {
                    self.orders.serve(server);
                    known
                });
                let units = amount.base_units();
                let (period, _, volume, fund) = self
                    .orders
                    .place(Buyer::Customer(customer), units, None, day)
                    .unwrap();
                self.order_count += 1;
                self.rank_by(user.get(), volume, day);
                let fund = i128::try_from(fund).unwrap().min(self.paper.sums.unallocated);
                self.paper.allocated(0, fund);
                self.funded.insert(self.order_count, fund);
                self.periods.push(period);
                self.kept.insert(self.order_count, fund);
            }
            ComponentFact::OrderRefunded { order, amount } => {
                let order = usize::try_from(order).unwrap();
                let given = self.goes_back(order, number(amount));
                let kept = self.kept.remove(&order);
                let back = given.min(self.funded[&order]).min(self.free());
                if let Some(kept) = kept {
                    self.kept.insert(order, kept - back);
                }
                self.paper.sums.funds[0] -= back;
                self.paper.sums.unallocated += back;
            }
            ComponentFact::PeriodFinalized { period } => self.finalized(period),
            ComponentFact::PeriodReleased { period } => {
                let today = Day::new(self.paper.ended + 1);
                let matures = self.orders.release(period, today).unwrap();
                for line in self.orders.lines(period) {
                    if let Some(reward) = self.rewards.get(&(line.order, line.generation)) {
                        self.paper.set_due(*reward, matures.get());
                    }
                }
            }
            ComponentFact::WithdrawalRequested { user, amount } => {
                let user = usize::try_from(user.get()).unwrap() - 1;
                self.paper.withdraw(user, number(amount), 100);
            }
            ref other => panic!("{other:?} is not of a shop"),
        }
    }
}

impl Replica for Shop {
    fn follow(&mut self, fact: &Fact) {
        match fact {
            Fact::Registered {
                user,
                sponsor,
                deposit,
                amount,
                day,
            } => {
                self.orders
                    .join(sponsor.map(|sponsor| usize::try_from(sponsor.get()).unwrap()));
                self.ranks.join(sponsor.map(plan::UserId::get));
                let user = usize::try_from(user.get()).unwrap() - 1;
                self.paid(deposit.get(), user, number(*amount), day.get());
            }
            Fact::RetoppedUp {
                user,
                deposit,
                amount,
                day,
            } => {
                let user = usize::try_from(user.get()).unwrap() - 1;
                self.paid(deposit.get(), user, number(*amount), day.get());
            }
            Fact::Refunded { deposit, .. } => {
                let deposit = usize::try_from(deposit.get()).unwrap() - 1;
                let (user, amount, is_registration) = self.paper.refund(deposit);
                self.waits.remove(&self.of_deposits[&deposit]);
                self.goes_back(self.of_deposits[&deposit], amount);
                if is_registration {
                    self.paper.people[user].is_gone = true;
                    self.orders.retire(user + 1);
                }
            }
            Fact::EscrowMatured { through, amount } => {
                self.paper.mature(through.get(), number(*amount));
                let (ripe, waits) = std::mem::take(&mut self.waits)
                    .into_iter()
                    .partition(|(_, (until, _))| *until <= through.get());
                self.waits = waits;
                let ripe: BTreeMap<usize, (u32, i128)> = ripe;
                self.kept
                    .extend(ripe.into_iter().map(|(order, (_, share))| (order, share)));
            }
            Fact::Funded { amount } => self.paper.funded(number(*amount)),
            Fact::Component(fact) => self.component(fact),
            other => panic!("{other:?} is not of a shop"),
        }
    }

    fn sums(&self) -> Sums {
        self.paper.all()
    }

    fn waiting(&self) -> Option<Vec<(u64, i128)>> {
        let (count, amount) = self.ranks.waiting();
        Some(vec![(0, 0), (count as u64, i128::try_from(amount).unwrap())])
    }

    fn held_for_company(&self) -> Option<i128> {
        Some(self.paper.held_for_company())
    }

    fn people(&self) -> Vec<(i128, i128)> {
        self.paper.everybody()
    }
}

fn rank(main: u128, other: u128, own: u128, bonus: u128) -> ranks::Rank {
    ranks::Rank {
        main,
        other,
        own,
        group: 0,
        bonus,
    }
}

#[test]
fn a_simulated_shop_is_what_it_is_on_paper() {
    let plan = compile(TEXT).unwrap();
    for seed in 1..=3 {
        let withdrawals = if seed == 2 {
            Withdrawals::Never
        } else {
            Withdrawals::AtOnce
        };
        let mut activity = active(Asset::Usdt, "0", withdrawals);
        // Later than finalized and released.
        activity.send_back_after_days = if seed == 3 { 90 } else { 10 };
        let played = play(&plan, &parameters(100, seed, activity));
        compare(&played, &mut Shop::new());
        let last = played.report.months.last().unwrap();
        assert!(!last.breakage_total().is_zero());
        assert!(last.funds[1].waiting.count > 0);
        assert_eq!(seed == 2, last.available.is_zero());
        assert_eq!(seed == 2, !last.wallets.is_zero());
    }
}
