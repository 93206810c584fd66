//! Authorizations and refunds that come too late.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use anvil_tests::{Authorization, World};

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_authorization_reverts_and_the_money_stays_with_the_wallet() {
    let world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.sign_in(&world).await.unwrap();
    let late = Authorization::of(&root.ask_to_register(&world, None).await.unwrap()).unwrap();
    world.pass_time(3_601).await.unwrap();

    let before = root.purse(&world).await.unwrap();
    let receipt = root
        .send(&world, late.value, late.calldata.clone())
        .await
        .unwrap();
    assert!(!receipt.status(), "an expired authorization was accepted");
    let gas = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
    assert_eq!(
        before - root.purse(&world).await.unwrap(),
        gas,
        "nothing but gas was taken"
    );

    // A new one works; the old one left no trace in the ledger.
    root.register(&world, None).await.unwrap();
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_cooling_off_time_there_is_no_refund() {
    let world = World::start().await.unwrap();
    let mut root = world.person(8);
    let reference = root.register(&world, None).await.unwrap();
    world.pass_time(14 * 86_400 + 60).await.unwrap();
    let call = ICustody::refundCall {
        r#ref: reference,
        to: root.address(),
    };
    let receipt = root
        .send(&world, U256::ZERO, call.abi_encode().into())
        .await
        .unwrap();
    assert!(!receipt.status());
    world.check().await.unwrap();
}
