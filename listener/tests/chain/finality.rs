//! Finality that stands still, and forks as deep as it then allows.

use abi::ICustody;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use rpcsim::{Fault, RpcSim};
use serde_json::Value;

use crate::world::{FINALITY, World, drain, user};

/// Has the node say the present final block for ever.
async fn pin_finality(world: &World, node: &RpcSim) {
    let pinned: Value = world
        .provider
        .raw_request(
            "eth_getBlockByNumber".into(),
            (BlockNumberOrTag::Finalized, false),
        )
        .await
        .unwrap();
    node.always(
        "eth_getBlockByNumber",
        Fault::alter(move |params, answer| {
            if params[0] == "finalized" {
                answer["result"] = pinned.clone();
            }
        }),
    );
}

#[tokio::test]
async fn finality_that_stands_still_for_a_hundred_blocks_credits_nothing_and_then_everything_once() {
    let world = World::start().await;
    let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_at(node.url()).await;
    drain(&mut listener).await;
    pin_finality(&world, &node).await;
    for round in 0..10 {
        world.fund(5_000_000_000 + round * 1_000_000_000).await;
        world.mine(10).await;
        drain(&mut listener).await;
        assert!(world.inbox().await.is_empty());
    }
    assert_eq!(
        world
            .count("SELECT count(*) FROM chain_log WHERE seq IS NOT NULL")
            .await,
        10
    );
    node.clear();
    drain(&mut listener).await;
    assert_eq!(world.inbox().await.len(), 10);
    world.assert_truth().await;
}

#[tokio::test]
async fn deep_forks_with_other_amounts_in_another_order_end_as_the_new_branch() {
    for depth in [4, 7, 12, 20] {
        let world = World::start().await;
        let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
        let mut listener = world.listener_at(node.url()).await;
        drain(&mut listener).await;
        pin_finality(&world, &node).await;
        let mut sent = Vec::new();
        for payer in 0..4_u128 {
            let from = user(20 + usize::try_from(payer).unwrap());
            let call = ICustody::fundCall {};
            sent.push(world.send(from, (5 + payer) * 1_000_000_000, call).await);
            world.mine(1).await;
        }
        // Reaches below the first of them when the fork is deep.
        world.mine(depth - 4).await;
        drain(&mut listener).await;
        let mut raws = Vec::new();
        for transaction in &sent {
            raws.push(world.raw(*transaction).await);
        }
        // The last becomes the first, the second is lost, the third comes last.
        let placed = [(3, 0), (0, 1), (2, depth - 1)];
        let placed = placed.map(|(index, block)| {
            let raw: &alloy::primitives::Bytes = &raws[index];
            (raw.clone(), block)
        });
        world.fork(depth, placed.to_vec()).await;
        world.provider.anvil_drop_all_transactions().await.unwrap();
        let other = (20 + u128::from(depth)) * 1_000_000_000;
        world.send(user(40), other, ICustody::fundCall {}).await;
        world.mine(1).await;
        drain(&mut listener).await;
        assert!(world.inbox().await.is_empty(), "nothing is final");
        let orphaned = world.reorganizations().await;
        assert_eq!(orphaned, [(false, 4)], "depth {depth}");
        node.clear();
        world.mine(FINALITY).await;
        drain(&mut listener).await;
        let amounts: Vec<String> =
            sqlx::query_scalar("SELECT payload->>'amount' FROM inbox ORDER BY chain_seq")
                .fetch_all(world.database.pool())
                .await
                .unwrap();
        let expected = [8_000_000_000, 5_000_000_000, 7_000_000_000, other].map(|wei| wei.to_string());
        assert_eq!(amounts, expected, "depth {depth}");
        world.assert_truth().await;
    }
}
