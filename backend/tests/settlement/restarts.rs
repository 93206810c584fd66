//! Workers that die at every commit boundary, and workers that are not the worker any more: whoever comes next goes on
//! from the database, and everything is paid exactly once.

use alloy::primitives::{Address, B256};
use backend::settlement::StepError;
use store::lease::LeaseError;

use crate::world::{BNB, PATIENCE, World, until};

/// Boundaries at which a batch is not sealed yet, or sealed a moment ago.
const SEALING: [&str; 2] = ["settlement.before_seal", "settlement.after_seal"];

/// Boundaries on the way from the wish to a final payment.
const SENDING: [&str; 9] = [
    "settlement.before_allocate",
    "settlement.after_allocate",
    "settlement.after_sign_request",
    "settlement.before_sign",
    "settlement.after_sign",
    "settlement.before_broadcast",
    "settlement.after_broadcast",
    "settlement.after_send_stored",
    "settlement.after_mark",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_die_at_every_boundary_and_everything_is_paid_exactly_once() {
    let world = World::with_payees(SEALING.len() + SENDING.len()).await;
    world.swept().await.release().await.unwrap();
    let mut process = world.process().await;
    let mut points = SEALING.iter().chain(&SENDING).zip(&world.users).zip(1..);
    let mut batches = Vec::new();
    for ((point, payee), id) in points.by_ref() {
        let is_sealing = SEALING.contains(point);
        process.stop().unwrap();
        let batch = if is_sealing {
            process.restart_with_fault(point).unwrap();
            world.request(id, &[*payee]).await
        } else {
            process.restart().await.unwrap();
            let batch = world.request(id, &[*payee]).await;
            wait_for_state(&world, batch, "sealed").await;
            process.restart_with_fault(point).unwrap();
            world.authorize(batch, 900).await;
            batch
        };
        let status = process.wait_until_ended(PATIENCE).await.unwrap();
        assert!(!status.success(), "{point} was not reached");
        if *point == "settlement.before_broadcast" {
            let unsent = "SELECT count(*)::text FROM attempt WHERE sends = 0";
            assert_eq!(
                world.one(unsent).await,
                "1",
                "the bytes are stored before they are sent"
            );
        }
        process.restart().await.unwrap();
        if is_sealing {
            wait_for_state(&world, batch, "sealed").await;
            world.authorize(batch, 900).await;
        }
        wait_for_state(&world, batch, "executed").await;
        batches.push((batch, *payee));
    }
    testkit::wait_for("everything closed", PATIENCE, async || {
        (world.live().await == "0").then_some(())
    })
    .await;
    check_paid_once(&world, &batches).await;
}

async fn check_paid_once(world: &World, batches: &[(B256, Address)]) {
    assert_eq!(world.executed().await, batches.len());
    for (_, payee) in batches {
        assert_eq!(world.paid(*payee).await, 18 * BNB);
    }
    let gaps = "SELECT (max(nonce) - min(nonce) + 1 = count(*) AND max(nonce) + 1 =
        (SELECT next_nonce FROM sender_account))::text FROM submission";
    assert_eq!(world.one(gaps).await, "true", "nonces have no gaps");
    let others = "SELECT count(*)::text FROM submission WHERE state <> 'final_ok'";
    assert_eq!(world.one(others).await, "0");
    let attempts = "SELECT max(number)::text FROM attempt";
    assert_eq!(world.one(attempts).await, "1", "a restart signs nothing anew");
}

async fn wait_for_state(world: &World, batch: B256, state: &str) {
    testkit::wait_for(state, PATIENCE, async || {
        (world.state(batch).await == state).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_happens_once_wherever_the_worker_dies() {
    let mut world = World::with_payees(2).await;
    world.swept().await.release().await.unwrap();
    world.transaction_signer.stop().unwrap();
    let mut process = world.process().await;
    for (point, id) in ["settlement.before_release", "settlement.after_release"]
        .iter()
        .zip(1u8..)
    {
        let payee = world.users[usize::from(id) - 1];
        let batch = world.request(id, &[payee]).await;
        wait_for_state(&world, batch, "sealed").await;
        world.authorize(batch, 60).await;
        testkit::wait_for("allocated", PATIENCE, async || {
            (world.live().await == id.to_string()).then_some(())
        })
        .await;
        process.restart_with_fault(point).unwrap();
        world.pass(120).await;
        let status = process.wait_until_ended(PATIENCE).await.unwrap();
        assert!(!status.success(), "{point} was not reached");
        process.restart().await.unwrap();
        wait_for_state(&world, batch, "expired").await;
    }
    let released = "SELECT count(*)::text FROM inbox WHERE source = 'schedule'";
    assert_eq!(world.one(released).await, "2");
    assert_eq!(world.executed().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_writes_nothing_and_ends() {
    let world = World::with_payees(2).await;
    let mut first = world.swept().await;
    let batch = world.submitted(&mut first, 1, &world.users[..1], 600).await;
    // The first one sleeps for longer than its lease lasts, and wakes up when someone else is the worker.
    let mut second = world.worker().await;
    let before = world.one("SELECT count(*)::text FROM submission").await;
    let lost = first.step().await;
    assert!(
        matches!(lost, Err(StepError::Lease(LeaseError::Lost { .. }))),
        "{lost:?}"
    );
    assert_eq!(world.one("SELECT count(*)::text FROM submission").await, before);
    until(&mut second, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    assert_eq!(world.executed().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_stands_by_and_takes_over_from_a_killed_one() {
    let world = World::with_payees(1).await;
    world.swept().await.release().await.unwrap();
    let mut first = world.process().await;
    let second = world.process().await;
    first.kill().unwrap();
    let batch = world.request(1, &world.users[..1]).await;
    wait_for_state(&world, batch, "sealed").await;
    world.authorize(batch, 600).await;
    wait_for_state(&world, batch, "executed").await;
    assert_eq!(world.executed().await, 1);
    drop(second);
}
