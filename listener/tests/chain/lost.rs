//! A failover to a replica that had not received the last commits: checkpoint and causes go back together, and the chain is
//! re-read from there.

use listener::Step;
use store::lease::{self, LeaseName};
use testkit::{TestDatabase, wait_for};

use crate::crash::{END_WITHIN, spec};
use crate::world::{FINALITY, World, drain};

use devstack::services::Service;

/// So much that the last seconds hold final and provisional blocks.
async fn goes_on(world: &World, times: u64) {
    for _ in 0..times {
        world.fund(5_000_000_000_000_000_000).await;
        world.mine(2).await;
    }
}

async fn epoch(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("SELECT epoch FROM lease WHERE name = 'listener'")
        .fetch_one(database.pool())
        .await
        .unwrap()
}

#[tokio::test]
async fn checkpoint_and_causes_go_back_together_and_everything_comes_once() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    for round in 1..=3 {
        goes_on(&world, 4).await;
        drain(&mut listener).await;
        let (kept, causes) = (world.contents().await, world.inbox().await.len());
        let replica = world.database.replica().await;
        goes_on(&world, 3).await;
        world.mine(FINALITY).await;
        for _ in 0..20 {
            let _ = listener.step().await;
        }
        assert!(world.inbox().await.len() > causes, "round {round}");

        world.database.fail_over(replica).await;
        assert_eq!(world.contents().await, kept);
        world.assert_truth().await;
        // The same process goes on, or the next one begins.
        if round == 2 {
            listener = world.listener().await;
        }
        wait_for("a listener that goes on", END_WITHIN, async || {
            matches!(listener.step().await, Ok(Step::Idle)).then_some(())
        })
        .await;
        world.assert_truth().await;
        assert_eq!(world.inbox().await.len(), usize::try_from(round).unwrap() * 7);
    }
}

#[tokio::test]
async fn a_fork_behind_the_lost_commits_is_followed_from_what_is_left() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    goes_on(&world, 2).await;
    drain(&mut listener).await;
    let replica = world.database.replica().await;
    world.fork(2, Vec::new()).await;
    goes_on(&world, 2).await;
    for _ in 0..20 {
        let _ = listener.step().await;
    }
    world.database.fail_over(replica).await;
    wait_for("a listener that goes on", END_WITHIN, async || {
        matches!(listener.step().await, Ok(Step::Idle)).then_some(())
    })
    .await;
    world.mine(FINALITY).await;
    drain(&mut listener).await;
    world.assert_truth().await;
}

#[tokio::test]
async fn two_that_were_given_the_same_epoch_record_everything_once() {
    let world = World::start().await;
    let mut first = world.listener().await;
    drain(&mut first).await;
    first.release().await.unwrap();
    let replica = world.database.replica().await;
    // Its epoch is lost with the failover, and given again.
    let mut second = world.listener().await;
    drain(&mut second).await;
    let given = epoch(&world.database).await;
    world.database.fail_over(replica).await;
    let mut third = world.listener().await;
    wait_for("the third one to lead", END_WITHIN, async || {
        matches!(third.step().await, Ok(Step::Idle)).then_some(())
    })
    .await;
    assert_eq!(epoch(&world.database).await, given);
    for _ in 0..5 {
        goes_on(&world, 1).await;
        world.mine(FINALITY).await;
        for _ in 0..6 {
            // Both believe that they lead; whoever comes second finds another checkpoint than it has read.
            let (_, _) = tokio::join!(second.step(), third.step());
        }
    }
    wait_for("everything to be recorded", END_WITHIN, async || {
        let (_, _) = tokio::join!(second.step(), third.step());
        (world.inbox().await.len() == 5).then_some(())
    })
    .await;
    world.assert_truth().await;
}

#[tokio::test]
async fn a_process_survives_a_failover_that_loses_commits() {
    let world = World::start().await;
    let mut listener = Service::start(spec(&world, "listener")).await.unwrap();
    goes_on(&world, 3).await;
    world.mine(FINALITY).await;
    world.wait_for_inbox(3).await;
    let replica = world.database.replica().await;
    goes_on(&world, 3).await;
    world.mine(FINALITY).await;
    world.wait_for_inbox(6).await;
    let kept = "SELECT count(*)::text FROM inbox";
    assert_eq!(world.database.found_in(&replica, kept).await, "3");
    world.database.fail_over(replica).await;
    world.wait_for_inbox(6).await;
    goes_on(&world, 1).await;
    world.mine(FINALITY).await;
    world.wait_for_inbox(7).await;
    listener.stop().unwrap();
    world.assert_truth().await;
    // Its lease is free again.
    let mut connection = world.database.connection().await;
    let ttl = std::time::Duration::from_secs(1);
    let claimed = lease::claim(&mut connection, LeaseName::Listener, "a test", ttl).await;
    assert!(claimed.unwrap().is_some());
}
