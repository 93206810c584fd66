//! Two listeners or two posting workers at once: one works, the other waits, and takes over when the first dies.

use anvil_tests::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_second_of_a_kind_takes_over_and_nothing_is_doubled() {
    let mut world = World::start().await.unwrap();
    let mut second_listener = world.second_instance(&world.system.listener).await.unwrap();
    let mut second_worker = world.second_instance(&world.system.worker).await.unwrap();
    let mut root = world.person(8);
    root.register(&world, None).await.unwrap();
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 1);

    world.system.listener.kill().unwrap();
    world.system.worker.kill().unwrap();
    let mut second = world.person(9);
    second.register(&world, Some(root.address())).await.unwrap();
    let oracle = world.check().await.unwrap();
    assert_eq!(oracle.facts, 2);
    second_listener.check_running().unwrap();
    second_worker.check_running().unwrap();
}
