//! Tests of `fees`.

use alloy_primitives::U256;
use proptest::prelude::*;

use super::*;

/// The rule of geth's pool, for one of the two caps: strictly more, and at least the old price times 110 / 100.
fn geth_replaces(old: u128, new: u128) -> bool {
    let threshold = U256::from(old) * U256::from(110) / U256::from(100);
    new > old && U256::from(new) >= threshold
}

#[test]
fn a_price_rises_by_an_eighth_rounded_up_and_one() {
    for (old, new) in [
        (0, 1),
        (1, 3),
        (7, 9),
        (8, 10),
        (9, 12),
        (1_000_000_000, 1_125_000_001),
    ] {
        assert_eq!(bump(old), Some(new));
    }
    assert_eq!(bump(u128::MAX), None);
}

#[test]
fn a_tip_is_never_above_the_whole() {
    assert_eq!(Fees::new(5, 9), Fees::new(5, 5));
}

#[test]
fn the_first_price_is_what_is_suggested_up_to_the_limit() {
    let limits = FeeLimits {
        price_max: 100,
        budget: Amount::new(50 * 21_000),
    };
    let cap = limits.cap(21_000);
    assert_eq!(cap.first(Fees::new(40, 30)), Fees::new(40, 30));
    assert_eq!(cap.first(Fees::new(60, 30)), Fees::new(50, 30));
    assert_eq!(limits.cap(1).first(Fees::new(600, 300)), Fees::new(100, 100));
    assert_eq!(limits.cap(0).0, 100);
}

fn any_fees() -> impl Strategy<Value = Fees> {
    let price = || {
        prop_oneof![
            any::<u128>(),
            0u128..1_000,
            (0u32..128).prop_map(|bit| 1u128 << bit)
        ]
    };
    (price(), price()).prop_map(|(max_fee, tip)| Fees::new(max_fee, tip))
}

proptest! {
    #[test]
    fn a_bumped_price_replaces_the_old_one_in_every_pool(old in prop_oneof![any::<u128>(), 0u128..10_000]) {
        match bump(old) {
            Some(new) => {
                prop_assert!(geth_replaces(old, new));
                prop_assert!(U256::from(new) * U256::from(8) > U256::from(old) * U256::from(9));
            }
            None => prop_assert!(old > u128::MAX / 9 * 8),
        }
    }

    #[test]
    fn a_next_price_replaces_the_old_one_and_is_within_the_limits(
        old in any_fees(), suggested in any_fees(), price_max: u128, budget: u128, gas in 21_000u64..20_000_000,
    ) {
        let limits = FeeLimits { price_max, budget: Amount::new(budget) };
        match limits.cap(gas).next(old, suggested) {
            NextFees::Raised(new) => {
                prop_assert!(geth_replaces(old.max_fee(), new.max_fee()));
                prop_assert!(geth_replaces(old.max_priority_fee(), new.max_priority_fee()));
                prop_assert!(new.max_priority_fee() <= new.max_fee() && new.max_fee() <= price_max);
                prop_assert!(new.max_fee().checked_mul(u128::from(gas)).is_some_and(|cost| cost <= budget));
            }
            NextFees::AtCap => {
                let least = bump(old.max_fee());
                prop_assert!(least.is_none_or(|least| least > price_max || least > budget / u128::from(gas)));
            }
        }
    }

    #[test]
    fn one_step_below_the_cap_is_the_highest_price_that_can_be_replaced_once(price_max in prop_oneof![1u128.., 1u128..1_000]) {
        let highest = PriceCap(price_max).less_one_step().0;
        prop_assert!(bump(highest).is_some_and(|next| next <= price_max));
        prop_assert!(bump(highest + 1).is_none_or(|next| next > price_max));
    }

    #[test]
    fn a_ladder_of_prices_only_rises_and_ends(start in 0u128..1_000_000, price_max in 0u128..u128::MAX / 4, suggestions in proptest::collection::vec(any_fees(), 0..4)) {
        let limits = FeeLimits { price_max, budget: Amount::new(u128::MAX) };
        let cap = limits.cap(1);
        let mut fees = cap.first(Fees::new(start, start));
        let mut steps = 0;
        let mut suggestions = suggestions.into_iter();
        while let NextFees::Raised(next) = cap.next(fees, suggestions.next().unwrap_or_default()) {
            prop_assert!(next.max_fee() > fees.max_fee() && next.max_priority_fee() > fees.max_priority_fee());
            fees = next;
            steps += 1;
            prop_assert!(steps < 1_000, "an eighth more a thousand times is above every u128");
        }
        prop_assert!(bump(fees.max_fee()).is_none_or(|next| next > price_max));
    }
}
