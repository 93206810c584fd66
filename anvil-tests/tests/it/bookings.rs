//! A plan of bookings, pairs and tax from the first payment to the last claim, by the demonstration.

use alloy::primitives::U256;
use devstack::Checkout;

#[tokio::test]
async fn bookings_agree_with_their_second_implementation_and_pairs_are_paid() {
    let checkout = Checkout::find().unwrap();
    let plan = checkout.path("plans/binary-ev.toml");
    let report = demonstration::run(&checkout, Some(&plan)).await.unwrap();
    assert_eq!((report.differences, report.findings), (vec![], vec![]));
    assert!(!report.planted.is_empty(), "a wei too much was not found");
    assert_eq!((report.batches.len(), report.batches[0].credited), (1, 0));
    assert!(report.claimed > U256::ZERO);
}
