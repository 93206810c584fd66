//! Days of a plan on a running system: the schedule ends them by the chain's clock, and what happens lies on its own day.

use abi::ICustody;
use abi::development::TREASURER;
use alloy::eips::BlockId;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anvil_tests::{World, bnb};

const DAY_SECONDS: u64 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_three_days_are_posted_each_on_its_day() {
    let mut world = World::start_under("plans/subscription.toml").await.unwrap();
    let newest = world
        .provider
        .get_block(BlockId::latest())
        .await
        .unwrap()
        .unwrap();
    // Noon of the next day, whatever time it is here.
    let noon = DAY_SECONDS / 2 + DAY_SECONDS - newest.header.timestamp % DAY_SECONDS;
    for (day, later) in [noon, DAY_SECONDS, DAY_SECONDS].into_iter().enumerate() {
        if day == 2 {
            // What happens meanwhile waits, and is posted when the schedule is back.
            world.system.scheduler.as_mut().unwrap().kill().unwrap();
        }
        world.pass_time(later).await.unwrap();
        let fund = ICustody::fundCall {}.abi_encode().into();
        let receipt = world.send(TREASURER.address, bnb(1), fund).await.unwrap();
        assert!(receipt.status());
    }
    world.system.scheduler.as_mut().unwrap().restart().await.unwrap();
    world.settle().await.unwrap();
    let order = "SELECT string_agg(source, ' ' ORDER BY seq) FROM fact JOIN inbox ON inbox.id = inbox_id";
    let order: String = sqlx::query_scalar(order)
        .fetch_one(world.ledger.pool())
        .await
        .unwrap();
    // In front: the day before the contract's, and that day; one more when it was midnight meanwhile.
    let since = order.trim_start_matches("schedule ");
    assert!(order.starts_with("schedule schedule "), "{order}");
    assert_eq!(since, "chain schedule chain schedule chain");
    world.verify().unwrap();
}
