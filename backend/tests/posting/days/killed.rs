//! The schedule as a process: killed at each boundary, two at once, and for a plan without days.

use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use tempfile::TempDir;
use testkit::wait_for;

use super::{DAY, DEPLOYED_AT, PATIENCE, World};
use crate::{PLAN, post_all};

async fn process(world: &World, files: &TempDir) -> Service {
    let port = free_port().unwrap();
    let service = Service::start(ServiceSpec {
        name: format!("schedule-{port}"),
        program: env!("CARGO_BIN_EXE_backend").to_owned(),
        arguments: vec!["schedule".to_owned()],
        environment: vec![
            (
                "TRELLIS_DATABASE_URL".to_owned(),
                world.database.url_as("trellis_scheduler"),
            ),
            ("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("TRELLIS_LEASE_TTL_MS".to_owned(), "500".to_owned()),
        ],
        ready: Ready::Url(format!("http://127.0.0.1:{port}/health/ready")),
        logs: files.path().to_path_buf(),
        pids: files.path().to_path_buf(),
    });
    service.await.unwrap()
}

async fn wait_for_days(world: &mut World, days: usize) {
    wait_for("the days", PATIENCE, async || {
        (world.sent().await.len() >= days).then_some(())
    })
    .await;
}

/// All days so far, each once and in order.
async fn check_each_once(world: &mut World, days: usize) {
    let all = world.sent().await;
    assert_eq!(all.len(), days);
    let mut sorted = all.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(all, sorted);
    let (mut writer, mut connection) = world.writer().await;
    assert_eq!(post_all(&mut writer, &mut connection).await, days);
    assert_eq!(world.facts().await, all);
}

#[tokio::test]
async fn days_are_sent_once_wherever_the_process_is_killed() {
    let mut world = World::begun("Europe/Berlin").await;
    let files = tempfile::tempdir().unwrap();
    let mut service = process(&world, &files).await;
    wait_for_days(&mut world, 1).await;
    let points = ["schedule.before_commit", "schedule.after_commit"];
    for (point, days) in points.iter().zip(1..) {
        service.restart_with_fault(point).unwrap();
        world.reaches(DEPLOYED_AT + days * 40 * DAY).await;
        let status = service.wait_until_ended(PATIENCE).await.unwrap();
        assert!(!status.success(), "{point} was not reached");
        service.restart().await.unwrap();
        wait_for_days(&mut world, 1 + usize::try_from(days).unwrap() * 40).await;
    }
    service.stop().unwrap();
    check_each_once(&mut world, 81).await;
}

#[tokio::test]
async fn of_two_processes_one_sends_and_the_other_follows() {
    let mut world = World::begun("UTC").await;
    let files = tempfile::tempdir().unwrap();
    let mut first = process(&world, &files).await;
    wait_for_days(&mut world, 1).await;
    let mut second = process(&world, &files).await;
    for days in 1..=20 {
        if days == 10 {
            first.kill().unwrap();
        }
        world.reaches(DEPLOYED_AT + days * DAY).await;
        wait_for_days(&mut world, 1 + usize::try_from(days).unwrap()).await;
    }
    second.stop().unwrap();
    check_each_once(&mut world, 21).await;
}

#[tokio::test]
async fn a_plan_without_days_leaves_the_process_nothing_to_do() {
    let mut world = World::of(PLAN).await;
    world.reaches(DEPLOYED_AT).await;
    let files = tempfile::tempdir().unwrap();
    let mut service = process(&world, &files).await;
    world.happens(DEPLOYED_AT + 40 * DAY, 2).await;
    // Its causes wait for no day.
    let (mut writer, mut connection) = world.writer().await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 2);
    service.check_running().unwrap();
    let said = std::fs::read_to_string(service.log()).unwrap();
    assert!(said.contains("the plan has no days"), "{said}");
    service.stop().unwrap();
    assert!(world.sent().await.is_empty());
}
