//! Bad inputs, through the real API and to the real contract.

use abi::ICustody;
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use anvil_tests::{Authorization, World, bnb};
use devstack::world::operators;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_is_refused_with_its_code_and_moves_nothing() {
    let world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.sign_in(&world).await.unwrap();
    let stranger = Address::repeat_byte(0x42);
    let first = Authorization::of(&root.ask_to_register(&world, None).await.unwrap()).unwrap();

    // The right authorization with another value, from another wallet, or changed.
    let short = root
        .send(&world, first.value - U256::from(1), first.calldata.clone())
        .await
        .unwrap();
    assert!(!short.status(), "a wrong value was accepted");
    let thief = world.person(9);
    assert!(
        !thief
            .send(&world, first.value, first.calldata.clone())
            .await
            .unwrap()
            .status()
    );
    let mut changed = ICustody::registerCall::abi_decode(&first.calldata).unwrap();
    changed.intake.amount = bnb(1);
    let changed = root
        .send(&world, bnb(1), changed.abi_encode().into())
        .await
        .unwrap();
    assert!(!changed.status(), "a changed amount was accepted");
    root.pay(&world, &first).await.unwrap();
    world.settle().await.unwrap();
    // Used once.
    assert!(
        !root
            .send(&world, first.value, first.calldata.clone())
            .await
            .unwrap()
            .status()
    );

    let mut user = world.person(9);
    user.sign_in(&world).await.unwrap();
    for (sponsor, code) in [
        (Some(stranger), "unknown_sponsor"),
        (Some(user.address()), "self_referral"),
    ] {
        let answer = user.ask_to_register(&world, sponsor).await.unwrap();
        assert_eq!(answer.code(), code, "{answer:?}");
    }
    let again = root.ask_to_register(&world, None).await.unwrap();
    assert_eq!(again.code(), "already_registered", "{again:?}");

    // A frozen sponsor.
    freeze(&world, root.address()).await;
    let frozen = user.ask_to_register(&world, Some(root.address())).await.unwrap();
    assert_eq!(frozen.code(), "frozen_sponsor", "{frozen:?}");

    // Nobody else's resources, nothing without a token, nothing malformed.
    let others = user.get(&world, "/users/1/history").await.unwrap();
    assert_eq!(
        (others.status, others.code()),
        (403, "not_your_resource"),
        "{others:?}"
    );
    let nobody = world.person(10).get(&world, "/users/me").await.unwrap();
    assert_eq!(nobody.status, 401, "{nobody:?}");
    let malformed = user
        .call(
            &world,
            Method::POST,
            "/users/register",
            Some(json!({ "disclosure_hash": 7 })),
        )
        .await
        .unwrap();
    assert!(
        (400..=422).contains(&malformed.status) && !malformed.code().is_empty(),
        "{malformed:?}"
    );
    let (operator, ..) = operators().next().unwrap();
    let mut operator = world.person(operator.index());
    operator.sign_in(&world).await.unwrap();
    assert_eq!(
        operator.get(&world, "/users/1/history").await.unwrap().status,
        200
    );

    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 2, "the registration and the freeze");
}

async fn freeze(world: &World, user: Address) {
    let head = world.head().await.unwrap();
    let block = alloy::providers::Provider::get_block(&world.provider, head.into())
        .await
        .unwrap()
        .unwrap();
    let until = U256::from(block.header.timestamp + 3_600);
    let call = ICustody::freezeCall {
        user,
        until,
        reason: [7; 32].into(),
    };
    let freezer = abi::development::FREEZER.address;
    let receipt = world
        .send(freezer, U256::ZERO, call.abi_encode().into())
        .await
        .unwrap();
    assert!(receipt.status());
    world.settle().await.unwrap();
}
