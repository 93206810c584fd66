//! Random histories: the same as the second implementation, nothing beyond caps or fund, and refunds that leave nothing.

use money::Amount;
use naive::subscription as naive;
use plan::Day;
use plan::cap::table::CapTable;
use plan::cap::{CapTerms, Caps};
use plan::subscription::table::{AccrualDays, MonthDivisor, NamedDivisor, WhenShort};
use plan::subscription::{Status, SubscriptionTable, Subscriptions};
use proptest::prelude::*;

use crate::world::{ASSET, check, id, table, tier, user};

#[derive(Clone, Debug)]
enum Step {
    Buy { user: usize, cash: u128, bonus: u128 },
    Refund(prop::sample::Index),
    Reverse(prop::sample::Index, u128),
    Reward { user: usize, wanted: u128 },
    Tick { days: u32, in_fund: u128 },
    Change(Box<SubscriptionTable>),
}

fn any_step() -> impl Strategy<Value = Step> {
    let fund = prop_oneof![Just(0), 0u128..400, Just(1_000_000)];
    prop_oneof![
        3 => (0usize..4, 0u128..3_000, 0u128..40).prop_map(|(user, cash, bonus)| Step::Buy { user, cash, bonus }),
        1 => any::<prop::sample::Index>().prop_map(Step::Refund),
        1 => (any::<prop::sample::Index>(), 0u128..300).prop_map(|(of, amount)| Step::Reverse(of, amount)),
        1 => (0usize..4, 0u128..4_000).prop_map(|(user, wanted)| Step::Reward { user, wanted }),
        6 => (0u32..4, fund).prop_map(|(days, in_fund)| Step::Tick { days, in_fund }),
        1 => any_table().prop_map(|table| Step::Change(Box::new(table))),
    ]
}

prop_compose! {
    /// Small amounts of base units, and rates so high that caps are reached.
    fn any_table()(
        rates in (1u16..10_000, 1u16..10_000),
        amount_max in prop::option::of(2_000u32..4_000),
        days in prop::sample::select(vec![AccrualDays::Working, AccrualDays::All]),
        divisor in prop::option::weighted(0.7, 20u32..32),
        when_short in prop::sample::select(vec![WhenShort::ProRata, WhenShort::Queue]),
        cap_multiple in prop::option::weighted(0.8, 1u32..4),
    ) -> SubscriptionTable {
        let is_named = divisor.is_none() && days == AccrualDays::Working;
        SubscriptionTable {
            tiers: vec![tier("0.0001", rates.0), tier("0.001", rates.1)],
            amount_max: amount_max.map(|max| ASSET.display_amount(Amount::new(max.into()))),
            accrual_days: days,
            month_divisor: if is_named {
                MonthDivisor::Named(NamedDivisor::WorkingDays)
            } else {
                MonthDivisor::Days(divisor.unwrap_or(30))
            },
            when_short,
            cap_multiple,
            ..table()
        }
    }
}

fn naive_terms(table: &SubscriptionTable, user_multiple: Option<u32>) -> naive::Terms {
    naive::Terms {
        tiers: vec![
            (100, table.tiers[0].monthly_bps),
            (1_000, table.tiers[1].monthly_bps),
        ],
        amount_max: table
            .amount_max
            .as_ref()
            .map(|max| ASSET.parse_amount(max).unwrap().base_units()),
        only_working_days: table.accrual_days == AccrualDays::Working,
        divisor: match table.month_divisor {
            MonthDivisor::Days(days) => Some(days),
            MonthDivisor::Named(NamedDivisor::WorkingDays) => None,
        },
        queue: table.when_short == WhenShort::Queue,
        multiple: table.cap_multiple.map(u128::from),
        user_multiple: user_multiple.map(u128::from),
    }
}

fn caps(multiple: Option<u32>) -> Caps {
    Caps::new(multiple.map(|multiple| CapTerms::check(&CapTable { multiple }).unwrap()))
}

fn user_of(index: usize) -> plan::UserId {
    user(u32::try_from(index).unwrap() + 1)
}

fn id_of(index: usize) -> plan::subscription::SubscriptionId {
    id(u32::try_from(index).unwrap() + 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn both_implementations_agree_and_no_bound_is_exceeded(
        table in any_table(),
        user_multiple in prop::option::weighted(0.8, 1u32..4),
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let mut terms = check(&table);
        let mut model = naive::Model::new(naive_terms(&table, user_multiple));
        let (mut subscriptions, mut caps, mut out) = (Subscriptions::default(), caps(user_multiple), Vec::new());
        let mut day = 20_000;
        for step in steps {
            // A cap can be below what was earned only since a refund; granting never makes it so.
            let over_before: Vec<Amount> = (0..4).map(|of| caps.over(user_of(of))).collect();
            let mut is_refund = false;
            match step {
                Step::Buy { user, cash, bonus } => {
                    let (cash_amount, bonus_amount) = (Amount::new(cash), Amount::new(bonus));
                    let sold = subscriptions.buy(&terms, user_of(user), cash_amount, bonus_amount, &mut caps);
                    prop_assert_eq!(sold.is_ok(), model.buy(user, cash, bonus));
                }
                Step::Refund(of) => {
                    if model.purchases.is_empty() {
                        continue;
                    }
                    let of = of.index(model.purchases.len());
                    let purchase = model.purchases[of].clone();
                    let refund = subscriptions.refund(id_of(of), &mut caps);
                    prop_assert_eq!(refund.is_none(), purchase.refunded);
                    let accrued = model.refund(of);
                    if let Some(refund) = refund {
                        prop_assert_eq!(refund.accrued.base_units(), accrued);
                        prop_assert_eq!(refund.cash.base_units(), purchase.cash);
                        prop_assert_eq!(refund.bonus.base_units(), purchase.bonus);
                        prop_assert_eq!(refund.user, user_of(purchase.user));
                    }
                    is_refund = true;
                }
                Step::Reverse(of, amount) => {
                    if model.purchases.is_empty() {
                        continue;
                    }
                    let of = of.index(model.purchases.len());
                    let back = subscriptions.reverse(id_of(of), Amount::new(amount), &mut caps);
                    prop_assert_eq!(back.base_units(), model.reverse(of, amount));
                }
                Step::Reward { user, wanted } => {
                    let granted = caps.take(user_of(user), Amount::new(wanted));
                    prop_assert_eq!(granted.base_units(), model.reward(user, wanted));
                }
                Step::Change(table) => {
                    terms = check(&table);
                    model.change(naive_terms(&table, user_multiple));
                }
                Step::Tick { days, in_fund } => {
                    day += days;
                    let fund = Amount::new(in_fund);
                    let coverage = subscriptions.accrue(&terms, Day::new(day), fund, &mut caps, &mut out);
                    let expected = model.accrue(day, in_fund);
                    let lines: Vec<(usize, u128)> = out
                        .iter()
                        .map(|line| (line.subscription.get() as usize - 1, line.amount.base_units()))
                        .collect();
                    prop_assert_eq!(&lines, &expected.lines);
                    let covered: u128 = lines.iter().map(|line| line.1).sum();
                    prop_assert!(covered <= in_fund);
                    prop_assert_eq!(coverage.covered.base_units(), covered);
                    prop_assert_eq!(coverage.nominal.base_units(), expected.nominal);
                    prop_assert_eq!(coverage.capped.base_units(), expected.capped);
                    prop_assert_eq!(coverage.short.base_units(), expected.short);
                    prop_assert_eq!(expected.nominal, expected.capped + covered + expected.short);
                    for line in &out {
                        let index = line.subscription.get() as usize - 1;
                        prop_assert_eq!(line.ended, !model.is_active(index));
                    }
                }
            }
            for (index, purchase) in model.purchases.iter().enumerate() {
                let found = subscriptions.get(id_of(index)).unwrap();
                prop_assert_eq!(found.earned.base_units(), model.accrued(index));
                prop_assert!(found.earned <= found.most);
                let expected = match (purchase.refunded, model.is_active(index)) {
                    (true, _) => Status::Refunded,
                    (false, true) => Status::Active,
                    (false, false) => Status::Ended,
                };
                prop_assert_eq!(found.status, expected);
            }
            for (of, over_before) in over_before.into_iter().enumerate() {
                prop_assert_eq!(caps.invested(user_of(of)).base_units(), model.invested(of));
                prop_assert_eq!(caps.earned(user_of(of)).base_units(), model.earned(of));
                prop_assert_eq!(caps.room(user_of(of)).base_units(), model.user_room(of));
                prop_assert!(is_refund || caps.over(user_of(of)) <= over_before);
                let active = (0..model.purchases.len())
                    .filter(|index| model.purchases[*index].user == of && model.is_active(*index));
                prop_assert_eq!(subscriptions.active_count(user_of(of)) as usize, active.count());
            }
        }
    }

    #[test]
    fn refunding_everything_leaves_no_trace_in_the_caps(
        table in any_table(),
        purchases in prop::collection::vec((0usize..4, 100u128..2_000), 1..12),
        funds in prop::collection::vec(0u128..500, 0..20),
    ) {
        let terms = check(&table);
        let (mut subscriptions, mut caps, mut out) = (Subscriptions::default(), caps(Some(2)), Vec::new());
        let nothing = caps.clone();
        for (user, cash) in &purchases {
            let _ = subscriptions.buy(&terms, user_of(*user), Amount::new(*cash), Amount::ZERO, &mut caps);
        }
        let mut paid = 0;
        for (day, fund) in (0..).zip(&funds) {
            let coverage = subscriptions.accrue(&terms, Day::new(day), Amount::new(*fund), &mut caps, &mut out);
            paid += coverage.covered.base_units();
        }
        let mut back = 0;
        for index in 0..subscriptions.len() {
            back += subscriptions.refund(id_of(index), &mut caps).unwrap().accrued.base_units();
        }
        prop_assert_eq!(back, paid);
        prop_assert_eq!(caps, nothing);
        for user in 0..4 {
            prop_assert!(!subscriptions.is_active(user_of(user)));
        }
    }
}
