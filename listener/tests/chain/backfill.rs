//! Catching up by ranges records what following block by block records.

use crate::proxy::{Lie, Proxy};
use crate::world::{FINALITY, World, assert_truth_in, drain, inbox_of};
use testkit::TestDatabase;

/// A database of its own for the same ledger.
pub(crate) async fn second_database(world: &World) -> TestDatabase {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    store::deployment::insert(&mut connection, &world.deployment)
        .await
        .unwrap();
    database
}

async fn final_state(database: &TestDatabase) -> (i64, Vec<u8>, Vec<u8>) {
    sqlx::query_as("SELECT final_seq, final_root, final_hash FROM checkpoint")
        .fetch_one(database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn ranges_record_the_same_as_following_also_when_the_node_limits_them() {
    let world = World::start().await;
    let mut follower = world.listener().await;
    for round in 0..12 {
        world
            .fund(5_000_000_000_000_000_000 + round * 1_000_000_000_000_000_000)
            .await;
        world.fund(1_000_000_000_000_000_000).await;
        world.mine(25).await;
        drain(&mut follower).await;
    }
    world.mine(FINALITY).await;
    drain(&mut follower).await;
    assert_eq!(world.inbox().await.len(), 24);
    for lie in [Lie::None, Lie::RangeRefused(30), Lie::LogsCut(3)] {
        let database = second_database(&world).await;
        let proxy = Proxy::start(world.rpc_url(), lie).await;
        let mut listener = world.listener_on(&proxy.url, &database).await;
        // A silent limit shows as missing logs: each failure requests less.
        let mut failures = 0;
        loop {
            match listener.step().await {
                Ok(listener::Step::Idle) => break,
                Ok(_) => {}
                Err(error) => {
                    failures += 1;
                    assert!(failures < 40, "{error:?}");
                    assert_eq!(lie, Lie::LogsCut(3), "{error:?}");
                }
            }
        }
        assert_eq!(inbox_of(&database).await, world.inbox().await, "{lie:?}");
        assert_eq!(final_state(&database).await, final_state(&world.database).await);
        assert_truth_in(&world, &database).await;
        let held: i64 = sqlx::query_scalar("SELECT count(*) FROM chain_block WHERE final")
            .fetch_one(database.pool())
            .await
            .unwrap();
        assert!(
            held < 200,
            "only blocks with logs and ends of ranges are held: {held}"
        );
    }
}

#[tokio::test]
async fn a_listener_that_was_down_for_long_catches_up_from_what_it_held() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(2).await;
    drain(&mut listener).await;
    world.fund(6_000_000_000_000_000_000).await;
    world.mine(2_500).await;
    world.fund(7_000_000_000_000_000_000).await;
    world.mine(100).await;
    let mut later = world.listener_again(listener).await;
    drain(&mut later).await;
    assert_eq!(world.kinds().await, ["funded", "funded", "funded"]);
    world.assert_truth().await;
}
