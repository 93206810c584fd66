//! Random histories: agreement with a second implementation, and invariants after every command.

use std::collections::{BTreeMap, BTreeSet};

use money::{Amount, Asset};
use naive::orders::{self as model, Model};
use plan::Day;
use plan::orders::{
    Buyer, Clawback, CustomerId, Line, LineOutcome, NewOrder, OrderId, Orders, OrdersTable, OrdersTerms,
    PeriodNumber, PeriodStatus, Taken,
};
use plan::sponsors::Sponsors;
use proptest::prelude::*;

use crate::plans::{distance, user};

const START: u32 = 20_454; // 2026-01-01

#[derive(Clone, Debug)]
enum Step {
    Join(u32),
    Serve(u32),
    Retire(u32),
    Buy(u32, u128, Option<u16>, u32),
    Sell(u32, u128, u32),
    Refund(u32, u16),
    Close(u32),
    Finalize(u32, u16),
    Release(u32),
    Change(Box<model::Rules>),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<u32>().prop_map(Step::Join),
        2 => any::<u32>().prop_map(Step::Serve),
        1 => any::<u32>().prop_map(Step::Retire),
        8 => (any::<u32>(), 0..3_000u128, proptest::option::of(0..10_500u16), 0..100u32)
            .prop_map(|(who, units, share, day)| Step::Buy(who, units, share, day)),
        5 => (any::<u32>(), 1..3_000u128, 0..100u32).prop_map(|(who, units, day)| Step::Sell(who, units, day)),
        5 => (any::<u32>(), 0..12_000u16).prop_map(|(order, share)| Step::Refund(order, share)),
        2 => (0..100u32).prop_map(Step::Close),
        3 => (0..100u32, 5_000..12_000u16).prop_map(|(day, budget)| Step::Finalize(day, budget)),
        1 => (0..100u32).prop_map(Step::Release),
        1 => any_rules().prop_map(|rules| Step::Change(Box::new(rules))),
    ]
}

prop_compose! {
    fn any_rules()(
        by_month: bool,
        pv_bps in prop_oneof![Just(10_000u128), 1..=10_000u128],
        fund in 0..=2_000u128,
        is_tight: bool,
        generations in proptest::collection::vec((1..=2_500u128, 0..3u128, 0..3u128), 1..=4),
        passes in prop_oneof![
            Just(model::Passes::Nobody), Just(model::Passes::Inactive), Just(model::Passes::Unpaid)
        ],
        active_pv_min in prop_oneof![Just(0u128), 1..=1_000u128],
        customers_count: bool,
        customers_min in prop_oneof![3 => Just(0usize), 1 => 1..=2usize],
        retail in prop_oneof![
            Just((0u128, model::RetailRule::Nothing)),
            (1..=10_000u128).prop_map(|share| (share, model::RetailRule::Scale)),
            (1..=6_000u128).prop_map(|share| (share, model::RetailRule::Block)),
        ],
        paycut: bool,
        hold_days in 0..40u32,
    ) -> model::Rules {
        let rates: u128 = generations.iter().map(|generation| generation.0).sum();
        let least = (rates * pv_bps).div_ceil(10_000);
        let fund_bps = match (paycut, is_tight) {
            (true, _) => fund,
            (false, true) => least,
            (false, false) => (least + fund).min(10_000),
        };
        model::Rules {
            by_month, pv_bps, fund_bps, passes, active_pv_min, customers_count, customers_min,
            generations: generations
                .into_iter()
                .map(|(bps, own, group)| model::Generation {
                    bps, own_pv_min: own * 700, group_pv_min: group * 2_500,
                })
                .collect(),
            retail_share_min_bps: retail.0,
            retail_rule: retail.1,
            paycut,
            hold_days,
        }
    }
}

/// The same rules as a table of a plan file.
fn table(rules: &model::Rules) -> OrdersTable {
    let list = |of: fn(&model::Generation) -> String| {
        let entries: Vec<_> = rules.generations.iter().map(of).collect();
        entries.join(", ")
    };
    let paise = |units: u128| format!("\"{}\"", Asset::Inr.display_amount(Amount::new(units)));
    let text = format!(
        "period = {:?}\npv_bps = {}\nfund = \"commissions\"\nfund_bps = {}\ngenerations_bps = [{}]\ncompression = {:?}\nactive_pv_min = {}\n\
         personal_volume = {:?}\nown_pv_min = [{}]\ngroup_pv_min = [{}]\ncustomers_min = {}\n\
         retail_share_min_bps = {}\nretail_rule = {:?}\nhold_days = {}\nlate_orders = \"open_period\"\n{}",
        if rules.by_month { "month" } else { "week" },
        rules.pv_bps,
        rules.fund_bps,
        list(|generation| generation.bps.to_string()),
        match rules.passes {
            model::Passes::Nobody => "none",
            model::Passes::Inactive => "standard",
            model::Passes::Unpaid => "generous",
        },
        paise(rules.active_pv_min),
        if rules.customers_count {
            "own_and_customers"
        } else {
            "own"
        },
        list(|of| format!("\"{}\"", Asset::Inr.display_amount(Amount::new(of.own_pv_min)))),
        list(|of| format!("\"{}\"", Asset::Inr.display_amount(Amount::new(of.group_pv_min)))),
        rules.customers_min,
        rules.retail_share_min_bps,
        match rules.retail_rule {
            model::RetailRule::Nothing => "none",
            model::RetailRule::Scale => "scale",
            model::RetailRule::Block => "block",
        },
        rules.hold_days,
        if rules.paycut { "paycut = \"pro_rata\"" } else { "" },
    );
    toml::from_str(&text).unwrap()
}

fn units(amount: Amount) -> u128 {
    amount.base_units()
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

/// A line in the words of the model.
fn plain(line: &Line, distance: usize) -> model::Line {
    let (to, cause, passed) = match line.outcome {
        LineOutcome::Paid(user) => (Some(user), "", None),
        LineOutcome::Breakage { cause, passed } => (None, cause.name(), passed),
    };
    model::Line {
        order: wide(line.order.get()),
        generation: usize::from(line.generation),
        distance,
        to: to.map(|user| wide(user.get())),
        cause,
        passed: passed.map(|user| wide(user.get())),
        claim: units(line.claim),
        cut_by_retail: units(line.cut_by_retail),
        cut_by_paycut: units(line.cut_by_paycut),
        amount: units(line.amount),
        clawed_back: units(line.clawed_back),
    }
}

fn plain_clawback(clawback: &Clawback) -> (usize, Option<usize>, &'static str, u128) {
    let (to, cause) = match clawback.taken {
        Taken::User(user) => (Some(wide(user.get())), ""),
        Taken::Breakage(cause) => (None, cause.name()),
    };
    (
        usize::from(clawback.generation),
        to,
        cause,
        units(clawback.amount),
    )
}

struct Both {
    terms: OrdersTerms,
    orders: Orders,
    sponsors: Sponsors,
    model: Model,
    customers: u32,
    by_month: bool,
    paycut: bool,
    /// Then rates may exceed what orders put into the fund.
    has_changed: bool,
    finalized_under: BTreeMap<PeriodNumber, OrdersTerms>,
    /// By order: what its lines gave back, and what the fund did.
    returned: BTreeMap<u32, (u128, u128)>,
}

impl Both {
    fn new(rules: &model::Rules) -> Self {
        let mut both = Self {
            terms: OrdersTerms::check(&table(rules), Asset::Inr).unwrap(),
            orders: Orders::default(),
            sponsors: Sponsors::default(),
            model: Model::new(rules.clone()),
            customers: 0,
            by_month: rules.by_month,
            paycut: rules.paycut,
            has_changed: false,
            finalized_under: BTreeMap::new(),
            returned: BTreeMap::new(),
        };
        both.sponsors.join(None).unwrap();
        both.model.join(None);
        both
    }

    fn users(&self) -> u32 {
        u32::try_from(self.sponsors.count()).unwrap()
    }

    fn any_user(&self, seed: u32) -> u32 {
        seed % self.users() + 1
    }

    fn period(&self, day: u32) -> PeriodNumber {
        self.terms.period_of(Day::new(START + day))
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            // A third of the users stands under the last one, so that lines become long.
            Step::Join(seed) => {
                let sponsor = match seed % 9 {
                    0 => None,
                    1..=3 => Some(self.users()),
                    4.. => Some(self.any_user(seed)),
                };
                self.sponsors.join(sponsor.map(user)).unwrap();
                self.model.join(sponsor.map(wide));
            }
            Step::Serve(seed) => {
                let server = self.any_user(seed);
                self.orders.serve(&self.sponsors, user(server)).unwrap();
                self.model.serve(wide(server));
                self.customers += 1;
            }
            Step::Retire(seed) => {
                let who = self.any_user(seed);
                self.orders.retire(&self.sponsors, user(who)).unwrap();
                self.model.retire(wide(who));
            }
            Step::Buy(seed, amount, share, day) => {
                let who = self.any_user(seed);
                let volume = share.map(|share| amount * u128::from(share) / 10_000);
                let buyers = (Buyer::Participant(user(who)), model::Buyer::User(wide(who)));
                self.place(buyers, amount, volume, day);
            }
            Step::Sell(seed, amount, day) => {
                if self.customers > 0 {
                    let who = seed % self.customers + 1;
                    let customer = Buyer::Customer(CustomerId::new(who).unwrap());
                    self.place((customer, model::Buyer::Customer(wide(who))), amount, None, day);
                }
            }
            Step::Change(ref rules) => {
                // Periods are counted by their length, so a version that changes it cannot follow.
                let by_month = self.by_month;
                let rules = model::Rules {
                    by_month,
                    ..(**rules).clone()
                };
                self.terms = OrdersTerms::check(&table(&rules), Asset::Inr).unwrap();
                self.paycut = rules.paycut;
                self.has_changed = true;
                self.model.change(rules);
            }
            Step::Refund(seed, share) => self.refund(seed, share),
            Step::Close(day) => {
                let period = self.period(day);
                let done = self.orders.close(period).map_err(|error| error.code());
                assert_eq!(done, self.model.close(period.get()));
            }
            Step::Finalize(day, share) => self.finalize(self.period(day), share),
            Step::Release(day) => {
                let (period, day) = (self.period(day), Day::new(START + day));
                let done = self.orders.release(&self.terms, period, day);
                let done = done
                    .map(|released| released.matures)
                    .map_err(|error| error.code());
                assert_eq!(done, self.model.release(period.get(), day));
            }
        }
    }

    fn place(&mut self, buyers: (Buyer, model::Buyer), amount: u128, volume: Option<u128>, day: u32) {
        let day = Day::new(START + day);
        let new = NewOrder {
            buyer: buyers.0,
            amount: Amount::new(amount),
            volume: volume.map(Amount::new),
            day,
        };
        let placed = self.orders.place(&self.sponsors, &self.terms, &new);
        if let Ok(placed) = placed {
            assert_eq!(placed.fund.checked_add(placed.company), Ok(new.amount));
        }
        let placed = placed.map(|placed| {
            (
                placed.period.get(),
                placed.is_late,
                units(placed.volume),
                units(placed.fund),
            )
        });
        assert_eq!(
            placed.map_err(|error| error.code()),
            self.model.place(buyers.1, amount, volume, day)
        );
    }

    fn refund(&mut self, seed: u32, share: u16) {
        let count = u32::try_from(self.orders.count()).unwrap();
        let number = seed % (count + 1) + 1;
        let id = OrderId::new(number).unwrap();
        // Shares above the whole stand for all that is left.
        let amount = self.orders.order(id).map_or(1, |order| match share {
            0..10_000 => units(order.amount()) * u128::from(share) / 10_000,
            10_000.. => units(order.kept()),
        });
        let (before, mut clawbacks) = (self.orders.clone(), Vec::new());
        let done = self.orders.refund(id, Amount::new(amount), &mut clawbacks);
        let expected = self.model.refund(wide(number), amount);
        let Ok(refund) = done else {
            assert_eq!(self.orders, before);
            assert_eq!(done.unwrap_err().code(), expected.unwrap_err());
            return;
        };
        let found = model::Refund {
            volume: units(refund.volume),
            fund: units(refund.fund),
            company: units(refund.company),
            clawbacks: clawbacks.iter().map(plain_clawback).collect(),
        };
        assert_eq!(Ok(found), expected);
        let taken = Amount::sum_of(clawbacks.iter().map(|clawback| clawback.amount)).unwrap();
        assert_eq!(refund.clawed_back.checked_add(refund.from_breakage), Ok(taken));
        assert_eq!(refund.fund.checked_add(refund.company), Ok(Amount::new(amount)));
        // Over all refunds of the order since its period was finalized; one refund alone may round the other way.
        let sums = self.returned.entry(number).or_default();
        if refund.status == PeriodStatus::Finalized || refund.status == PeriodStatus::Released {
            *sums = (sums.0 + units(taken), sums.1 + units(refund.fund));
            assert!(self.paycut || self.has_changed || sums.0 <= sums.1);
        }
    }

    /// The budget is a share of the fund; without a pay cut the whole fund must do.
    fn finalize(&mut self, period: PeriodNumber, share: u16) {
        let fund = units(self.orders.fund_part(period));
        let budget = if self.paycut {
            fund * u128::from(share) / 10_000
        } else {
            fund
        };
        if !self.paycut && share < 6_000 && fund > 0 {
            let done = self
                .orders
                .finalize(&self.sponsors, &self.terms, period, Amount::ZERO);
            assert_eq!(
                done.map(drop).map_err(|error| error.code()),
                self.model.finalize(period.get(), 0)
            );
        }
        let before = self.orders.clone();
        let done = self
            .orders
            .finalize(&self.sponsors, &self.terms, period, Amount::new(budget));
        let expected = self.model.finalize(period.get(), budget);
        let Ok(totals) = done else {
            assert_eq!(self.orders, before);
            let code = done.unwrap_err().code();
            assert!(
                self.has_changed || code != "commissions_exceed_budget",
                "the fund covers every plan without a pay cut"
            );
            assert_eq!(code, expected.unwrap_err());
            return;
        };
        assert_eq!(expected, Ok(()));
        self.finalized_under.insert(period, self.terms.clone());
        let granted = totals.paid.checked_add(totals.breakage).unwrap();
        let cut = totals.cut_by_retail.checked_add(totals.cut_by_paycut).unwrap();
        assert_eq!(granted.checked_add(cut), Ok(totals.claims));
        assert!(granted <= totals.budget);
        let lines: Vec<Line> = self.orders.lines(period).collect();
        let sum = |of: fn(&Line) -> Amount| Amount::sum_of(lines.iter().map(of)).unwrap();
        assert_eq!(sum(|line| line.amount), granted);
        assert_eq!(sum(|line| line.claim), totals.claims);
        assert_eq!(sum(|line| line.cut_by_retail), totals.cut_by_retail);
        assert_eq!(sum(|line| line.cut_by_paycut), totals.cut_by_paycut);
    }

    fn compare(&self) {
        let periods: BTreeSet<_> = (0..100).map(|day| self.period(day)).collect();
        for period in periods {
            let lines = self.orders.lines(period);
            let lines: Vec<_> = lines
                .map(|line| plain(&line, distance(&self.orders, &self.sponsors, &line)))
                .collect();
            assert_eq!(lines, self.model.lines(period.get()));
            let terms = self.finalized_under.get(&period).unwrap_or(&self.terms);
            let volumes = self.orders.volumes(&self.sponsors, terms, period);
            for who in 1..=self.users() {
                let found = (
                    units(volumes.personal(user(who))),
                    units(volumes.group(user(who))),
                    wide(volumes.customers(user(who))),
                );
                assert_eq!(found, self.model.volumes(period.get(), wide(who)));
                self.compare_statement(&volumes, period, who, &lines);
            }
        }
    }

    fn compare_statement(
        &self,
        volumes: &plan::orders::Volumes,
        period: PeriodNumber,
        who: u32,
        lines: &[model::Line],
    ) {
        let terms = self.finalized_under.get(&period).unwrap_or(&self.terms);
        let statement = self
            .orders
            .statement(&self.sponsors, terms, volumes, (user(who), period))
            .unwrap();
        for generation in 1..=4u8 {
            let paid = lines.iter().filter(|line| line.to == Some(wide(who)));
            let paid = paid.filter(|line| line.generation == usize::from(generation));
            let expected = paid.fold((0, 0, 0), |(orders, amount, back), line| {
                (orders + 1, amount + line.amount, back + line.clawed_back)
            });
            let found = statement.paid.iter().find(|paid| paid.generation == generation);
            let found = found.map_or((0, 0, 0), |paid| {
                (paid.orders, units(paid.amount), units(paid.clawed_back))
            });
            assert_eq!(found, expected);
            let missed = self.model.missed(period.get(), wide(who)).into_iter();
            let missed = missed.filter(|missed| missed.0 == usize::from(generation));
            let expected = missed.fold((0, 0), |(orders, claim), missed| (orders + 1, claim + missed.2));
            let found = statement
                .missed
                .iter()
                .filter(|missed| missed.generation == generation);
            let found = found.fold((0, 0), |(orders, claim), missed| {
                (orders + missed.orders, claim + units(missed.claim))
            });
            assert_eq!(found, expected, "user {who} generation {generation}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn both_implementations_agree(rules in any_rules(), steps in proptest::collection::vec(any_step(), 1..120)) {
        let mut both = Both::new(&rules);
        for step in &steps {
            both.apply(step);
        }
        for day in (0..100).step_by(7) {
            both.apply(&Step::Close(day));
        }
        for day in (0..100).step_by(7) {
            both.apply(&Step::Finalize(day, 9_000));
        }
        both.compare();
        for order in 0..8 {
            both.apply(&Step::Refund(order, 3_333));
            both.apply(&Step::Refund(order, 12_000));
        }
        both.compare();
    }
}
