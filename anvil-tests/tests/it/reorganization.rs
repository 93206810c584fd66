//! Forks above finality, before and after a payment is included, and one below it.

use alloy::providers::Provider;
use anvil_tests::{Authorization, PATIENCE, World};
use testkit::wait_for;

async fn forks(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM reorganization")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap()
}

/// Waits until the listener holds the newest block of the chain.
async fn followed(world: &World) {
    let (number, hash) = {
        let number = world.head().await.unwrap();
        (
            i64::try_from(number).unwrap(),
            world.block_hash(number).await.unwrap(),
        )
    };
    wait_for("the listener to follow", PATIENCE, async || {
        let head: Option<(i64, Vec<u8>)> = sqlx::query_as("SELECT head_number, head_hash FROM checkpoint")
            .fetch_optional(world.ledger.pool())
            .await
            .unwrap();
        head.filter(|(at, stored)| *at == number && stored == hash.as_slice())
            .map(|_| ())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_a_fork_drops_is_posted_once_when_it_comes_again() {
    let world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.sign_in(&world).await.unwrap();
    let authorization = Authorization::of(&root.ask_to_register(&world, None).await.unwrap()).unwrap();
    world.mine_by_itself(false).await.unwrap();

    // A fork before the payment is included.
    world.mine(3).await.unwrap();
    followed(&world).await;
    world.reorganize(2, &[]).await.unwrap();
    followed(&world).await;
    assert_eq!(forks(&world).await, 1);

    // Included, seen, dropped by a fork: nothing may be posted.
    let raw = root
        .signed(&world, authorization.value, authorization.calldata.clone())
        .await
        .unwrap();
    let hash = *world.provider.send_raw_transaction(&raw).await.unwrap().tx_hash();
    world.mine(1).await.unwrap();
    assert!(world.receipt(hash).await.unwrap().status());
    followed(&world).await;
    let me = root.get(&world, "/users/me").await.unwrap();
    assert_eq!(me.body["pending"][0]["kind"], "registration", "{me:?}");
    assert_eq!(me.body["pending"][0]["is_final"], false, "{me:?}");
    world.reorganize(1, &[]).await.unwrap();
    followed(&world).await;
    let me = root.get(&world, "/users/me").await.unwrap();
    assert_eq!(me.body["pending"], serde_json::json!([]), "{me:?}");
    assert_eq!(world.journal().await.unwrap(), 0, "the fork dropped the payment");
    let inbox: i64 = sqlx::query_scalar("SELECT count(*) FROM inbox")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(inbox, 0);
    assert_eq!(forks(&world).await, 2);

    // Sent again, included in a later block, final: posted once.
    let _ = world.provider.send_raw_transaction(&raw).await;
    world.mine_by_itself(true).await.unwrap();
    assert!(world.receipt(hash).await.unwrap().status());
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_a_fork_moves_to_another_block_is_posted_once() {
    let world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.sign_in(&world).await.unwrap();
    let authorization = Authorization::of(&root.ask_to_register(&world, None).await.unwrap()).unwrap();
    world.mine_by_itself(false).await.unwrap();
    let raw = root
        .signed(&world, authorization.value, authorization.calldata.clone())
        .await
        .unwrap();
    let hash = *world.provider.send_raw_transaction(&raw).await.unwrap().tx_hash();
    world.mine(2).await.unwrap();
    let first = world.receipt(hash).await.unwrap();
    followed(&world).await;

    world.reorganize(2, &[(raw, 1)]).await.unwrap();
    let second = world.receipt(hash).await.unwrap();
    assert_ne!(first.block_hash, second.block_hash, "the payment moved");
    followed(&world).await;
    world.mine_by_itself(true).await.unwrap();
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 1);
    let posted: Vec<u8> = sqlx::query_scalar("SELECT block_hash FROM inbox")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(
        Some(posted.as_slice()),
        second.block_hash.as_ref().map(|hash| hash.as_slice())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_below_finality_stops_the_listener_and_changes_nothing() {
    let mut world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.register(&world, None).await.unwrap();
    world.settle().await.unwrap();
    world.mine_by_itself(false).await.unwrap();
    world.mine(2).await.unwrap();
    followed(&world).await;
    let before: (i64, Vec<u8>) = sqlx::query_as("SELECT final_number, final_hash FROM checkpoint")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    world.reorganize(8, &[]).await.unwrap();
    let status = world.system.listener.wait_until_ended(PATIENCE).await.unwrap();
    assert!(!status.success(), "a stop with an alarm is no success");
    let after: (i64, Vec<u8>) = sqlx::query_as("SELECT final_number, final_hash FROM checkpoint")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(before, after);
    let alarms: i64 = sqlx::query_scalar("SELECT count(*) FROM reorganization WHERE below_finality")
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(alarms, 1);
}
