//! The real process, killed at each of its commit boundaries and started again; and how it ends otherwise.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi;
use devstack::services::{Ready, Service, ServiceSpec};
use testkit::wait_for;

use crate::world::{FINALITY, World, user};

/// Longer than anything takes on a busy machine.
pub(crate) const END_WITHIN: Duration = Duration::from_secs(60);

pub(crate) fn spec(world: &World, name: &str) -> ServiceSpec {
    let directory = world.files.path().to_path_buf();
    ServiceSpec {
        name: name.to_owned(),
        program: env!("CARGO_BIN_EXE_listener").to_owned(),
        arguments: Vec::new(),
        environment: vec![
            (
                "TRELLIS_DATABASE_URL".to_owned(),
                world.database.url_as("trellis_listener"),
            ),
            ("TRELLIS_RPC_URL".to_owned(), world.rpc_url()),
        ],
        ready: Ready::File,
        logs: directory.clone(),
        pids: directory,
    }
}

#[tokio::test]
async fn the_process_says_how_it_is_and_what_it_measured() {
    let world = World::start().await;
    let port = devstack::free_port().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let mut told = spec(&world, "listener");
    told.environment
        .push(("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    told.ready = Ready::Url(format!("{url}/ready"));
    let _listener = Service::start(told).await.unwrap();
    world.mine(FINALITY + 3).await;
    let head = world.head().await;
    let ready = wait_for("the head", END_WITHIN, async || {
        let answer = reqwest::get(format!("{url}/ready")).await.unwrap();
        let ready: serde_json::Value = answer.json().await.unwrap();
        (ready["head"] == head).then_some(ready)
    })
    .await;
    assert_eq!(ready["role"], "leads", "{ready}");
    assert!(ready["final"].as_u64().unwrap() < head, "{ready}");
    let metrics = reqwest::get(format!("{url}/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for name in [
        "trellis_listener_leads 1",
        "trellis_listener_final_timestamp_seconds",
    ] {
        assert!(metrics.contains(name), "{name}: {metrics}");
    }
}

async fn is_recorded_once_in_spite_of_a_crash_at(point: &str, recorded_before: usize) {
    let world = World::start().await;
    // A first run makes the checkpoint, so that the faulty one dies with the first blocks.
    let mut listener = Service::start(spec(&world, "listener")).await.unwrap();
    let head = i64::try_from(world.head().await).unwrap();
    wait_for("the head", END_WITHIN, async || {
        let at = "SELECT coalesce(max(head_number), -1) FROM checkpoint";
        (world.count(at).await == head).then_some(())
    })
    .await;
    listener.stop().unwrap();
    world.register(user(20), Address::ZERO).await;
    world.mine(1).await;
    world.register(user(21), user(20)).await;
    world.mine(FINALITY + 1).await;

    listener.restart_with_fault(point).unwrap();
    let status = listener.wait_until_ended(END_WITHIN).await.unwrap();
    assert_eq!(status.signal(), Some(9), "{status}");
    assert_eq!(world.inbox().await.len(), recorded_before);
    listener.restart().await.unwrap();
    world.wait_for_inbox(2).await;
    world.fund(1_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    world.wait_for_inbox(3).await;
    listener.stop().unwrap();
    assert_eq!(world.kinds().await, ["registered", "registered", "funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_crash_before_the_insert_loses_and_repeats_nothing() {
    is_recorded_once_in_spite_of_a_crash_at("listener.before_insert", 0).await;
}

#[tokio::test]
async fn a_crash_before_the_commit_loses_and_repeats_nothing() {
    is_recorded_once_in_spite_of_a_crash_at("listener.before_commit", 0).await;
}

#[tokio::test]
async fn a_crash_after_the_commit_loses_and_repeats_nothing() {
    is_recorded_once_in_spite_of_a_crash_at("listener.after_commit", 2).await;
}

#[tokio::test]
async fn two_processes_record_everything_once_and_the_second_takes_over_from_a_killed_one() {
    let world = World::start().await;
    let mut first = Service::start(spec(&world, "first")).await.unwrap();
    let mut second = Service::start(spec(&world, "second")).await.unwrap();
    world.register(user(20), Address::ZERO).await;
    world.mine(FINALITY + 1).await;
    world.wait_for_inbox(1).await;
    first.kill().unwrap();
    world.register(user(21), user(20)).await;
    world.mine(FINALITY + 1).await;
    world.wait_for_inbox(2).await;
    second.stop().unwrap();
    world.assert_truth().await;
}

#[tokio::test]
async fn a_fork_below_finality_ends_the_process_with_its_own_status_and_an_alarm() {
    let world = World::start().await;
    let mut listener = Service::start(spec(&world, "listener")).await.unwrap();
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 2).await;
    world.wait_for_inbox(1).await;
    let depth = FINALITY + 2;
    world.provider.anvil_rollback(Some(depth)).await.unwrap();
    world.provider.anvil_increase_time(7).await.unwrap();
    world.mine(depth + 1).await;
    let status = listener.wait_until_ended(END_WITHIN).await.unwrap();
    assert_eq!(status.code(), Some(3), "{status}");
    let log = std::fs::read_to_string(listener.log()).unwrap();
    assert!(
        log.contains("ERROR") && log.contains("finality violated"),
        "{log}"
    );
    assert_eq!(world.reorganizations().await, [(true, 0)]);
}
