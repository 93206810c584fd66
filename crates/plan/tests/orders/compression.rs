//! Who takes a generation under the three kinds of compression.

use money::Amount;
use plan::UserId;
use plan::orders::{Buyer, Shortfall};

use crate::plans::{Shop, amount, user};

/// 1 ← 2 ← … ← 7; user 7 orders 10,000. Users 6 and 3 are inactive; user 5 has too little volume for generation 1;
/// users 4, 2 and 1 have enough for all.
fn shop(compression: &str) -> Shop {
    let changes = format!("compression = {compression:?}\nown_pv_min = [\"1\", \"0.60\", \"1\"]");
    let mut shop = Shop::new(&changes, 7);
    shop.buy(7, 10_000);
    for (buyer, units) in [(1, 100), (2, 100), (4, 100), (5, 60)] {
        shop.buy(buyer, units);
    }
    shop.settle();
    shop
}

fn first_lines(compression: &str) -> Vec<String> {
    shop(compression).lines(crate::plans::id(1))
}

#[test]
fn without_compression_generations_are_distances() {
    assert_eq!(
        first_lines("none"),
        ["1@1 inactive of 6 1000", "2@2 user 5 500", "3@3 user 4 300"]
    );
}

#[test]
fn standard_compression_passes_over_the_inactive_only() {
    assert_eq!(
        first_lines("standard"),
        ["1@2 unqualified of 5 1000", "2@3 user 4 500", "3@5 user 2 300"]
    );
}

#[test]
fn generous_compression_passes_over_the_unqualified_too() {
    assert_eq!(
        first_lines("generous"),
        ["1@3 user 4 1000", "2@5 user 2 500", "3@6 user 1 300"]
    );
}

#[test]
fn where_the_line_ends_every_generation_is_breakage() {
    let mut shop = Shop::new("compression = \"generous\"", 3);
    let order = shop.buy(3, 10_000);
    shop.buy(1, 100);
    shop.settle();
    assert_eq!(
        shop.lines(order),
        ["1@2 user 1 1000", "2 no_upline 500", "3 no_upline 300"]
    );
}

#[test]
fn a_customer_stands_under_the_participant_who_serves_and_who_is_generation_one() {
    let mut shop = Shop::new("compression = \"none\"", 3);
    let (_, order) = shop.sell(3, 10_000);
    for buyer in 1..=3 {
        shop.buy(buyer, 100);
    }
    shop.settle();
    assert_eq!(
        shop.lines(order),
        ["1@1 user 3 1000", "2@2 user 2 500", "3@3 user 1 300"]
    );
}

#[test]
fn nobody_earns_on_the_own_order_and_the_top_has_no_upline() {
    let mut shop = Shop::new("", 1);
    let order = shop.buy(1, 10_000);
    shop.settle();
    assert_eq!(
        shop.lines(order),
        ["1 no_upline 1000", "2 no_upline 500", "3 no_upline 300"]
    );
}

#[test]
fn customers_orders_make_active_only_where_the_plan_says_so() {
    for (rule, expected) in [
        ("own", "1 no_upline 1000"),
        ("own_and_customers", "1@1 user 1 1000"),
    ] {
        let mut shop = Shop::new(&format!("personal_volume = {rule:?}"), 2);
        let order = shop.buy(2, 10_000);
        shop.sell(1, 50);
        shop.settle();
        assert_eq!(shop.lines(order)[0], expected, "{rule}");
    }
}

#[test]
fn ten_customers_are_counted_once_each_and_only_with_an_order_that_stands() {
    let mut shop = Shop::new("customers_min = 10\ncompression = \"none\"", 2);
    let order = shop.buy(2, 10_000);
    shop.buy(1, 100);
    let (customer, _) = shop.sell(1, 100);
    shop.place(Buyer::Customer(customer), 100);
    let (_, gone) = shop.sell(1, 100);
    for _ in 0..8 {
        shop.sell(1, 100);
    }
    let counted = |shop: &Shop| {
        shop.orders
            .volumes(&shop.sponsors, &shop.terms, shop.period())
            .customers(user(1))
    };
    assert_eq!(counted(&shop), 10);
    let mut enough = Shop {
        terms: shop.terms.clone(),
        orders: shop.orders.clone(),
        sponsors: shop.sponsors.clone(),
        day: shop.day,
    };
    enough.settle();
    assert_eq!(enough.lines(order)[0], "1@1 user 1 1000");
    shop.refund(gone, 100);
    assert_eq!(counted(&shop), 9);
    shop.settle();
    assert_eq!(shop.lines(order)[0], "1@1 unqualified of 1 1000");
    let volumes = shop.orders.volumes(&shop.sponsors, &shop.terms, shop.period());
    let statement = shop
        .orders
        .statement(&shop.sponsors, &shop.terms, &volumes, (user(1), shop.period()))
        .unwrap();
    let cause = Shortfall::Customers { found: 9, needed: 10 };
    assert!(
        statement.missed.iter().all(|missed| missed.cause == cause),
        "{statement:?}"
    );
}

#[test]
fn who_has_left_is_passed_over_whatever_the_volume() {
    let mut shop = Shop::new("", 3);
    let order = shop.buy(3, 10_000);
    shop.buy(2, 100);
    shop.buy(1, 100);
    let before = shop.orders.clone();
    shop.orders.retire(&shop.sponsors, user(2)).unwrap();
    shop.orders.retire(&shop.sponsors, user(2)).unwrap();
    shop.settle();
    assert_eq!(shop.lines(order)[0], "1@2 user 1 1000");
    let statement = |shop: &Shop, who: UserId| {
        let volumes = shop.orders.volumes(&shop.sponsors, &shop.terms, shop.period());
        shop.orders
            .statement(&shop.sponsors, &shop.terms, &volumes, (who, shop.period()))
            .unwrap()
    };
    assert_eq!(statement(&shop, user(2)).missed[0].cause, Shortfall::Retired);
    shop.orders = before;
    shop.settle();
    assert_eq!(shop.lines(order)[0], "1@1 user 2 1000");
}

#[test]
fn a_statement_says_what_was_paid_and_what_was_missed_and_why() {
    let shop = shop("generous");
    let volumes = shop.orders.volumes(&shop.sponsors, &shop.terms, shop.period());
    let statement = |who| {
        shop.orders
            .statement(&shop.sponsors, &shop.terms, &volumes, (user(who), shop.period()))
            .unwrap()
    };
    let four = statement(4);
    assert_eq!(
        (four.own_volume, four.group_volume),
        (amount(100), amount(10_160))
    );
    assert!(four.is_active && four.missed.is_empty());
    // Order 1 as generation 1, and user 5's order of 60, too.
    assert_eq!(
        (four.paid[0].generation, four.paid[0].orders, four.paid[0].amount),
        (1, 2, amount(1_006))
    );
    let five = statement(5);
    assert!(five.is_active && five.paid.is_empty());
    let cause = Shortfall::PersonalVolume {
        found: amount(60),
        needed: amount(100),
    };
    assert_eq!(
        (five.missed[0].generation, five.missed[0].claim),
        (1, amount(1_000))
    );
    assert_eq!(five.missed[0].cause, cause);
    let six = statement(6);
    let cause = Shortfall::Inactive {
        found: amount(0),
        needed: amount(50),
    };
    assert!(!six.is_active);
    assert_eq!((six.missed[0].claim, six.missed[0].cause), (amount(1_000), cause));
}

/// The line of the reference, without its caps: A to G above a purchase of 1,000; the volume stands for what generations ask
/// for, and F is inactive. Breakage above G: nobody.
#[test]
fn the_worked_line_of_the_reference_is_paid_physically_and_compressed() {
    let asks = "own_pv_min = [\"0\", \"0\", \"2\", \"2\", \"3\", \"3\", \"4\"]";
    let rates = "generations_bps = [1000, 500, 300, 200, 200, 100, 100]\nactive_pv_min = \"0.5\"";
    let lines = |compression: &str| {
        let mut shop = Shop::new(&format!("compression = {compression:?}\n{rates}\n{asks}"), 8);
        let order = shop.buy(8, 100_000);
        // G is user 1, A is user 7.
        for (buyer, units) in (1..=7).rev().zip([100, 50, 100, 200, 300, 0, 400]) {
            if units > 0 {
                shop.buy(buyer, units);
            }
        }
        shop.settle();
        shop.lines(order)
    };
    assert_eq!(
        lines("none"),
        [
            "1@1 user 7 10000",
            "2@2 user 6 5000",
            "3@3 unqualified of 5 3000",
            "4@4 user 4 2000",
            "5@5 user 3 2000",
            "6@6 inactive of 2 1000",
            "7@7 user 1 1000",
        ]
    );
    assert_eq!(
        lines("generous"),
        [
            "1@1 user 7 10000",
            "2@2 user 6 5000",
            "3@4 user 4 3000",
            "4@5 user 3 2000",
            "5@7 user 1 2000",
            "6 no_upline 1000",
            "7 no_upline 1000",
        ]
    );
}

/// Seven above a buyer with titles 6, 3, 0, 6, 4, 6, 6 from below; title 3 receives generation 1, title 6 all four.
#[test]
fn titles_that_open_generations_let_the_next_title_take_them() {
    let asks = "own_pv_min = [\"3\", \"4\", \"5\", \"6\"]\nactive_pv_min = \"0\"";
    let rates = "generations_bps = [1000, 500, 300, 200]\ncompression = \"generous\"";
    let mut shop = Shop::new(&format!("{rates}\n{asks}"), 8);
    let order = shop.buy(8, 10_000);
    for (buyer, title) in (1..=7).rev().zip([6, 3, 0, 6, 4, 6, 6]) {
        if title > 0 {
            shop.buy(buyer, title * 100);
        }
    }
    shop.settle();
    assert_eq!(
        shop.lines(order),
        [
            "1@1 user 7 1000",
            "2@4 user 4 500",
            "3@6 user 2 300",
            "4@7 user 1 200"
        ]
    );
}

/// User 2 serves two customers and has what the generations request, but for the group's volume.
#[test]
fn a_statement_tells_own_orders_from_those_of_the_users_customers() {
    let asks = "own_pv_min = [\"0\", \"1\", \"1\"]\ngroup_pv_min = [\"0\", \"0\", \"9\"]";
    let mut shop = Shop::new(&format!("compression = \"generous\"\n{asks}"), 6);
    for buyer in 1..=5 {
        shop.buy(buyer, 100);
    }
    shop.sell(2, 40);
    shop.sell(2, 2);
    shop.sell(3, 7);
    shop.settle();
    let volumes = shop.orders.volumes(&shop.sponsors, &shop.terms, shop.period());
    let statement = |who| {
        shop.orders
            .statement(&shop.sponsors, &shop.terms, &volumes, (user(who), shop.period()))
            .unwrap()
    };
    let two = statement(2);
    assert_eq!((two.own_volume, two.customer_volume), (amount(100), amount(42)));
    assert_eq!(
        (statement(3).customer_volume, statement(4).customer_volume),
        (amount(7), Amount::ZERO)
    );
    // Generation 3 of user 1, 2 and 3 requests 900 of group volume, and nobody has it.
    let missed: Vec<_> = two
        .missed
        .iter()
        .map(|missed| (missed.generation, missed.orders))
        .collect();
    assert_eq!(missed, [(3, 1)]);
    let cause = Shortfall::GroupVolume {
        found: two.group_volume,
        needed: amount(900),
    };
    assert_eq!((two.missed[0].cause, two.missed[0].claim), (cause, amount(3)));
}
