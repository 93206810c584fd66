//! Tests of `fees`.

use super::*;

fn history(base_fees: &[u64], rewards: &[u64]) -> FeeHistory {
    FeeHistory {
        base_fee_per_gas: Some(base_fees.iter().map(|fee| U128::from(*fee)).collect()),
        reward: Some(rewards.iter().map(|reward| vec![U128::from(*reward)]).collect()),
    }
}

#[test]
fn without_a_base_fee_both_caps_are_the_price() {
    let fees = of(&history(&[0, 0], &[0]), 50_000_000);
    assert_eq!(fees.priority_fee, 50_000_000);
    assert_eq!(fees.max_fee(), fees.priority_fee);
}

#[test]
fn the_next_blocks_base_fee_counts_twice_and_what_others_pay_at_least_once() {
    let fees = of(&history(&[7, 9, 10], &[2, 9, 3]), 11);
    assert_eq!(
        fees,
        Fees {
            base_fee: 10,
            priority_fee: 3
        }
    );
    assert_eq!(fees.max_fee(), 23);
}

#[test]
fn a_node_that_keeps_no_history_is_taken_at_its_price() {
    let empty = FeeHistory {
        base_fee_per_gas: None,
        reward: None,
    };
    assert_eq!(of(&empty, 5).max_fee(), 5);
}

#[test]
fn the_highest_numbers_do_not_overflow() {
    let fees = Fees {
        base_fee: u128::MAX,
        priority_fee: u128::MAX,
    };
    assert_eq!(fees.max_fee(), u128::MAX);
}
