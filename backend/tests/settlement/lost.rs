//! A failover to a replica that had not received the last commits: what was sent and is forgotten is not paid again.

use std::path::Path;
use std::process::Command;

use abi::development;
use alloy::primitives::B256;
use backend::settlement::resume;
use devstack::services::Service;
use testkit::wait_for;

use crate::world::{BNB, PATIENCE, World};

async fn becomes(world: &World, batch: B256, state: &str) {
    wait_for(state, PATIENCE, async || {
        (world.state(batch).await == state).then_some(())
    })
    .await;
}

/// The settlement worker's process, stopped, when this batch is sealed.
async fn stopped_at_seal(world: &World, batch: B256) -> Service {
    let mut process = world.process().await;
    becomes(world, batch, "sealed").await;
    process.stop().unwrap();
    process
}

async fn is_paused(world: &World) -> bool {
    world
        .one("SELECT (paused IS NOT NULL)::text FROM sender_account")
        .await
        == "true"
}

/// What two people do who found out that nobody else used the account.
async fn resume_account(world: &World, process: &mut Service) {
    wait_for("the account to be paused", PATIENCE, async || {
        is_paused(world).await.then_some(())
    })
    .await;
    process.stop().unwrap();
    wait_for("the account to send again", PATIENCE, async || {
        let resumed = resume(&world.config(&[]), "the database lost commits").await;
        resumed.is_ok().then_some(())
    })
    .await;
    process.restart().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_the_ledger_forgot_is_not_made_again() {
    let world = World::with_payees(2).await;
    world.swept().await.release().await.unwrap();
    let batch = world.request(1, &world.users[..1]).await;
    let mut process = stopped_at_seal(&world, batch).await;
    world.authorize(batch, 900).await;
    let replica = world.ledger.replica().await;
    process.restart().await.unwrap();
    becomes(&world, batch, "executed").await;

    let executed = "SELECT count(*)::text FROM payout_batch WHERE state = 'executed'";
    let kept = world.ledger.found_in(&replica, executed).await;
    assert_eq!(kept, "0", "it is forgotten");
    world.ledger.fail_over(replica).await;
    // The chain says it again, and it is unknown whose transaction it was: manual review is required.
    becomes(&world, batch, "executed").await;
    assert_eq!(world.executed().await, 1);
    assert_eq!(world.paid(world.users[0]).await, 18 * BNB);
    resume_account(&world, &mut process).await;
    let next = world.request(2, &world.users[1..2]).await;
    becomes(&world, next, "sealed").await;
    world.authorize(next, 900).await;
    becomes(&world, next, "executed").await;
    assert_eq!(world.executed().await, 2);
    assert_eq!(world.paid(world.users[0]).await, 18 * BNB);
    assert_eq!(world.paid(world.users[1]).await, 18 * BNB);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_waits_in_the_pool_and_is_forgotten_is_signed_and_paid_once() {
    let world = World::with_payees(1).await;
    world.swept().await.release().await.unwrap();
    let batch = world.request(1, &world.users[..1]).await;
    let mut process = stopped_at_seal(&world, batch).await;
    world.authorize(batch, 900).await;
    world.mine(false).await;
    let replica = world.ledger.replica().await;
    process.restart().await.unwrap();
    // Its hash, and when that was stored.
    let sent_after = async |stored: &str| {
        let sent = "SELECT transaction_hash::text || ' ' || signed_at::text FROM attempt JOIN submission
            ON submission.id = submission_id WHERE sends > 0 AND kind = 'batch' UNION ALL SELECT '' LIMIT 1";
        wait_for("the transaction to be sent", PATIENCE, async || {
            let found = world.one(sent).await;
            let (hash, signed_at) = found.split_once(' ')?;
            (signed_at > stored).then(|| (hash.to_owned(), signed_at.to_owned()))
        })
        .await
    };
    let (first, stored) = sent_after("").await;
    world.ledger.fail_over(replica).await;
    // It is forgotten, and done again. The signer remembers: the same request gets the same bytes.
    assert_eq!(sent_after(&stored).await.0, first);
    world.mine(true).await;
    becomes(&world, batch, "executed").await;
    assert_eq!(
        (world.executed().await, world.paid(world.users[0]).await),
        (1, 18 * BNB)
    );
    assert!(!is_paused(&world).await);
    process.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_a_forgotten_transaction_is_not_signed_for_another_batch() {
    let world = World::with_payees(2).await;
    world.swept().await.release().await.unwrap();
    let (first, second) = (
        world.request(1, &world.users[..1]).await,
        world.request(2, &world.users[1..2]).await,
    );
    let mut process = stopped_at_seal(&world, second).await;
    becomes(&world, first, "sealed").await;
    world.mine(false).await;
    let replica = world.ledger.replica().await;
    world.authorize(first, 900).await;
    process.restart().await.unwrap();
    wait_for("the first to be sent", PATIENCE, async || {
        (world.sent(first).await == 1).then_some(())
    })
    .await;
    world.ledger.fail_over(replica).await;
    world.authorize(second, 900).await;
    // It would have the same number: the signer refuses, and signs nothing more before people have looked.
    let refused = "SELECT count(*)::text FROM audit_log WHERE action = 'signature_waits'
        AND detail->>'cause' = 'equivocation'";
    wait_for("the signer to refuse", PATIENCE, async || {
        (world.one(refused).await == "1").then_some(())
    })
    .await;
    assert_eq!(world.sent(second).await, 0);

    world.mine(true).await;
    wait_for("the first to be paid", PATIENCE, async || {
        (world.paid(world.users[0]).await == 18 * BNB).then_some(())
    })
    .await;
    becomes(&world, first, "executed").await;
    let signer = Path::new(env!("CARGO_BIN_EXE_backend")).with_file_name("signer");
    let resumed = Command::new(signer)
        .args([
            "resume",
            "--purpose",
            "transactions",
            "--reason",
            "the database lost commits",
        ])
        .args(["--signer", &development::SUBMITTER.address.to_string()])
        .env("TRELLIS_DATABASE_URL", world.signers.url())
        .output()
        .unwrap();
    assert!(resumed.status.success(), "{resumed:?}");
    resume_account(&world, &mut process).await;
    becomes(&world, second, "executed").await;
    assert_eq!(world.executed().await, 2);
    for payee in &world.users[..2] {
        assert_eq!(world.paid(*payee).await, 18 * BNB);
    }
}
