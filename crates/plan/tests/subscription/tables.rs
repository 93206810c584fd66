//! What the tables refuse, with the rule and the field.

use plan::subscription::table::{AccrualDays, MonthDivisor, NamedDivisor};
use plan::subscription::{BonusTerms, SubscriptionTable, SubscriptionTerms};

use crate::world::{ASSET, allocation, bonus_table, table, tier};

fn with(change: impl FnOnce(&mut SubscriptionTable)) -> SubscriptionTable {
    let mut table = table();
    change(&mut table);
    table
}

#[test]
fn refusals_of_subscriptions_name_the_rule_and_the_field() {
    let cases = [
        (
            with(|table| table.tiers.clear()),
            "list_length",
            "subscription.tiers",
        ),
        (
            with(|table| table.tiers = vec![tier("1", 1); 17]),
            "list_length",
            "subscription.tiers",
        ),
        (
            with(|table| table.tiers[1].from = "50".to_owned()),
            "tiers_not_ascending",
            "subscription.tiers[1].from",
        ),
        (
            with(|table| table.tiers[0].from = "0".to_owned()),
            "price_out_of_range",
            "subscription.tiers[0].from",
        ),
        (
            with(|table| table.tiers[2].from = "5,001".to_owned()),
            "amount_malformed",
            "subscription.tiers[2].from",
        ),
        (
            with(|table| table.tiers[2].monthly_bps = 0),
            "out_of_range",
            "subscription.tiers[2].monthly_bps",
        ),
        (
            with(|table| table.tiers[2].monthly_bps = 10_001),
            "out_of_range",
            "subscription.tiers[2].monthly_bps",
        ),
        (
            with(|table| table.amount_max = Some("5000".to_owned())),
            "amount_max_too_small",
            "subscription.amount_max",
        ),
        (
            with(|table| table.month_divisor = MonthDivisor::Days(19)),
            "out_of_range",
            "subscription.month_divisor",
        ),
        (
            with(|table| table.month_divisor = MonthDivisor::Days(32)),
            "out_of_range",
            "subscription.month_divisor",
        ),
        (
            with(|table| {
                table.month_divisor = MonthDivisor::Named(NamedDivisor::WorkingDays);
                table.accrual_days = AccrualDays::All;
            }),
            "divisor_misfit",
            "subscription.month_divisor",
        ),
        (
            with(|table| table.fund = "Yield".to_owned()),
            "fund_malformed",
            "subscription.fund",
        ),
        (
            with(|table| table.fund = String::new()),
            "fund_malformed",
            "subscription.fund",
        ),
        (
            with(|table| table.cap_multiple = Some(0)),
            "out_of_range",
            "subscription.cap_multiple",
        ),
        (
            with(|table| table.allocations = vec![allocation("a", 6_000), allocation("b", 4_001)]),
            "shares_above_whole",
            "subscription.allocations",
        ),
        (
            with(|table| table.allocations = vec![allocation("a", 1), allocation("a", 1)]),
            "fund_repeated",
            "subscription.allocations[1].fund",
        ),
        (
            with(|table| table.allocations = vec![allocation("a", 1); 9]),
            "list_length",
            "subscription.allocations",
        ),
    ];
    for (table, code, field) in cases {
        let refusal = SubscriptionTerms::check(&table, ASSET).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{refusal}");
    }
}

#[test]
fn refusals_of_the_bonus_name_the_rule_and_the_field() {
    let with = |change: fn(&mut plan::subscription::BonusTable)| {
        let mut table = bonus_table();
        change(&mut table);
        table
    };
    for (table, code, field) in [
        (
            with(|table| table.amount = "0".to_owned()),
            "price_out_of_range",
            "bonus.amount",
        ),
        (
            with(|table| table.use_bps_max = 0),
            "out_of_range",
            "bonus.use_bps_max",
        ),
        (
            with(|table| table.use_bps_max = 10_000),
            "out_of_range",
            "bonus.use_bps_max",
        ),
        (
            with(|table| table.use_max = Some("x".to_owned())),
            "amount_malformed",
            "bonus.use_max",
        ),
        (
            with(|table| table.fund = "a b".to_owned()),
            "fund_malformed",
            "bonus.fund",
        ),
    ] {
        let refusal = BonusTerms::check(&table, ASSET).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_str()), (code, field), "{refusal}");
    }
}
