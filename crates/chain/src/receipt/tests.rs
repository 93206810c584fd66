//! Tests of `receipt`.

use super::*;

fn raw() -> RawReceipt {
    RawReceipt {
        transaction_hash: B256::repeat_byte(1),
        block_number: Some(U64::from(7)),
        block_hash: Some(B256::repeat_byte(2)),
        status: Some(U64::from(0)),
        gas_used: U64::from(21_000),
        effective_gas_price: Some(U128::from(3)),
        from: Address::ZERO,
    }
}

#[test]
fn a_receipt_tells_the_fee_and_whether_it_succeeded() {
    let receipt = accept(&raw(), B256::repeat_byte(1)).unwrap();
    assert!(!receipt.succeeded);
    assert_eq!(receipt.fee(), 63_000);
}

#[test]
fn a_receipt_of_another_transaction_or_without_a_block_or_status_is_refused() {
    let refused = |raw: RawReceipt| {
        matches!(
            accept(&raw, B256::repeat_byte(1)),
            Err(ChainError::Malformed { .. })
        )
    };
    let mut other = raw();
    other.transaction_hash = B256::ZERO;
    let mut pending = raw();
    pending.block_hash = None;
    let mut unknown = raw();
    unknown.status = None;
    let mut odd = raw();
    odd.status = Some(U64::from(2));
    assert!(refused(other) && refused(pending) && refused(unknown) && refused(odd));
}
