//! What happens on the chain enters the inbox when it is final.

use abi::{ICustody, deploy, development};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256};
use alloy::providers::ext::AnvilApi;
use listener::Step;

use crate::world::{FINALITY, PRICE, World, drain, user};

#[tokio::test]
async fn registrations_retopups_and_refunds_become_causes_in_the_journals_order() {
    let world = World::start().await;
    let (reference, _) = world.register(user(20), Address::ZERO).await;
    world.mine(1).await;
    let (_, with_sponsor) = world.register(user(21), user(20)).await;
    world.retopup(user(20)).await;
    world.mine(2).await;
    world
        .send(
            user(20),
            0,
            ICustody::refundCall {
                r#ref: reference,
                to: user(20),
            },
        )
        .await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;

    let mut kinds = world.kinds().await;
    assert_eq!(kinds.len(), 4);
    assert_eq!((kinds[0].as_str(), kinds[3].as_str()), ("registered", "refunded"));
    kinds[1..3].sort();
    assert_eq!(
        kinds[1..3],
        ["registered", "retopped_up"],
        "one block, the chain's order"
    );
    let payload: String = sqlx::query_scalar("SELECT payload::text FROM inbox WHERE transaction_hash = $1")
        .bind(with_sponsor.as_slice())
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    for part in [
        format!("{:#x}", user(21)),
        format!("{:#x}", user(20)),
        PRICE.to_string(),
        format!("{:#x}", world.deployment.plan_hash),
        format!("{:#x}", B256::repeat_byte(2)),
    ] {
        assert!(payload.contains(&part), "{part} in {payload}");
    }
    world.assert_truth().await;
}

#[tokio::test]
async fn what_is_not_final_is_held_but_is_no_cause() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    world.register(user(20), Address::ZERO).await;
    world.mine(1).await;
    for confirmations in 0..FINALITY {
        drain(&mut listener).await;
        assert_eq!(world.kinds().await.len(), 0, "{confirmations} confirmations");
        assert_eq!(
            world.count("SELECT count(*) FROM chain_log WHERE seq = 1").await,
            1
        );
        world.mine(1).await;
    }
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["registered"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn funding_freezes_and_governance_become_causes_too() {
    let world = World::start().await;
    world.register(user(20), Address::ZERO).await;
    world.mine(1).await;
    let now = world.block(BlockNumberOrTag::Latest).await.header.timestamp;
    let freeze = ICustody::freezeCall {
        user: user(20),
        until: alloy::primitives::U256::from(now + 3600),
        reason: B256::ZERO,
    };
    world.send(development::FREEZER.address, 0, freeze).await;
    world.mine(1).await;
    let unfreeze = ICustody::unfreezeCall { user: user(20) };
    world.send(development::FREEZER.address, 0, unfreeze).await;
    world.mine(1).await;
    world.fund(1_000_000_000_000_000_000).await;
    world.mine(1).await;
    world
        .send(development::GUARDIAN.address, 0, ICustody::pauseCall {})
        .await;
    world.mine(1).await;
    // Fifteen days later the registration's day has ended and the escrow can be swept.
    world
        .provider
        .anvil_increase_time(16 * 24 * 60 * 60)
        .await
        .unwrap();
    world.mine(1).await;
    let sweep = ICustody::sweepMaturedCall {
        maxDays: alloy::primitives::U256::from(40),
    };
    world.send(user(33), 0, sweep).await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    let expected = [
        "registered",
        "user_frozen",
        "user_unfrozen",
        "funded",
        "noted",
        "escrow_matured",
    ];
    assert_eq!(world.kinds().await, expected);
    world.assert_truth().await;
}

#[tokio::test]
async fn logs_of_another_contract_are_ignored() {
    let world = World::start().await;
    world.provider.anvil_set_auto_mine(true).await.unwrap();
    let other = deploy::deploy(
        &world.provider,
        development::DEPLOYER.address,
        &development::config(),
    )
    .await
    .unwrap();
    world.provider.anvil_set_auto_mine(false).await.unwrap();
    world
        .send_to(
            other.address,
            user(30),
            7_000_000_000_000_000_000,
            ICustody::fundCall {},
        )
        .await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn nothing_is_recorded_before_the_contracts_own_block_is_final() {
    let world = World::start().await;
    // Finality stands at the contract's block; one block less and the listener must wait.
    world.provider.anvil_rollback(Some(1)).await.unwrap();
    let mut listener = world.listener().await;
    assert_eq!(listener.step().await.unwrap(), Step::Stale);
    assert_eq!(world.count("SELECT count(*) FROM checkpoint").await, 0);
    world.mine(1).await;
    assert_eq!(listener.step().await.unwrap(), Step::Advanced);
    assert_eq!(world.count("SELECT count(*) FROM checkpoint").await, 1);
}

#[tokio::test]
async fn a_repeated_step_changes_nothing() {
    let world = World::start().await;
    world.fund(1_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    let before = world.contents().await;
    assert_eq!(listener.step().await.unwrap(), Step::Idle);
    drain(&mut world.listener_again(listener).await).await;
    assert_eq!(world.contents().await, before);
}
