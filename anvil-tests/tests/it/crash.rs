//! Every process is killed at each of its commit boundaries, in the middle of a payment's way.

use anvil_tests::{World, has_died};

const LISTENER: [&str; 3] = [
    "listener.before_insert",
    "listener.before_commit",
    "listener.after_commit",
];
const WORKER: [&str; 3] = [
    "posting.after_apply",
    "posting.before_commit",
    "posting.after_commit",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_killed_at_any_commit_boundary_loses_and_doubles_nothing() {
    let mut world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.register(&world, None).await.unwrap();
    world.settle().await.unwrap();
    for (number, point) in LISTENER.into_iter().enumerate() {
        world.system.listener.restart_with_fault(point).unwrap();
        let mut person = world.person(9 + number);
        person.register(&world, Some(root.address())).await.unwrap();
        has_died(&mut world.system.listener, point).await;
        world.system.listener.restart().await.unwrap();
        let oracle = world.check().await.unwrap();
        assert_eq!(oracle.facts, number + 2, "after {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_posting_worker_killed_at_any_commit_boundary_loses_and_doubles_nothing() {
    let mut world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.register(&world, None).await.unwrap();
    world.settle().await.unwrap();
    for (number, point) in WORKER.into_iter().enumerate() {
        world.system.worker.restart_with_fault(point).unwrap();
        let mut person = world.person(9 + number);
        person.register(&world, Some(root.address())).await.unwrap();
        has_died(&mut world.system.worker, point).await;
        world.system.worker.restart().await.unwrap();
        let oracle = world.check().await.unwrap();
        assert_eq!(oracle.facts, number + 2, "after {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn services_killed_at_any_time_continue_where_they_were() {
    let mut world = World::start().await.unwrap();
    let mut root = world.person(8);
    root.register(&world, None).await.unwrap();
    world.settle().await.unwrap();
    for account in 9..13 {
        let mut person = world.person(account);
        person.register(&world, Some(root.address())).await.unwrap();
        world.system.listener.kill().unwrap();
        world.system.worker.kill().unwrap();
        world.system.signer.kill().unwrap();
        world.system.signer.restart().await.unwrap();
        world.system.worker.restart().await.unwrap();
        world.system.listener.restart().await.unwrap();
    }
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 5);
}
