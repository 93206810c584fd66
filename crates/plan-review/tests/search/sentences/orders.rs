//! What is said of orders: who must buy, who else must, and what is cut.

use std::fmt::Write as _;

use naive::commissions;
use naive::orders::{Buyer, Generation, Line, Model, Passes, RetailRule, Rules};
use plan::{CompiledPlan, Day};

use super::reading::{bps, compiled, figure, for_each_history, found, gaps, list, pick, units, usdt};
use super::scaled;
use crate::numbers::Numbers;

pub(crate) const CHECKED: &[&str] = &[
    "own_purchases",
    "retail_required",
    "purchase_required",
    "paycut_expected",
    "orders_pay_no_commissions",
];

/// What thresholds of volume are drawn from, in base units.
const THRESHOLD_MAX: u128 = 4;
/// An order beside which thresholds are nothing.
const LARGE: u128 = 1_000_000_000;
/// One more than there are generations, so that the last has uplines for all of them.
const LINE: usize = 4;

struct Shop {
    rules: Rules,
    plan: CompiledPlan,
    text: String,
}

impl Shop {
    fn drawn(numbers: &mut Numbers) -> Self {
        let mut left = 10_000;
        let threshold = |numbers: &mut Numbers| pick(numbers, &[0, 0, 1, 2, 3, THRESHOLD_MAX]);
        let generations = (0..1 + numbers.below(3)).map(|_| {
            let bps = pick(numbers, &[0, 1, 500, 3_000, left]).min(left);
            left -= bps;
            Generation {
                bps,
                own_pv_min: threshold(numbers),
                group_pv_min: threshold(numbers),
            }
        });
        let generations: Vec<Generation> = generations.collect();
        let retail_rule = pick(
            numbers,
            &[RetailRule::Nothing, RetailRule::Scale, RetailRule::Block],
        );
        let rules = Rules {
            by_month: numbers.below(2) == 0,
            pv_bps: pick(numbers, &[0, 1, 5_000, 8_000, 10_000]),
            fund_bps: pick(numbers, &[0, 1, 2_000, 3_000, 10_000]),
            generations,
            passes: pick(numbers, &[Passes::Nobody, Passes::Inactive, Passes::Unpaid]),
            active_pv_min: threshold(numbers),
            customers_count: numbers.below(3) == 0,
            customers_min: numbers.below(3),
            retail_share_min_bps: match retail_rule {
                RetailRule::Nothing => 0,
                RetailRule::Scale | RetailRule::Block => pick(numbers, &[1, 3_333, 5_000, 9_000]),
            },
            retail_rule,
            paycut: true,
            hold_days: 30,
        };
        let paycut = rules.promised() > rules.fund_bps * 10_000 || numbers.below(2) == 0;
        Self::of(Rules { paycut, ..rules })
    }

    fn of(rules: Rules) -> Self {
        let text = file(&rules);
        Self {
            plan: compiled(&text),
            rules,
            text,
        }
    }
}

trait Promised {
    fn promised(&self) -> u128;
}

impl Promised for Rules {
    /// In hundred-millionths of an order.
    fn promised(&self) -> u128 {
        let rates: u128 = self.generations.iter().map(|generation| generation.bps).sum();
        rates * self.pv_bps
    }
}

fn file(rules: &Rules) -> String {
    let of_all = |ask: fn(&Generation) -> String| list(rules.generations.iter().map(ask));
    let mut text = format!(
        "name = \"drawn\"\nversion = 1\nasset = \"USDT\"\n[[funds]]\nname = \"f\"\n[orders]\nperiod = \"{}\"\npv_bps = {}\n\
         fund = \"f\"\nfund_bps = {}\ngenerations_bps = {}\nown_pv_min = {}\ngroup_pv_min = {}\ncompression = \"{}\"\n\
         active_pv_min = \"{}\"\npersonal_volume = \"{}\"\ncustomers_min = {}\nretail_share_min_bps = {}\nhold_days = {}\n\
         late_orders = \"open_period\"\n",
        if rules.by_month { "month" } else { "week" },
        rules.pv_bps,
        rules.fund_bps,
        of_all(|generation| generation.bps.to_string()),
        of_all(|generation| format!("{:?}", usdt(generation.own_pv_min))),
        of_all(|generation| format!("{:?}", usdt(generation.group_pv_min))),
        match rules.passes {
            Passes::Nobody => "none",
            Passes::Inactive => "standard",
            Passes::Unpaid => "generous",
        },
        usdt(rules.active_pv_min),
        if rules.customers_count {
            "own_and_customers"
        } else {
            "own"
        },
        rules.customers_min,
        rules.retail_share_min_bps,
        rules.hold_days,
    );
    match rules.retail_rule {
        RetailRule::Nothing => {}
        RetailRule::Scale => text.push_str("retail_rule = \"scale\"\n"),
        RetailRule::Block => text.push_str("retail_rule = \"block\"\n"),
    }
    if rules.paycut {
        writeln!(text, "paycut = \"pro_rata\"").expect("a string takes everything");
    }
    text
}

fn today() -> Day {
    Day::of_date("2026-01-15").expect("it is a date")
}

fn period(rules: &Rules) -> u32 {
    if rules.by_month {
        today().month().get()
    } else {
        today().week().get()
    }
}

/// Everyone of a line, and each with as many customers.
fn line_with_customers(model: &mut Model, customers: usize) {
    for user in 1..=LINE {
        model.join(user.checked_sub(1).filter(|above| *above > 0));
    }
    for customer in 0..LINE * customers {
        model.serve(1 + customer % LINE);
    }
}

/// What the top of a line is paid when the top's own orders bring this volume and everyone else buys as much as is wanted.
fn paid_to_top(rules: &Rules, own: u128) -> u128 {
    let mut model = Model::new(rules.clone());
    line_with_customers(&mut model, 3);
    let mut order = |buyer, amount, volume| model.place(buyer, amount, volume, today()).is_ok();
    if own > 0 && !order(Buyer::User(1), LARGE, Some(own)) {
        return 0;
    }
    for user in 2..=LINE {
        order(Buyer::User(user), LARGE, None);
    }
    for customer in 1..=3 * LINE {
        order(Buyer::Customer(customer), 10 * LARGE, None);
    }
    let lines = finalized(&mut model, rules, u128::MAX >> 40);
    lines
        .iter()
        .filter(|line| line.to == Some(1))
        .map(|line| line.amount)
        .sum()
}

fn finalized(model: &mut Model, rules: &Rules, budget: u128) -> Vec<Line> {
    model.close(period(rules)).expect("it is open");
    model.finalize(period(rules), budget).expect("it is closed");
    model.lines(period(rules))
}

/// Whoever buys less than is said is paid nothing, who buys as much can be, and where nothing is said nobody has to buy.
#[test]
fn whoever_must_buy_is_told_how_much() {
    for_each_history(|numbers| {
        let shop = Shop::drawn(numbers);
        let volumes = 0..=THRESHOLD_MAX + 1;
        let least = volumes.into_iter().find(|own| paid_to_top(&shop.rules, *own) > 0);
        let told = found(shop.plan.findings(), "purchase_required");
        let Some(least) = least else {
            // Nobody is ever paid, so nothing is bought in order to be.
            assert_eq!(told, None, "{}", shop.text);
            return;
        };
        assert_eq!(told.is_some(), least > 0, "{least} {told:?}\n{}", shop.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "A participant receives commissions only for periods in which their own orders bring at least {} USDT \
             of volume; customers' orders do not count towards this.",
        );
        assert_eq!(units(said[0]), least, "{}", shop.text);
        assert_eq!(figure(told, "own_volume_min"), least);
        assert_eq!(figure(told, "active_pv_min"), shop.rules.active_pv_min);
    });
}

/// Lines of a period in which participants and their customers buy these volumes.
fn lines_of_mixture(rules: &Rules, own: u128, retail: u128, customers: usize) -> Vec<Line> {
    let mut model = Model::new(rules.clone());
    line_with_customers(&mut model, customers);
    let people = LINE as u128;
    let amount_of = |volume: u128| (volume * 10_000).div_ceil(rules.pv_bps);
    for user in 1..=LINE {
        let volume = own / people;
        if volume > 0 {
            let placed = model.place(Buyer::User(user), amount_of(volume), Some(volume), today());
            placed.expect("it is an order");
        }
    }
    let each = retail / (people * customers.max(1) as u128);
    for customer in 1..=LINE * customers {
        if each > 0 {
            let placed = model.place(Buyer::Customer(customer), amount_of(each), Some(each), today());
            placed.expect("it is an order");
        }
    }
    finalized(&mut model, rules, u128::MAX >> 40)
}

fn claimed(lines: &[Line]) -> u128 {
    lines
        .iter()
        .filter(|line| line.to.is_some())
        .map(|line| line.claim)
        .sum()
}

fn paid(lines: &[Line]) -> u128 {
    lines
        .iter()
        .filter(|line| line.to.is_some())
        .map(|line| line.amount)
        .sum()
}

/// Volume of each ten-thousandth part of a period: everyone's own part and every customer's is whole.
const PART: u128 = 3 * LINE as u128 * 1_000_000;

#[test]
fn the_retail_share_below_which_commissions_are_not_paid_in_full_is_the_one_that_is_said() {
    for_each_history(|numbers| {
        let shop = Shop::drawn(numbers);
        let told = found(shop.plan.findings(), "retail_required");
        let own_only = found(shop.plan.findings(), "own_purchases");
        assert_ne!(told.is_some(), own_only.is_some(), "{}", shop.text);
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "Commissions are paid in full only when at least {} of the period's volume comes from retail customers; below \
             that {}. Even then up to {} of the volume can be participants' own purchases, and a retail customer cannot be \
             told from an invented one.",
        );
        let (least, own) = (bps(said[0]), bps(said[2]));
        assert_eq!(figure(told, "own_purchases_bps"), own);
        if shop.rules.promised() == 0 {
            return;
        }
        for retail in [0, least - 1, least, least + 1, 10_000] {
            let lines = lines_of_mixture(&shop.rules, (10_000 - retail) * PART, retail * PART, 3);
            let (claimed, paid) = (claimed(&lines), paid(&lines));
            if retail >= least {
                assert_eq!(paid, claimed, "{retail}: {}", shop.text);
            } else if claimed > 0 {
                let expected = match said[1] {
                    "they are reduced in proportion" => claimed * retail / least,
                    "none are paid" => 0,
                    other => panic!("{other}"),
                };
                assert_eq!(paid, expected, "{retail}: {}", shop.text);
                assert!(paid < claimed);
            }
            let in_full = retail >= least;
            assert_eq!(in_full, 10_000 - retail <= own, "{}", shop.text);
        }
    });
}

#[test]
fn without_a_retail_share_all_or_nearly_all_commissions_come_from_own_purchases() {
    for_each_history(|numbers| {
        let shop = Shop::drawn(numbers);
        let Some(told) = found(shop.plan.findings(), "own_purchases") else {
            return;
        };
        assert_eq!(figure(told, "own_purchases_bps"), 10_000);
        let customers = shop.rules.customers_min;
        assert_eq!(figure(told, "customers_min"), customers as u128);
        let all = "All commissions can come from the participants' own purchases: the plan does not require any sale to a retail customer.";
        if customers == 0 {
            assert_eq!(told.text, all);
        } else {
            let people = if customers == 1 {
                "1 retail customer".to_owned()
            } else {
                format!("{customers} retail customers")
            };
            let said = gaps(
                told,
                "Nearly all commissions can come from the participants' own purchases: a paid participant needs {}, but the plan does \
                 not require a share of the volume.",
            );
            assert_eq!(said, [people]);
        }
        if shop.rules.promised() == 0 {
            return;
        }
        let lines = lines_of_mixture(&shop.rules, LARGE * PART, PART, customers);
        let own_orders = 1..=LINE;
        let of_own = lines.iter().filter(|line| own_orders.contains(&line.order));
        let of_own: Vec<Line> = of_own.cloned().collect();
        assert!(paid(&of_own) > 0, "{}", shop.text);
        assert!(paid(&of_own) * 100 >= paid(&lines) * 99, "{}", shop.text);
        if let Some(fewer) = customers.checked_sub(1) {
            let lines = lines_of_mixture(&shop.rules, LARGE * PART, PART, fewer);
            assert_eq!(paid(&lines), 0, "{}", shop.text);
        }
    });
}

/// Lines of a period whose orders are paid into the fund, with what else is put into it.
fn lines_by_fund(rules: &Rules, amount: u128, from_outside: u128) -> Vec<Line> {
    let mut model = commissions::Model::new(rules.clone());
    let customers = rules.customers_min.max(1);
    line_with_customers(model.shop(), customers);
    model.revenue = i128::try_from(from_outside + 100 * amount).expect("it is small");
    model.allocated(from_outside);
    for customer in 1..=customers * LINE {
        let sold = model.sold(Buyer::Customer(customer), (amount / 100).max(1), None, today());
        sold.expect("it is an order");
    }
    for user in 1..=LINE {
        model.paid(user, amount, today(), today().get() + 14);
    }
    model.matured(today().get() + 14);
    // Another rule takes all that it can have.
    if from_outside == 0 {
        model.drawn(u128::MAX >> 1);
    }
    model.shop().close(period(rules)).expect("it is open");
    model.finalized(period(rules)).expect("everything matured");
    model.shop().lines(period(rules))
}

#[test]
fn commissions_are_cut_only_where_it_is_said_and_all_in_the_same_proportion() {
    for_each_history(|numbers| {
        let shop = Shop::drawn(numbers);
        let told = found(shop.plan.findings(), "paycut_expected");
        let amounts = [LARGE, 1 + numbers.below(1_000) as u128];
        for amount in amounts {
            let lines = lines_by_fund(&shop.rules, amount, 0);
            let cut: u128 = lines.iter().map(|line| line.cut_by_paycut).sum();
            assert!(told.is_some() || cut == 0, "{}", shop.text);
            let (claim, rest) = lines
                .iter()
                .filter(|line| line.to.is_some())
                .fold((0, 0), |(claim, rest), line| {
                    (claim + line.claim - line.cut_by_retail, rest + line.amount)
                });
            for line in lines.iter().filter(|line| line.to.is_some()) {
                let after_retail = line.claim - line.cut_by_retail;
                assert!(
                    (line.amount * claim).abs_diff(after_retail * rest) <= claim + rest,
                    "{}",
                    shop.text
                );
            }
        }
        let Some(told) = told else { return };
        let said = gaps(
            told,
            "The rates promise up to {} % of an order and the fund receives {} %: when more is due than the funds hold, all \
             commissions of the period are reduced in the same proportion.",
        );
        let (promised, funded) = (scaled(said[0], 6), scaled(said[1], 6));
        assert_eq!(
            (figure(told, "promised_of_100m"), figure(told, "funded_of_100m")),
            (promised, funded)
        );
        // An order of the last of a line has uplines for all generations.
        let everything = Rules {
            customers_min: 0,
            retail_rule: RetailRule::Nothing,
            ..shop.rules.clone()
        };
        let lines = lines_by_fund(&everything, 100_000_000, LARGE * LARGE);
        let of_last = lines.iter().filter(|line| line.order == 2 * LINE);
        assert_eq!(
            of_last.map(|line| line.claim).sum::<u128>(),
            promised,
            "{}",
            shop.text
        );
        let mut model = Model::new(everything.clone());
        line_with_customers(&mut model, 0);
        let placed = model.place(Buyer::User(1), 100_000_000, None, today());
        assert_eq!(placed.expect("it is an order").3, funded, "{}", shop.text);
        let lines = lines_by_fund(&everything, 100_000_000, 0);
        assert!(lines.iter().any(|line| line.cut_by_paycut > 0), "{}", shop.text);
    });
}

#[test]
fn orders_that_pay_no_commissions_alone_or_at_all_are_those_of_which_it_is_said() {
    for_each_history(|numbers| {
        let shop = Shop::drawn(numbers);
        let alone = paid(&lines_by_fund(&shop.rules, LARGE, 0));
        let filled = paid(&lines_by_fund(&shop.rules, LARGE, LARGE * LARGE));
        let told = found(shop.plan.findings(), "orders_pay_no_commissions");
        // A retail rule can keep everything back as well.
        let shares = Rules {
            retail_rule: RetailRule::Nothing,
            ..shop.rules.clone()
        };
        let without_rule = paid(&lines_by_fund(&shares, LARGE, 0));
        let Some(told) = told else {
            assert!(without_rule > 0, "{}", shop.text);
            return;
        };
        assert_eq!(alone, 0, "{}", shop.text);
        if told.text == "Orders pay no commissions: pv_bps or every rate is 0." {
            assert_eq!(filled, 0, "{}", shop.text);
        } else {
            assert_eq!(
                told.text,
                "Orders put nothing into the fund that pays commissions, because fund_bps is 0: commissions are paid only out of what \
                 else reaches that fund or the funds behind it."
            );
            let filled = paid(&lines_by_fund(&shares, LARGE, LARGE * LARGE));
            assert!(filled > 0, "{}", shop.text);
        }
    });
}
