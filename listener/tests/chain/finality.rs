//! Finality that stands still, and forks as deep as it then allows.

use abi::ICustody;
use alloy::eips::BlockNumberOrTag;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use listener::Listener;
use rpcsim::{Fault, RpcSim};
use serde_json::Value;

use crate::world::{FINALITY, World, drain, user};

/// Has the node say the current final block forever.
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
        world
            .fund(5_000_000_000_000_000_000 + round * 1_000_000_000_000_000_000)
            .await;
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
async fn forks_of_every_depth_with_other_amounts_in_another_order_end_as_the_new_branch() {
    let world = World::start().await;
    let node = RpcSim::honest(&world.rpc_url()).await.unwrap();
    let mut listener = world.listener_at(node.url()).await;
    drain(&mut listener).await;
    let mut expected = Vec::new();
    for depth in 2..=20 {
        pin_finality(&world, &node).await;
        expected.extend(forked(&world, &mut listener, depth).await);
        node.clear();
        world.mine(FINALITY).await;
        drain(&mut listener).await;
        let amounts: Vec<String> =
            sqlx::query_scalar("SELECT payload->>'amount' FROM inbox ORDER BY chain_seq")
                .fetch_all(world.database.pool())
                .await
                .unwrap();
        assert_eq!(amounts, expected, "depth {depth}");
        world.assert_truth().await;
    }
}

/// Four payments, or as many as the depth allows, whose blocks a fork replaces: the last becomes the first, the second of more than two
/// is lost, the third comes last, and a new one follows. Returns the amounts of the new branch, in its order.
async fn forked(world: &World, listener: &mut Listener, depth: u64) -> Vec<String> {
    let before = world.inbox().await.len();
    let payers = usize::try_from(depth.min(4)).unwrap();
    let mut sent = Vec::new();
    for payer in 0..payers {
        // The node keeps counting the nonce of what is lost.
        let account = if payer == 1 {
            40 + usize::try_from(depth).unwrap()
        } else {
            20 + payer
        };
        let amount = (5 + payer as u128) * 1_000_000_000_000_000_000;
        let transaction = world.send(user(account), amount, ICustody::fundCall {}).await;
        world.mine(1).await;
        sent.push((amount, world.raw(transaction).await));
    }
    // Reaches below the first of them when the fork is deep.
    world.mine(depth - payers as u64).await;
    drain(listener).await;
    let places: &[(usize, u64)] = match payers {
        2 => &[(1, 0), (0, 1)],
        3 => &[(2, 0), (0, 1)],
        _ => &[(3, 0), (0, 1), (2, depth - 1)],
    };
    let placed = places
        .iter()
        .map(|(index, block)| (sent[*index].1.clone(), *block));
    world.fork(depth, placed.collect()).await;
    world.provider.anvil_drop_all_transactions().await.unwrap();
    let other = (20 + u128::from(depth)) * 1_000_000_000_000_000_000;
    world.send(user(30), other, ICustody::fundCall {}).await;
    world.mine(1).await;
    drain(listener).await;
    assert_eq!(world.inbox().await.len(), before, "nothing of it is final");
    let orphaned = world.reorganizations().await;
    let lost = i32::try_from(payers).unwrap();
    assert_eq!(orphaned.last(), Some(&(false, lost)), "depth {depth}");
    let amounts = places.iter().map(|(index, _)| sent[*index].0).chain([other]);
    amounts.map(|wei| wei.to_string()).collect()
}
