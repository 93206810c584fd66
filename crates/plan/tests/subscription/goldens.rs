//! The worked examples of subscriptions, accruals and caps.

use ledger::BreakageCause;
use money::{Amount, Bps};
use plan::component::Terms as _;
use plan::generation::Fate;
use plan::subscription::table::{AccrualDays, MonthDivisor, NamedDivisor, WhenShort};
use plan::subscription::{BonusTerms, Coverage, NotSold, Status};
use plan::{Day, Severity};

use crate::world::{ASSET, World, allocation, bonus_table, check, day, generations, id, of, table, user};

#[test]
fn a_tier_reaches_to_just_below_the_next() {
    let terms = check(&table());
    for (amount, expected) in [
        ("49.999999", None),
        ("50", Some(600)),
        ("3000", Some(600)),
        ("3000.5", Some(600)),
        ("3000.999999", Some(600)),
        ("3001", Some(800)),
        ("5000", Some(800)),
        ("5000.999999", Some(800)),
        ("5001", Some(1_000)),
        ("1000000", Some(1_000)),
    ] {
        assert_eq!(terms.rate(of(amount)).map(Bps::get), expected, "{amount}");
    }
}

#[test]
fn two_subscriptions_have_the_tier_of_each_and_not_of_their_sum() {
    let mut world = World::new(&table());
    world.buy(1, "3000");
    world.buy(1, "3000");
    world.accrue("2026-11-23", "1000");
    assert_eq!(world.accrued(), [(1, "6".to_owned()), (2, "6".to_owned())]);
}

#[test]
fn a_thousand_at_six_percent_accrues_two_a_working_day_and_ends_after_1500_of_them() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    let (mut today, mut days, mut last) = (day("2026-11-23"), 0, Coverage::default());
    while world.subscriptions.get(id(1)).unwrap().status == Status::Active {
        last = world.accrue(&today.to_string(), "1000000");
        if today.is_working_day() {
            assert_eq!(world.accrued(), [(1, "2".to_owned())]);
            days += 1;
        } else {
            assert_eq!(last, Coverage::default());
        }
        today = today.next();
    }
    assert_eq!(days, 1_500);
    assert!(world.accruals.iter().all(|accrual| accrual.ended));
    assert_eq!(last.covered, of("2"));
    assert_eq!(world.caps.earned(user(1)), of("3000"));
    assert!(!world.subscriptions.is_active(user(1)));
    assert_eq!(world.accrue(&today.to_string(), "1000"), Coverage::default());
    // 1,500 working days are 300 weeks: 69 months less a few days.
    assert_eq!(today.get() - day("2026-11-23").get(), 7 * 300 - 2);
}

#[test]
fn the_effective_rate_is_435_basis_points_of_600() {
    let terms = check(&table());
    let effective = |nominal| terms.effective_monthly_bps(Bps::new(nominal).unwrap());
    assert_eq!([600, 800, 1_000].map(effective), [435, 580, 725]);
    let mut daily = table();
    daily.accrual_days = AccrualDays::All;
    // 6.0874 %, rounded up.
    assert_eq!(check(&daily).effective_monthly_bps(Bps::new(600).unwrap()), 609);
    let mut exact = table();
    exact.month_divisor = MonthDivisor::Named(NamedDivisor::WorkingDays);
    assert_eq!(check(&exact).effective_monthly_bps(Bps::new(600).unwrap()), 600);
}

#[test]
fn without_outside_revenue_purchases_must_grow_for_ever() {
    let terms = check(&table());
    let growth = |commissions| {
        [600, 800, 1_000].map(|nominal| {
            terms
                .breakeven_growth_bps(Bps::new(nominal).unwrap(), Bps::new(commissions).unwrap(), None)
                .unwrap()
        })
    };
    assert_eq!(growth(3_100), [620, 826, 1_032]);
    // Even with half of the commissions: 4.9 % to 8.2 %, to the nearest tenth.
    let half = growth(1_500).map(|growth| (growth + 5) / 10);
    assert_eq!((half[0], half[2]), (49, 82));
    assert_eq!(
        terms.breakeven_growth_bps(Bps::new(600).unwrap(), Bps::WHOLE, None),
        None
    );
    // Without a cap accruals never end: 4.35 % / 69 %.
    let mut endless = table();
    endless.cap_multiple = None;
    let growth = check(&endless).breakeven_growth_bps(Bps::new(600).unwrap(), Bps::new(3_100).unwrap(), None);
    assert_eq!(growth, Some(630));
}

#[test]
fn the_findings_say_so() {
    let mut fed = table();
    fed.allocations = vec![allocation("yield", 8_000)];
    let findings =
        check(&fed).findings_beside(ASSET, Some(&generations(plan::generation::Mode::Physical)), None);
    let figure = |code: &str, index: usize, name: &str| {
        let found = findings
            .iter()
            .filter(|finding| finding.code == code)
            .nth(index)
            .unwrap();
        found
            .figures
            .iter()
            .find(|(figure, _)| *figure == name)
            .unwrap()
            .1
    };
    assert_eq!(figure("effective_rate", 0, "effective_monthly_bps"), 435);
    assert_eq!(figure("breakeven_growth", 0, "growth_monthly_bps"), 620);
    assert_eq!(figure("breakeven_growth", 1, "growth_monthly_bps"), 826);
    assert_eq!(figure("breakeven_growth", 2, "growth_monthly_bps"), 1_032);
    assert!(findings[0].text.contains("4.35 %"), "{}", findings[0].text);
    assert!(findings[1].text.contains("6.2 %"), "{}", findings[1].text);
}

/// Working days alone are a reason to warn only where they accrue less than the rate says.
#[test]
fn a_rate_that_is_not_reached_is_a_warning() {
    let severity = |days, divisor| {
        let mut table = table();
        (table.accrual_days, table.month_divisor) = (days, divisor);
        let findings = check(&table).findings_beside(ASSET, None, None);
        let found = findings
            .iter()
            .find(|finding| finding.code == "effective_rate")
            .unwrap();
        (found.severity, found.text.contains("on fewer days than"))
    };
    let thirty = MonthDivisor::Days(30);
    assert_eq!(severity(AccrualDays::Working, thirty), (Severity::Warning, true));
    assert_eq!(severity(AccrualDays::All, thirty), (Severity::Info, false));
    let exact = MonthDivisor::Named(NamedDivisor::WorkingDays);
    assert_eq!(severity(AccrualDays::Working, exact), (Severity::Info, false));
    let twenty = MonthDivisor::Days(20);
    assert_eq!(severity(AccrualDays::Working, twenty), (Severity::Info, false));
}

#[test]
fn a_bonus_that_cannot_be_withdrawn_is_told_with_its_figures() {
    let terms = BonusTerms::check(&bonus_table(), ASSET).unwrap();
    let found = terms.findings(ASSET);
    assert_eq!((found.len(), found[0].code), (1, "bonus_not_withdrawable"));
    let amount = ASSET.parse_amount(&bonus_table().amount).unwrap().base_units();
    let share = u128::from(bonus_table().use_bps_max);
    let most = ASSET
        .parse_amount(bonus_table().use_max.as_ref().unwrap())
        .unwrap()
        .base_units();
    assert_eq!(
        found[0].figures,
        [("amount", amount), ("use_bps_max", share), ("use_max", most)]
    );
}

#[test]
fn subscriptions_know_their_last_day_and_whether_there_are_any() {
    let mut world = World::new(&table());
    assert!(world.subscriptions.is_empty());
    assert_eq!(world.subscriptions.last_day(), None);
    world.accrue("2026-11-23", "1000");
    assert!(world.subscriptions.is_empty());
    assert_eq!(world.subscriptions.last_day(), Some(day("2026-11-23")));
    world.buy(1, "50");
    assert!(!world.subscriptions.is_empty());
}

#[test]
fn the_largest_purchase_may_be_the_smallest_of_the_last_tier() {
    let mut table = table();
    table.amount_max = Some("5001".to_owned());
    assert_eq!(check(&table).amount_max(), Some(of("5001")));
}

#[test]
fn a_month_of_working_days_accrues_its_whole_rate() {
    let mut exact = table();
    exact.month_divisor = MonthDivisor::Named(NamedDivisor::WorkingDays);
    // November 2026 has 21 working days, December 23.
    for (first, days) in [("2026-11-01", 21), ("2026-12-01", 23)] {
        let mut world = World::new(&exact);
        world.buy(1, "4830");
        let month = day(first).month();
        let mut today = day(first);
        while today.month() == month {
            world.accrue(&today.to_string(), "1000000");
            today = today.next();
        }
        // 8 % of 4830 are 386.4, which both 21 and 23 divide.
        assert_eq!(world.caps.earned(user(1)), of("386.4"), "{days}");
        assert_eq!(check(&exact).divisor_on(day(first)), days);
    }
}

#[test]
fn a_day_accrues_once_and_a_skipped_day_never() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    assert_eq!(world.accrue("2026-11-25", "100").covered, of("2"));
    let before = world.subscriptions.clone();
    for again in ["2026-11-25", "2026-11-24", "2026-01-01"] {
        assert_eq!(world.accrue(again, "100"), Coverage::default());
        assert!(world.accruals.is_empty());
        assert_eq!(world.subscriptions, before);
    }
    assert_eq!(world.accrue("2026-11-27", "100").covered, of("2"));
    assert_eq!(world.caps.earned(user(1)), of("4"));
}

#[test]
fn a_fund_that_is_short_pays_everybody_the_same_part() {
    let mut world = World::new(&table());
    for (who, amount) in [(1, "1000"), (2, "2000"), (3, "4500")] {
        world.buy(who, amount);
    }
    // 2, 4 and 12 are wanted.
    let coverage = world.accrue("2026-11-23", "10");
    let expected = [(1, "1.111111"), (2, "2.222222"), (3, "6.666666")];
    assert_eq!(
        world.accrued(),
        expected.map(|(of, amount)| (of, amount.to_owned()))
    );
    assert_eq!(coverage.nominal, of("18"));
    assert_eq!(
        (coverage.covered, coverage.short),
        (of("9.999999"), of("8.000001"))
    );
    // What was not covered is not owed: the next day is like any other.
    assert_eq!(world.accrue("2026-11-24", "100").covered, of("18"));
}

#[test]
fn a_queue_pays_older_subscriptions_first() {
    let mut queue = table();
    queue.when_short = WhenShort::Queue;
    let mut world = World::new(&queue);
    for (who, amount) in [(3, "1000"), (2, "2000"), (1, "4500")] {
        world.buy(who, amount);
    }
    let coverage = world.accrue("2026-11-23", "5");
    assert_eq!(world.accrued(), [(1, "2".to_owned()), (2, "3".to_owned())]);
    assert_eq!((coverage.covered, coverage.short), (of("5"), of("13")));
    assert_eq!(world.caps.earned(user(1)), Amount::ZERO);
}

#[test]
fn an_empty_fund_pays_nothing_and_says_so() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    let coverage = world.accrue("2026-11-23", "0");
    assert!(world.accruals.is_empty());
    assert_eq!(
        (coverage.nominal, coverage.covered, coverage.short),
        (of("2"), of("0"), of("2"))
    );
    assert_eq!(world.subscriptions.get(id(1)).unwrap().earned, Amount::ZERO);
}

#[test]
fn accruals_and_commissions_share_one_cap_in_the_order_of_events() {
    let mut world = World::new(&table());
    world.buy(1, "500");
    // 1450 of the 1500 that user 1 may earn.
    assert_eq!(world.caps.take(user(1), of("1450")), of("1450"));
    // At midnight the subscription accrues 1, then two purchases of user 2 come.
    let coverage = world.accrue("2026-11-23", "100");
    assert_eq!((coverage.covered, coverage.capped), (of("1"), of("0")));
    world.buy(2, "1000");
    let first = &world.lines.shares[0];
    assert_eq!((first.fate, first.amount), (Fate::Paid, of("49")));
    let rest = &world.lines.shares[1];
    assert_eq!(
        (rest.fate, rest.amount),
        (Fate::Breakage(BreakageCause::Capped), of("51"))
    );
    world.buy(2, "1000");
    let first = &world.lines.shares[0];
    assert_eq!(
        (first.fate, first.amount),
        (Fate::Breakage(BreakageCause::Capped), of("100"))
    );
    // The subscription itself has accrued 1 of 1500, but its user is at the cap; that of user 2 goes on.
    let coverage = world.accrue("2026-11-24", "100");
    assert_eq!(
        (coverage.nominal, coverage.capped, coverage.covered),
        (of("5"), of("1"), of("4"))
    );
    assert_eq!(world.accrued(), [(2, "2".to_owned()), (3, "2".to_owned())]);
    assert_eq!(world.subscriptions.get(id(1)).unwrap().status, Status::Active);
}

#[test]
fn two_purchases_of_the_same_day_pay_50_and_then_nothing() {
    let mut world = World::new(&table());
    world.buy(1, "500");
    assert_eq!(world.caps.take(user(1), of("1450")), of("1450"));
    let mut paid = Vec::new();
    for _ in 0..2 {
        world.buy(2, "1000");
        let shares = world.lines.shares.iter();
        let own = shares.filter(|share| share.upline == Some(user(1)) && share.fate == Fate::Paid);
        paid.push(Amount::sum_of(own.map(|share| share.amount)).unwrap());
    }
    assert_eq!(paid, [of("50"), of("0")]);
}

#[test]
fn a_purchase_is_divided_without_loss() {
    let mut shared = table();
    shared.allocations = vec![allocation("yield", 5_000), allocation("marketing", 333)];
    let mut world = World::new(&shared);
    for (who, cash) in [(1, "50"), (2, "1234.567891"), (25, "77.777777")] {
        world.buy(who, cash);
        let lines = &world.lines;
        let shares = Amount::sum_of(lines.shares.iter().map(|share| share.amount)).unwrap();
        assert_eq!(shares, world.generations.total(of(cash)));
        let rest = of(cash).checked_sub(shares).unwrap();
        assert_eq!(lines.allocations[0], Bps::new(5_000).unwrap().floor_of(rest));
        assert_eq!(lines.allocations[1], Bps::new(333).unwrap().floor_of(rest));
        let parts = [shares, lines.allocations[0], lines.allocations[1], lines.company];
        assert_eq!(Amount::sum_of(parts).unwrap(), of(cash));
    }
    // Without generations the funds and the company share everything.
    let terms = world.terms.clone();
    terms.divide(
        None,
        of("100"),
        user(2),
        &crate::world::OneLine,
        &mut world.caps,
        &mut world.lines,
    );
    assert!(world.lines.shares.is_empty());
    assert_eq!(world.lines.allocations, [of("50"), of("3.33")]);
    assert_eq!(world.lines.company, of("46.67"));
}

#[test]
fn a_refund_takes_back_what_was_paid_in_and_all_that_accrued() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    let (subscriptions, caps) = (world.subscriptions.clone(), world.caps.clone());
    world.buy_with_bonus(2, "999", "1");
    let lines = world.lines.clone();
    world.accrue("2026-11-23", "100");
    let back = world.subscriptions.refund(id(2), &mut world.caps).unwrap();
    lines.undo(&mut world.caps);
    assert_eq!(
        (back.user, back.cash, back.bonus, back.accrued),
        (user(2), of("999"), of("1"), of("2"))
    );
    assert_eq!(world.subscriptions.refund(id(2), &mut world.caps), None);
    assert_eq!(world.caps.invested(user(2)), Amount::ZERO);
    assert!(!world.subscriptions.is_active(user(2)));
    // What is left is the accrual of the first subscription.
    world.subscriptions.reverse(id(1), of("2"), &mut world.caps);
    assert_eq!(world.caps, caps);
    assert_eq!(world.subscriptions.get(id(1)), subscriptions.get(id(1)));
    world.accrue("2026-11-24", "100");
    assert_eq!(world.accrued(), [(1, "2".to_owned())]);
}

#[test]
fn an_ended_subscription_whose_accrual_is_reversed_goes_on() {
    let mut short = table();
    short.cap_multiple = Some(1);
    let mut world = World::new(&short);
    world.buy(1, "50");
    let mut today = day("2026-11-23");
    while world.subscriptions.is_active(user(1)) {
        world.accrue(&today.to_string(), "100");
        today = today.next();
    }
    assert_eq!(world.accruals[0].amount, of("0.1"));
    let back = world.subscriptions.reverse(id(1), of("0.03"), &mut world.caps);
    assert_eq!(back, of("0.03"));
    assert!(world.subscriptions.is_active(user(1)));
    while !today.is_working_day() {
        today = today.next();
    }
    let coverage = world.accrue(&today.to_string(), "100");
    assert_eq!((coverage.covered, coverage.capped), (of("0.03"), of("0.07")));
    assert!(world.accruals[0].ended);
}

#[test]
fn a_refund_leaves_an_excess_that_held_rewards_relied_on() {
    let mut world = World::new(&table());
    world.buy(1, "100");
    world.buy(1, "100");
    assert_eq!(world.caps.take(user(1), of("500")), of("500"));
    world.subscriptions.refund(id(2), &mut world.caps).unwrap();
    assert_eq!(world.caps.over(user(1)), of("200"));
    let coverage = world.accrue("2026-11-23", "100");
    assert_eq!((coverage.covered, coverage.capped), (of("0"), of("0.2")));
}

#[test]
fn bonus_money_buys_accruals_but_neither_room_nor_commissions() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    let bought = world.buy_with_bonus(2, "49", "1");
    assert_eq!(world.caps.invested(user(2)), of("49"));
    assert_eq!(world.lines.shares[0].amount, of("4.9"));
    let subscription = *world.subscriptions.get(bought).unwrap();
    assert_eq!(
        (subscription.amount(), subscription.room()),
        (of("50"), of("147"))
    );
    world.accrue("2026-11-23", "100");
    assert_eq!(world.accrued()[1], (2, "0.1".to_owned()));
}

#[test]
fn what_no_tier_covers_is_not_sold() {
    let mut limited = table();
    limited.amount_max = Some("6000".to_owned());
    let mut world = World::new(&limited);
    for (cash, bonus, expected) in [
        ("49.999999", "0", NotSold::BelowFirstTier),
        ("6000.000001", "0", NotSold::AboveMax),
        ("6000", "0.000001", NotSold::AboveMax),
        ("0", "50", NotSold::NothingPaid),
    ] {
        let sold = world
            .subscriptions
            .buy(&world.terms, user(1), of(cash), of(bonus), &mut world.caps);
        assert_eq!(sold, Err(expected));
    }
    assert!(world.subscriptions.is_empty());
    assert_eq!(world.caps.invested(user(1)), Amount::ZERO);
    assert_eq!(world.buy(1, "6000"), id(1));
}

#[test]
fn the_first_day_of_all_can_accrue() {
    let mut world = World::new(&table());
    world.buy(1, "1000");
    let coverage = world.subscriptions.accrue(
        &world.terms,
        Day::new(0),
        of("5"),
        &mut world.caps,
        &mut world.accruals,
    );
    assert_eq!(coverage.covered, of("2"));
}
