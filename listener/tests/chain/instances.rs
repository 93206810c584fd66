//! Two listeners at once: one records, the other waits; who lost the lease records nothing more. And a database that
//! breaks off.

use listener::{Step, StepError};
use store::lease::LeaseError;

use crate::world::{FINALITY, World, drain};

#[tokio::test]
async fn a_second_instance_waits_and_does_nothing_until_the_first_ends() {
    let world = World::start().await;
    let mut first = world.listener().await;
    let mut second = world.listener().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    assert_eq!(first.step().await.unwrap(), Step::Advanced);
    assert_eq!(second.step().await.unwrap(), Step::Standby);
    drain(&mut first).await;
    first.release().await.unwrap();
    world.fund(6_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    drain(&mut second).await;
    assert_eq!(world.kinds().await, ["funded", "funded"]);
    assert_eq!(first.step().await.unwrap(), Step::Standby);
    world.assert_truth().await;
}

#[tokio::test]
async fn an_instance_that_slept_through_its_lease_cannot_commit() {
    let world = World::start().await;
    let mut sleeper = world.listener().await;
    let mut successor = world.listener().await;
    drain(&mut sleeper).await;
    // As after a long pause of the process: it still believes that it holds the lease.
    sqlx::query("UPDATE lease SET expires_at = now() - interval '1 second'")
        .execute(world.database.pool())
        .await
        .unwrap();
    drain(&mut successor).await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    let before = world.contents().await;
    match sleeper.step().await {
        Err(StepError::Lease(LeaseError::Lost { .. })) | Ok(Step::Standby) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.contents().await, before);
    drain(&mut successor).await;
    assert_eq!(world.kinds().await, ["funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_database_that_breaks_off_costs_a_step_and_nothing_else() {
    let world = World::start().await;
    let mut listener = world.listener().await;
    drain(&mut listener).await;
    for round in 1..=3 {
        world.fund(5_000_000_000_000_000_000).await;
        world.mine(FINALITY + 1).await;
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND usename = 'trellis_listener'",
        )
        .execute(world.database.pool())
        .await
        .unwrap();
        for _ in 0..20 {
            // A broken connection shows as an error of this or the next step, or is replaced unseen.
            if let Ok(Step::Idle) = listener.step().await {
                break;
            }
        }
        assert_eq!(world.kinds().await.len(), round);
    }
    world.assert_truth().await;
}
