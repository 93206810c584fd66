//! A node that lies or lags: the contract's journal shows it, and nothing is recorded.

use listener::{Halt, Step, StepError};

use crate::proxy::{Lie, Proxy};
use crate::world::{FINALITY, World, drain, drain_to_error};

/// Steps through a lie; then the node is honest again and everything is recorded.
async fn is_refused(lie: Lie, expected: fn(&StepError) -> bool) {
    let world = World::start().await;
    let proxy = Proxy::start(world.rpc_url(), Lie::None).await;
    let mut listener = world.listener_at(&proxy.url).await;
    drain(&mut listener).await;
    let before = world.contents().await;
    proxy.now(lie);
    world.fund(5_000_000_000_000_000_000).await;
    world.fund(6_000_000_000_000_000_000).await;
    world.mine(FINALITY + 1).await;
    for _ in 0..3 {
        let error = drain_to_error(&mut listener).await;
        assert!(expected(&error), "{error:?}");
    }
    assert_eq!(world.contents().await, before);
    proxy.now(Lie::None);
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded", "funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_node_that_hides_all_logs_is_not_believed() {
    is_refused(Lie::NoLogs, |error| matches!(error, StepError::Incomplete { .. })).await;
}

#[tokio::test]
async fn a_node_that_hides_the_last_log_is_not_believed() {
    is_refused(Lie::LastLogMissing, |error| {
        matches!(error, StepError::Incomplete { .. })
    })
    .await;
}

#[tokio::test]
async fn a_node_that_adds_a_log_is_not_believed() {
    is_refused(Lie::LogAdded, |error| {
        matches!(error, StepError::NotContiguous { .. })
    })
    .await;
}

#[tokio::test]
async fn a_node_that_alters_one_log_is_not_believed() {
    is_refused(Lie::LogAltered, |error| {
        matches!(error, StepError::Incomplete { .. })
    })
    .await;
}

#[tokio::test]
async fn a_node_that_answers_with_logs_of_another_contract_is_not_believed() {
    is_refused(Lie::LogsOfAnother, |error| matches!(error, StepError::Chain(_))).await;
}

#[tokio::test]
async fn a_node_that_forges_a_header_is_not_believed() {
    is_refused(Lie::HeaderForged, |error| matches!(error, StepError::Chain(_))).await;
}

#[tokio::test]
async fn an_unknown_event_halts_and_is_never_skipped() {
    is_refused(Lie::UnknownEvent, |error| {
        matches!(error, StepError::Halt(Halt::UnknownEvent { .. }))
    })
    .await;
}

#[tokio::test]
async fn a_node_that_hides_logs_below_finality_is_not_believed() {
    let world = World::start().await;
    let proxy = Proxy::start(world.rpc_url(), Lie::NoLogs).await;
    let mut listener = world.listener_at(&proxy.url).await;
    assert_eq!(listener.step().await.unwrap(), Step::Advanced);
    let before = world.contents().await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(200).await;
    let error = drain_to_error(&mut listener).await;
    assert!(matches!(error, StepError::Incomplete { .. }), "{error:?}");
    assert_eq!(world.contents().await, before);
    proxy.now(Lie::None);
    drain(&mut listener).await;
    assert_eq!(world.kinds().await, ["funded"]);
    world.assert_truth().await;
}

#[tokio::test]
async fn a_lagging_node_is_waited_for_and_takes_nothing_back() {
    let world = World::start().await;
    let proxy = Proxy::start(world.rpc_url(), Lie::None).await;
    let mut listener = world.listener_at(&proxy.url).await;
    world.fund(5_000_000_000_000_000_000).await;
    world.mine(FINALITY + 6).await;
    drain(&mut listener).await;
    let before = world.contents().await;
    for lag in 1..=9 {
        proxy.now(Lie::Lagging(lag));
        assert_eq!(listener.step().await.unwrap(), Step::Stale, "{lag} blocks");
    }
    assert_eq!(world.contents().await, before);
    assert_eq!(world.reorganizations().await, []);
    proxy.now(Lie::None);
    world.mine(1).await;
    assert_eq!(listener.step().await.unwrap(), Step::Advanced);
    world.assert_truth().await;
}
