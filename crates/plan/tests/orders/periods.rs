//! Periods: late orders, the order of commands, release.

use plan::orders::{Buyer, NewOrder, OrderError, PeriodNumber, PeriodStatus};

use crate::plans::{Shop, amount, day, user};

fn new_order(date: &str) -> NewOrder {
    NewOrder {
        buyer: Buyer::Participant(user(1)),
        amount: amount(100),
        volume: None,
        day: day(date),
    }
}

#[test]
fn a_late_order_counts_in_the_open_period_and_keeps_its_day() {
    let mut shop = Shop::new("", 1);
    let january = shop.period();
    shop.orders.close(january).unwrap();
    let placed = shop
        .orders
        .place(&shop.sponsors, &shop.terms, &new_order("2026-01-31"))
        .unwrap();
    assert_eq!((placed.period, placed.is_late), (january.next(), true));
    let order = *shop.orders.order(placed.order).unwrap();
    assert_eq!((order.day(), order.period()), (day("2026-01-31"), january.next()));
    let placed = shop
        .orders
        .place(&shop.sponsors, &shop.terms, &new_order("2026-02-01"))
        .unwrap();
    assert_eq!((placed.period, placed.is_late), (january.next(), false));
    // March is open beside February.
    let placed = shop
        .orders
        .place(&shop.sponsors, &shop.terms, &new_order("2026-03-01"))
        .unwrap();
    assert_eq!((placed.period, placed.is_late), (january.next().next(), false));
}

#[test]
fn weeks_end_on_sunday() {
    let shop = Shop::new("period = \"week\"", 1);
    let of = |date| shop.terms.period_of(day(date));
    assert_eq!(of("2026-11-16"), of("2026-11-22"));
    assert_eq!(of("2026-11-22").next(), of("2026-11-23"));
    assert!(shop.terms.ends_period(day("2026-11-22")) && !shop.terms.ends_period(day("2026-11-30")));
}

#[test]
fn commands_in_the_wrong_order_are_refused_and_change_nothing() {
    let mut shop = Shop::new("hold_days = 30", 2);
    shop.buy(2, 1_000);
    let (period, terms) = (shop.period(), shop.terms.clone());
    let refused = |shop: &mut Shop, code: &str, command: &dyn Fn(&mut Shop) -> Option<OrderError>| {
        let before = shop.orders.clone();
        assert_eq!(command(shop).map(|error| error.code()), Some(code));
        assert_eq!(shop.orders, before, "{code}");
    };
    let close = |of: PeriodNumber| move |shop: &mut Shop| shop.orders.close(of).err();
    let finalize = |shop: &mut Shop| {
        shop.orders
            .finalize(&shop.sponsors, &terms, period, amount(500))
            .err()
    };
    let release = |shop: &mut Shop| shop.orders.release(&terms, period, day("2026-02-05")).err();
    assert_eq!(shop.orders.status(period), PeriodStatus::Open);
    refused(&mut shop, "period_still_open", &finalize);
    refused(&mut shop, "period_not_finalized", &release);
    refused(&mut shop, "earlier_period_open", &close(period.next()));
    assert_eq!(close(period)(&mut shop), None);
    assert_eq!(shop.orders.status(period), PeriodStatus::Closed);
    refused(&mut shop, "period_already_closed", &close(period));
    refused(&mut shop, "period_not_finalized", &release);
    assert_eq!(finalize(&mut shop), None);
    refused(&mut shop, "period_already_finalized", &finalize);
    refused(&mut shop, "period_already_closed", &close(period));
    assert_eq!(shop.orders.status(period), PeriodStatus::Finalized);
    assert_eq!(
        (release(&mut shop), shop.orders.matures(period)),
        (None, Some(day("2026-03-07")))
    );
    assert_eq!(shop.orders.status(period), PeriodStatus::Released);
    refused(&mut shop, "period_already_released", &release);
    refused(&mut shop, "period_already_finalized", &finalize);
}

#[test]
fn periods_without_orders_close_with_the_next_and_can_be_finalized() {
    let mut shop = Shop::new("", 1);
    let january = shop.period();
    let march = january.next().next();
    shop.orders.close(march).unwrap();
    for period in [january, january.next(), march] {
        assert_eq!(shop.orders.status(period), PeriodStatus::Closed);
        let totals = shop
            .orders
            .finalize(&shop.sponsors, &shop.terms, period, amount(7))
            .unwrap();
        assert_eq!(
            (totals.claims, totals.budget, totals.paid),
            (amount(0), amount(7), amount(0))
        );
        assert_eq!(shop.orders.lines(period).count(), 0);
    }
}

#[test]
fn broken_orders_are_refused() {
    let mut shop = Shop::new("pv_bps = 5000", 1);
    let valid = new_order("2026-01-15");
    let customer = plan::orders::CustomerId::new(1).unwrap();
    for (code, broken) in [
        (
            "unknown_user",
            NewOrder {
                buyer: Buyer::Participant(user(2)),
                ..valid
            },
        ),
        (
            "unknown_customer",
            NewOrder {
                buyer: Buyer::Customer(customer),
                ..valid
            },
        ),
        (
            "order_empty",
            NewOrder {
                amount: amount(0),
                ..valid
            },
        ),
        (
            "amount_too_large",
            NewOrder {
                amount: amount(1 << 96),
                ..valid
            },
        ),
        (
            "volume_above_share",
            NewOrder {
                volume: Some(amount(51)),
                ..valid
            },
        ),
    ] {
        assert_eq!(
            shop.orders
                .place(&shop.sponsors, &shop.terms, &broken)
                .unwrap_err()
                .code(),
            code
        );
        assert_eq!(shop.orders.count(), 0);
    }
    assert_eq!(
        shop.orders
            .place(&shop.sponsors, &shop.terms, &valid)
            .unwrap()
            .volume,
        amount(50)
    );
    let less = NewOrder {
        volume: Some(amount(20)),
        ..valid
    };
    assert_eq!(
        shop.orders
            .place(&shop.sponsors, &shop.terms, &less)
            .unwrap()
            .volume,
        amount(20)
    );
    assert_eq!(
        shop.orders.serve(&shop.sponsors, user(9)).unwrap_err().code(),
        "unknown_user"
    );
}

#[test]
fn an_order_remembers_what_was_paid_what_it_brought_and_what_went_back() {
    let mut shop = Shop::new("pv_bps = 5000", 2);
    let order = shop.buy(2, 1_000);
    shop.refund(order, 300);
    let known = shop.orders.order(order).unwrap();
    assert_eq!((known.amount(), known.volume()), (amount(1_000), amount(500)));
    assert_eq!((known.refunded(), known.kept()), (amount(300), amount(700)));
    let period = shop.period();
    assert_eq!(period.to_string(), period.get().to_string());
}
