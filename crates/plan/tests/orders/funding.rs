//! The retail rule, the pay cut and the budget: exact sums, and nothing unfunded.

use money::Amount;
use plan::orders::OrderError;

use crate::plans::{Shop, amount};

/// Three participants, one customer of the lowest; a period with these volumes.
fn shop(changes: &str, own: u128, retail: u128) -> Shop {
    let mut shop = Shop::new(&format!("active_pv_min = \"0\"\n{changes}"), 3);
    shop.buy(3, own);
    shop.sell(3, retail);
    shop
}

#[test]
fn a_retail_share_that_is_reached_changes_nothing() {
    let mut shop = shop(
        "retail_share_min_bps = 7000\nretail_rule = \"scale\"",
        3_000,
        7_000,
    );
    let totals = shop.settle();
    assert_eq!(
        (totals.retail_volume, totals.retail_volume_min),
        (amount(7_000), amount(7_000))
    );
    assert_eq!((totals.cut_by_retail, totals.paid), (amount(0), totals.due));
}

#[test]
fn a_retail_share_that_is_just_reached_blocks_nothing() {
    let mut shop = shop(
        "retail_share_min_bps = 7000\nretail_rule = \"block\"",
        3_000,
        7_000,
    );
    let period = shop.period();
    assert_eq!(shop.orders.totals(period), None);
    let totals = shop.settle();
    assert_eq!((totals.cut_by_retail, totals.paid), (Amount::ZERO, totals.due));
    assert!(!totals.paid.is_zero());
    assert_eq!(shop.orders.totals(period), Some(totals));
}

#[test]
fn below_the_retail_share_all_are_paid_in_proportion() {
    // 3,500 of 10,000 where 7,000 are requested: one half.
    let mut scaled = shop(
        "retail_share_min_bps = 7000\nretail_rule = \"scale\"",
        6_500,
        3_500,
    );
    let totals = scaled.settle();
    assert_eq!((totals.due, totals.paid), (amount(1_605), amount(802)));
    assert_eq!(totals.cut_by_retail, amount(803));
    let mut blocked = shop(
        "retail_share_min_bps = 7000\nretail_rule = \"block\"",
        6_500,
        3_500,
    );
    let totals = blocked.settle();
    assert_eq!((totals.paid, totals.cut_by_retail), (Amount::ZERO, totals.due));
    let mut told = shop(
        "retail_share_min_bps = 7000\nretail_rule = \"none\"",
        6_500,
        3_500,
    );
    assert_eq!(told.settle().paid, amount(1_605));
}

#[test]
fn lines_sum_to_the_totals_to_the_last_unit() {
    let changes = "retail_share_min_bps = 9000\nretail_rule = \"scale\"\npaycut = \"pro_rata\"";
    let mut shop = shop(changes, 6_667, 3_331);
    for units in [7, 13, 999, 10_001, 54_321] {
        shop.buy(2, units);
    }
    let period = shop.period();
    shop.orders.close(period).unwrap();
    let totals = shop
        .orders
        .finalize(&shop.sponsors, &shop.terms, period, amount(301))
        .unwrap();
    let sum = |of: fn(&plan::orders::Line) -> Amount| {
        Amount::sum_of(shop.orders.lines(period).map(|line| of(&line))).unwrap()
    };
    assert_eq!(sum(|line| line.claim), totals.claims);
    assert_eq!(sum(|line| line.cut_by_retail), totals.cut_by_retail);
    assert_eq!(sum(|line| line.cut_by_paycut), totals.cut_by_paycut);
    assert_eq!(
        sum(|line| line.amount),
        totals.paid.checked_add(totals.breakage).unwrap()
    );
    assert_eq!(
        (totals.budget, totals.paid, totals.breakage),
        (amount(301), amount(301), amount(0))
    );
}

#[test]
fn a_pay_cut_pays_participants_first_and_breakage_from_what_remains() {
    let mut shop = shop("paycut = \"pro_rata\"", 10_000, 1);
    let period = shop.period();
    shop.orders.close(period).unwrap();
    // Due 1,500, breakage 300.
    let totals = shop
        .orders
        .finalize(&shop.sponsors, &shop.terms, period, amount(1_600))
        .unwrap();
    assert_eq!(
        (totals.paid, totals.breakage, totals.cut_by_paycut),
        (amount(1_500), amount(100), amount(200))
    );
}

#[test]
fn without_a_pay_cut_a_budget_that_is_too_small_is_refused_and_nothing_changes() {
    let mut shop = shop("", 10_000, 1);
    let period = shop.period();
    shop.orders.close(period).unwrap();
    let before = shop.orders.clone();
    let error = shop
        .orders
        .finalize(&shop.sponsors, &shop.terms, period, amount(1_799))
        .unwrap_err();
    assert_eq!(
        error,
        OrderError::CommissionsExceedBudget {
            due: amount(1_800),
            budget: amount(1_799)
        }
    );
    assert_eq!(shop.orders, before);
    shop.orders
        .finalize(&shop.sponsors, &shop.terms, period, amount(1_800))
        .unwrap();
}

#[test]
fn a_plan_that_spends_its_whole_fund_is_covered_after_any_partial_refund() {
    // Rates 99 % of a volume of 1 % and a fund of 0.99 %: not one unit to spare.
    let changes = "pv_bps = 100\nfund_bps = 99\ngenerations_bps = [9900]\nactive_pv_min = \"0\"";
    for back in 1..10_100 {
        let mut shop = Shop::new(changes, 2);
        let order = shop.buy(2, 10_100);
        shop.refund(order, back);
        shop.settle();
    }
}
