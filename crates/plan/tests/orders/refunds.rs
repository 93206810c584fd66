//! Refunds: volume before a period is finalized, exact clawbacks afterwards.

use money::Amount;
use plan::orders::{PeriodStatus, Taken};

use crate::plans::{Shop, amount, id, taken, user};

fn shop() -> Shop {
    let mut shop = Shop::new("", 4);
    for buyer in [4, 3, 2, 1] {
        shop.buy(buyer, 1_003);
    }
    shop
}

#[test]
fn before_a_period_is_finalized_a_refund_takes_volume_out_and_can_end_activity() {
    let mut shop = shop();
    let (refund, clawbacks) = shop.refund(id(2), 1_000);
    assert_eq!(
        (refund.volume, refund.fund, refund.company),
        (amount(1_000), amount(500), amount(500))
    );
    assert!(clawbacks.is_empty());
    shop.settle();
    // User 3 has 3 left of the 50 that are needed.
    assert_eq!(
        shop.lines(id(1)),
        ["1@2 user 2 100", "2@3 user 1 50", "3 no_upline 30"]
    );
}

#[test]
fn a_whole_refund_before_closing_leaves_the_same_commissions_as_no_order() {
    let (mut refunded, mut never) = (shop(), shop());
    let order = refunded.buy(4, 777);
    refunded.refund(order, 300);
    refunded.refund(order, 477);
    assert_eq!(refunded.settle(), never.settle());
    let (period, lines) = (never.period(), |shop: &Shop| {
        shop.orders.lines(shop.period()).collect::<Vec<_>>()
    });
    assert_eq!(lines(&refunded), lines(&never));
    assert_eq!(refunded.orders.fund_part(period), never.orders.fund_part(period));
}

#[test]
fn partial_refunds_after_finalization_sum_to_the_whole_line_and_never_to_more() {
    let mut shop = shop();
    shop.settle();
    let before: Vec<_> = shop.orders.lines_of(id(1)).map(|line| line.amount).collect();
    let (mut sums, mut fund) = (vec![Amount::ZERO; 3], Amount::ZERO);
    for part in [1, 2, 333, 333, 334] {
        let (refund, clawbacks) = shop.refund(id(1), part);
        assert_eq!(
            (refund.status, refund.volume),
            (PeriodStatus::Finalized, amount(0))
        );
        for clawback in &clawbacks {
            let sum = &mut sums[usize::from(clawback.generation) - 1];
            *sum = sum.checked_add(clawback.amount).unwrap();
        }
        let all = Amount::sum_of(clawbacks.iter().map(|clawback| clawback.amount)).unwrap();
        assert_eq!(refund.clawed_back.checked_add(refund.from_breakage).unwrap(), all);
        fund = fund.checked_add(refund.fund).unwrap();
        assert!(Amount::sum_of(sums.clone()).unwrap() <= fund);
        for (line, sum) in shop.orders.lines_of(id(1)).zip(&sums) {
            assert!(line.clawed_back == *sum && *sum <= line.amount);
        }
    }
    assert_eq!((sums, fund), (before, amount(501)));
}

#[test]
fn a_refund_after_finalization_changes_nobody_elses_line() {
    let mut shop = shop();
    shop.settle();
    let others = |shop: &Shop| {
        shop.orders
            .lines(shop.period())
            .filter(|line| line.order != id(3))
            .collect::<Vec<_>>()
    };
    let (before, totals) = (others(&shop), shop.orders.totals(shop.period()));
    // User 2's order made user 2 active.
    let (_, clawbacks) = shop.refund(id(3), 1_003);
    assert_eq!(
        clawbacks.iter().map(taken).collect::<Vec<_>>(),
        ["1 user 1 100", "2 no_upline 50", "3 no_upline 30"]
    );
    assert_eq!(
        (others(&shop), shop.orders.totals(shop.period())),
        (before, totals)
    );
}

#[test]
fn a_part_refunded_before_and_a_part_after_take_back_what_was_paid() {
    let mut shop = shop();
    shop.refund(id(1), 500);
    shop.settle();
    assert_eq!(
        shop.lines(id(1)),
        ["1@1 user 3 50", "2@2 user 2 25", "3@3 user 1 15"]
    );
    let period = shop.period();
    shop.orders.release(&shop.terms, period, shop.day).unwrap();
    let (refund, clawbacks) = shop.refund(id(1), 503);
    assert_eq!(refund.status, PeriodStatus::Released);
    assert_eq!(clawbacks[0].taken, Taken::User(user(3)));
    assert_eq!(
        clawbacks.iter().map(|line| line.amount).collect::<Vec<_>>(),
        [50, 25, 15].map(Amount::new)
    );
}

#[test]
fn more_than_the_order_or_nothing_cannot_be_refunded() {
    let mut shop = shop();
    let mut out = Vec::new();
    shop.refund(id(1), 1_000);
    let before = shop.orders.clone();
    for (order, units, code) in [
        (1, 4, "refund_above_order"),
        (1, 0, "refund_empty"),
        (9, 1, "unknown_order"),
    ] {
        let error = shop
            .orders
            .refund(id(order), amount(units), &mut out)
            .unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert_eq!((shop.orders, out.len()), (before, 0));
}
