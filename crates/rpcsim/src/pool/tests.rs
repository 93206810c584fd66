//! Tests of `pool`.

use super::*;

fn prices(max_fee: u128, priority_fee: u128) -> Prices {
    Prices {
        max_fee,
        priority_fee,
    }
}

#[test]
fn both_prices_must_rise_by_a_tenth() {
    let old = prices(1_000, 100);
    assert!(prices(1_100, 110).replace(old));
    assert!(!prices(1_099, 110).replace(old));
    assert!(!prices(1_100, 109).replace(old));
    assert!(!prices(9_999, 100).replace(old));
}

#[test]
fn where_a_tenth_is_less_than_one_the_price_must_still_rise() {
    assert!(!prices(5, 5).replace(prices(5, 5)));
    assert!(prices(6, 6).replace(prices(5, 5)));
    assert!(!prices(1, 1).replace(prices(u128::MAX, u128::MAX)));
}

#[test]
fn a_waiting_transaction_is_found_by_account_and_nonce() {
    let account = Address::repeat_byte(0xab);
    let transaction =
        json!({"hash": B256::repeat_byte(1), "maxFeePerGas": "0x10", "maxPriorityFeePerGas": "0x8"});
    let old_kind = json!({"hash": B256::repeat_byte(2), "gasPrice": "0x7"});
    let pool = json!({"pending": {account.to_string(): {"4": transaction}}, "queued": {account.to_string(): {"9": old_kind}}});
    assert_eq!(
        waiting(&pool, account, 4),
        Some((B256::repeat_byte(1), prices(16, 8)))
    );
    assert_eq!(
        waiting(&pool, account, 9),
        Some((B256::repeat_byte(2), prices(7, 7)))
    );
    assert_eq!(waiting(&pool, account, 5), None);
    assert_eq!(waiting(&pool, Address::ZERO, 4), None);
}
