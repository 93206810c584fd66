//! How much a batch may promise while others are between the chain and the books, and what is known when the node fails.

use std::time::Duration;

use abi::development::GUARDIAN;
use alloy::primitives::{B256, U256};
use alloy::providers::ext::AnvilApi;
use rpcsim::Fault;
use serde_json::{Value, json};

use crate::chain::FUNDS;
use crate::operators::{APPROVER, BUILDER, due_world};
use crate::world::{BNB, World, wallet};

fn bnb(amount: u128) -> Value {
    json!((amount * BNB).to_string())
}

impl World {
    /// What a batch may promise now, and what others do already.
    async fn limits(&self) -> Value {
        let builder = self.sign_in(BUILDER).await;
        let dry = json!({ "dry_run": true });
        let answer = self.post("/payouts/build-batch", Some(&builder), &dry).await;
        answer.ok()["proposal"]["limits"].clone()
    }

    async fn room(&self) -> u128 {
        self.limits().await["room"].as_str().unwrap().parse().unwrap()
    }

    /// A batch with an authorization that pays user 1 the 36 BNB that are due, who is known to the contract.
    async fn signed_for_the_first(&mut self) -> String {
        let builder = self.sign_in(BUILDER).await;
        let one = json!({ "filters": { "users": [1] } });
        let built = self.build(&builder, "the first", &one).await.ok();
        let id = built["batch"]["id"].as_str().unwrap().to_owned();
        self.post_causes(vec![]).await;
        self.seal(&id).await;
        let approver = self.sign_in(APPROVER).await;
        self.approve(&approver, &id).await.ok();
        self.step(&builder, &id, "sign").await.ok();
        id
    }

    /// The chain executes it; nothing of it is posted.
    async fn mine_the_first(&self, id: &str) {
        let chain = self.chain.as_ref().unwrap();
        chain.pay(id.parse().unwrap(), &[(wallet(1), 36 * BNB)]).await;
    }
}

/// A world in which 60 BNB of the contract are free: enough for the 54 that are due, and for no user twice.
async fn scarce_world() -> World {
    let world = due_world().await;
    let chain = world.chain.as_ref().unwrap();
    chain.register(wallet(1), BNB).await;
    chain.publish(B256::repeat_byte(9), FUNDS - 60 * BNB).await;
    world
}

#[tokio::test]
async fn what_the_head_has_executed_and_nobody_posted_is_not_taken_from_the_funds_twice() {
    let mut world = scarce_world().await;
    assert_eq!(world.room().await, 60 * BNB);
    let id = world.signed_for_the_first().await;
    let room = 24 * BNB;
    assert_eq!(world.room().await, room, "while it is under way");
    let before = world
        .chain
        .as_ref()
        .unwrap()
        .provider
        .anvil_snapshot()
        .await
        .unwrap();

    world.mine_the_first(&id).await;
    let limits = world.limits().await;
    assert_eq!((&limits["funds"], &limits["promised"]), (&bnb(24), &bnb(0)));
    assert_eq!(world.room().await, room, "when it is executed");
    let builder = world.sign_in(BUILDER).await;
    let second = world.build(&builder, "the second", &json!({})).await.ok();
    assert_eq!(second["batch"]["total"], bnb(18));
    world.post_causes(vec![]).await;
    assert_eq!(world.room().await, room - 18 * BNB, "beside the second");

    // A fork undoes the execution: both batches fit into what is there then.
    let chain = world.chain.as_ref().unwrap();
    assert!(chain.provider.anvil_revert(before).await.unwrap());
    let limits = world.limits().await;
    assert_eq!((&limits["funds"], &limits["promised"]), (&bnb(60), &bnb(54)));
    // It is executed again, and posted.
    world.mine_the_first(&id).await;
    assert_eq!(world.room().await, room - 18 * BNB, "executed again");
    world.execute(&id, &[(1, 36)]).await;
    let limits = world.limits().await;
    assert_eq!((&limits["funds"], &limits["promised"]), (&bnb(24), &bnb(18)));
}

#[tokio::test]
async fn a_node_that_lags_behind_the_books_offers_no_money_that_is_gone() {
    let mut world = scarce_world().await;
    let id = world.signed_for_the_first().await;
    // Posted, and not executed where the node looks.
    world.execute(&id, &[(1, 36)]).await;
    let limits = world.limits().await;
    assert_eq!((&limits["funds"], &limits["promised"]), (&bnb(60), &bnb(36)));
    assert_eq!(world.room().await, 24 * BNB);
}

#[tokio::test]
async fn the_room_of_a_day_is_not_taken_twice_either() {
    let mut world = due_world().await;
    let chain = world.chain.as_ref().unwrap();
    let floor = 1_000 * BNB;
    for person in [1, 3] {
        chain.register(wallet(person), BNB).await;
    }
    let custody = chain.custody();
    let lower = custody.lowerOutflowCap(U256::from(floor));
    let lowered = lower.from(GUARDIAN.address).send().await.unwrap();
    assert!(lowered.get_receipt().await.unwrap().status());
    // Three quarters of half the cap are for batches: 375, of which one took 315.
    let gone = B256::repeat_byte(5);
    chain.pay(gone, &[(wallet(3), 315 * BNB)]).await;
    world.execute(&gone.to_string(), &[(3, 315)]).await;
    // What leaks out of the bucket meanwhile: it takes a day to run empty, and the test takes seconds.
    let about = |room: u128| room..room + BNB;
    assert!(about(60 * BNB).contains(&world.room().await));
    let id = world.signed_for_the_first().await;
    assert!(
        about(24 * BNB).contains(&world.room().await),
        "while it is under way"
    );
    world.mine_the_first(&id).await;
    assert!(
        about(24 * BNB).contains(&world.room().await),
        "when it is executed"
    );
    world.execute(&id, &[(1, 36)]).await;
    assert_eq!(world.limits().await["promised"], bnb(0));
    assert!(about(24 * BNB).contains(&world.room().await), "when it is posted");
}

#[tokio::test]
async fn a_node_that_fails_once_is_asked_again_and_one_that_always_fails_is_unavailable() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let node = &world.chain.as_ref().unwrap().node;
    for method in ["eth_call", "eth_getBlockByNumber"] {
        node.next(method, Fault::refuse("header not found"));
        let dry = json!({ "dry_run": true });
        let answer = world.post("/payouts/build-batch", Some(&builder), &dry).await;
        assert_eq!(answer.ok()["proposal"]["limits"]["funds"], bnb(5_000), "{method}");
        assert_eq!(node.waiting(), 0, "nobody met the fault of {method}");
    }
    node.always("eth_call", Fault::refuse("header not found"));
    let answer = world.build(&builder, "unseen", &json!({})).await;
    assert_eq!((answer.status, answer.code()), (503, "chain_unavailable"));
    // Nothing was requested, and the same key works as soon as the node does.
    node.clear();
    world.build(&builder, "unseen", &json!({})).await.ok();
}

#[tokio::test]
async fn a_node_that_took_long_to_fail_is_not_asked_again() {
    let world = due_world().await;
    let builder = world.sign_in(BUILDER).await;
    let node = &world.chain.as_ref().unwrap().node;
    node.always("eth_call", Fault::refuse("header not found"));
    node.always("eth_getBlockByNumber", Fault::Delay(Duration::from_millis(1_100)));
    node.forget();
    let answer = world.build(&builder, "slow", &json!({})).await;
    assert_eq!((answer.status, answer.code()), (503, "chain_unavailable"));
    assert_eq!(node.exchanges_of("eth_call").len(), 1);
}
