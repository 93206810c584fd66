//! Batches from money held back to a finalized payment, and everything that may end them otherwise.

use abi::development;
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use backend::settlement::Step;

use crate::world::{BNB, World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_from_the_sweep_of_its_escrow_to_a_final_payment() {
    let world = World::with_payees(3).await;
    let mut worker = world.swept().await;
    let payees = &world.users[..3];
    let batch = world.submitted(&mut worker, 1, payees, 600).await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    for payee in payees {
        assert_eq!(world.paid(*payee).await, 18 * BNB);
    }
    until(&mut worker, "closed", async || world.live().await == "0").await;
    assert_eq!(world.submissions().await, "sweep final_ok, batch final_ok");
    let gas =
        "SELECT (gas_used > 0 AND gas_price > 0)::text FROM attempt ORDER BY submission_id DESC LIMIT 1";
    assert_eq!(world.one(gas).await, "true", "what it cost is recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_nobody_can_send_in_time_is_released_by_proof_and_its_nonce_is_filled_with_nothing() {
    let mut world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    world.transaction_signer.stop().unwrap();
    let payee = world.users[0];
    let batch = world.submitted(&mut worker, 1, &[payee], 600).await;
    until(&mut worker, "allocated", async || world.live().await == "1").await;
    world.pass(700).await;
    until(&mut worker, "expired", async || {
        world.state(batch).await == "expired"
    })
    .await;
    world.transaction_signer.restart().await.unwrap();
    until(&mut worker, "dead", async || world.live().await == "0").await;
    assert_eq!(world.submissions().await, "sweep final_ok, batch dead");

    let again = world.submitted(&mut worker, 2, &[payee], 600).await;
    until(&mut worker, "executed", async || {
        world.state(again).await == "executed"
    })
    .await;
    assert_eq!(world.paid(payee).await, 18 * BNB);
    assert_eq!(world.executed().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_operators_give_up_is_replaced_by_nothing_and_released_after_its_deadline() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let batch = world.waiting(&mut worker).await;
    world
        .run("UPDATE payout_batch SET cancel_requested_at = now(), cancel_requested_by = requested_by")
        .await;
    until(&mut worker, "a replacement is sent", async || {
        world.sent(batch).await == 2
    })
    .await;
    world.mine(true).await;
    until(&mut worker, "dead", async || world.live().await == "0").await;
    assert_eq!(
        world.state(batch).await,
        "submitting",
        "it may be executed until its deadline"
    );
    world.pass(700).await;
    until(&mut worker, "cancelled", async || {
        world.state(batch).await == "cancelled"
    })
    .await;
    assert_eq!(world.executed().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_raise_the_fee_of_a_stuck_batch_and_only_one_attempt_lands() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let batch = world.waiting(&mut worker).await;
    world
        .run("UPDATE payout_batch SET bump_requested_at = now()")
        .await;
    until(&mut worker, "a dearer attempt is sent", async || {
        world.sent(batch).await == 2
    })
    .await;
    world.mine(true).await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    until(&mut worker, "closed", async || world.live().await == "0").await;
    let landed = "SELECT string_agg(number::text || coalesce(' in a block', ''), ',') FROM attempt
        WHERE included_block IS NOT NULL AND submission_id = (SELECT max(id) FROM submission)";
    assert_eq!(world.one(landed).await, "2 in a block");
    let dearer = "SELECT (max(max_fee) * 8 > min(max_fee) * 9)::text FROM attempt
        WHERE submission_id = (SELECT max(id) FROM submission)";
    assert_eq!(world.one(dearer).await, "true");
    assert_eq!(world.executed().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_reverts_although_it_is_valid_is_put_aside_for_people() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let batch = world.waiting(&mut worker).await;
    let custody = world.custody();
    let pause = custody.pause().from(development::ADMIN.address);
    // The node estimates behind the batch that waits; ahead of it, a pause writes to a slot that is still zero.
    let pause = pause
        .gas(200_000)
        .max_fee_per_gas(900_000_000_000)
        .max_priority_fee_per_gas(900_000_000_000);
    let pending = pause.send().await.unwrap();
    world.mine(true).await;
    assert!(pending.get_receipt().await.unwrap().status());
    until(&mut worker, "put aside", async || {
        world.state(batch).await == "quarantined"
    })
    .await;
    assert_eq!(world.submissions().await, "sweep final_ok, batch final_reverted");
    let noted = "SELECT count(*)::text FROM audit_log WHERE action = 'batch_quarantined'";
    assert_eq!(world.one(noted).await, "1");
    // People give it up, and by its deadline it is proven dead.
    world
        .run("UPDATE payout_batch SET cancel_requested_at = now(), cancel_requested_by = requested_by")
        .await;
    world.pass(700).await;
    until(&mut worker, "cancelled", async || {
        world.state(batch).await == "cancelled"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_holds_batches_back_and_lets_sweeps_through() {
    let world = World::with_payees(1).await;
    world
        .run("INSERT INTO settlement_stop (cause) VALUES ('planted')")
        .await;
    let mut worker = world.swept().await;
    let batch = world.submitted(&mut worker, 1, &[world.users[0]], 600).await;
    let head = world.provider.get_block_number().await.unwrap();
    until(&mut worker, "five blocks pass", async || {
        world.provider.get_block_number().await.unwrap() > head + 5
    })
    .await;
    assert_eq!(world.submissions().await, "sweep final_ok");
    world
        .run("UPDATE settlement_stop SET first_resume_by = '\\x01', resumed_by = '\\x02'")
        .await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_of_the_account_pauses_it() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let foreign = TransactionRequest::default()
        .from(development::SUBMITTER.address)
        .to(development::DEPLOYER.address)
        .value(U256::from(1));
    let sent = world.provider.send_transaction(foreign).await.unwrap();
    sent.get_receipt().await.unwrap();
    let paused = "SELECT paused FROM sender_account";
    until(&mut worker, "paused", async || {
        world.one(paused).await == "foreign_nonce"
    })
    .await;
    let batch = world.submitted(&mut worker, 1, &[world.users[0]], 600).await;
    assert_eq!(worker.step().await.unwrap(), Step::Idle);
    assert_eq!(world.state(batch).await, "submitting");
    assert_eq!(world.submissions().await, "sweep final_ok");
    assert_eq!(
        world
            .one("SELECT count(*)::text FROM audit_log WHERE action = 'sender_paused'")
            .await,
        "1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_somebody_else_used_is_neither_success_nor_failure() {
    let mut world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    world.transaction_signer.stop().unwrap();
    let batch = world.submitted(&mut worker, 1, &[world.users[0]], 600).await;
    until(&mut worker, "allocated", async || world.live().await == "1").await;
    let foreign = TransactionRequest::default()
        .from(development::SUBMITTER.address)
        .to(development::DEPLOYER.address)
        .value(U256::from(1));
    world
        .provider
        .send_transaction(foreign)
        .await
        .unwrap()
        .get_receipt()
        .await
        .unwrap();
    world.transaction_signer.restart().await.unwrap();
    let paused = "SELECT paused FROM sender_account";
    until(&mut worker, "paused", async || {
        world.one(paused).await == "foreign_nonce"
    })
    .await;
    assert_eq!(world.submissions().await, "sweep final_ok, batch allocated");
    assert_eq!(world.state(batch).await, "submitting");

    let resumed = worker.resume("it was us, by hand").await.unwrap();
    assert_eq!((resumed.abandoned, resumed.next_nonce), (1, 2));
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    assert_eq!(world.executed().await, 1);
    until(&mut worker, "closed", async || world.live().await == "0").await;
    assert_eq!(
        world.submissions().await,
        "sweep final_ok, batch dead, batch final_ok"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_purse_is_told_and_the_same_nonce_goes_on_after_it_is_filled() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let account = development::SUBMITTER.address;
    world
        .provider
        .anvil_set_balance(account, U256::from(1))
        .await
        .unwrap();
    let batch = world.submitted(&mut worker, 1, &[world.users[0]], 600).await;
    let rejected = "SELECT count(*)::text FROM submission_event
        WHERE event = 'broadcast' AND detail->>'rejected' = 'insufficient_funds'";
    let waits = "SELECT count(*)::text FROM audit_log WHERE action = 'batch_waits'";
    until(&mut worker, "it is told", async || {
        world.one(rejected).await != "0" || world.one(waits).await != "0"
    })
    .await;
    world
        .provider
        .anvil_set_balance(account, U256::from(BNB))
        .await
        .unwrap();
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    assert_eq!(world.executed().await, 1);
    assert_eq!(world.one("SELECT count(*)::text FROM submission").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_and_roots_that_cannot_be_read_are_put_aside_and_others_are_paid() {
    let world = World::with_payees(4).await;
    let mut worker = world.swept().await;
    let mut broken = Vec::new();
    for (id, tampering) in [
        (
            1,
            "UPDATE payout_batch SET manifest = 'no manifest' WHERE batch_id = $1",
        ),
        (2, "UPDATE payout_batch SET manifest = NULL WHERE batch_id = $1"),
        (
            3,
            "UPDATE payout_batch SET signature = '\\x01' WHERE batch_id = $1",
        ),
    ] {
        let payee = world.users[usize::from(id) - 1];
        let batch = world.submitted(&mut worker, id, &[payee], 600).await;
        sqlx::query(tampering)
            .bind(batch.as_slice())
            .execute(world.ledger.pool())
            .await
            .unwrap();
        broken.push(batch);
    }
    world
        .run(
            "INSERT INTO liabilities_root (root, state, total, leaves, as_of_seq, fact_seq, block_number, block_hash,
                 accept_claims, built_by)
             VALUES (decode(repeat('07', 32), 'hex'), 'approved', 1, 1, -1, 1, 1, decode(repeat('07', 32), 'hex'), true,
                 decode(repeat('07', 20), 'hex'))",
        )
        .await;
    let good = world.submitted(&mut worker, 4, &[world.users[3]], 600).await;
    until(&mut worker, "executed", async || {
        world.state(good).await == "executed"
    })
    .await;
    for batch in broken {
        assert_eq!(world.state(batch).await, "quarantined");
    }
    let noted = "SELECT count(*)::text FROM audit_log WHERE action = 'payout_batch.quarantined'";
    assert_eq!(world.one(noted).await, "3");
    assert_eq!(world.paid(world.users[0]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_whose_call_cannot_be_read_does_not_end_the_worker() {
    let world = World::with_payees(1).await;
    let mut worker = world.swept().await;
    let batch = world.waiting(&mut worker).await;
    let call = world
        .one("SELECT call::text FROM submission ORDER BY id DESC LIMIT 1")
        .await;
    let change = "UPDATE submission SET call = $1::jsonb WHERE id = (SELECT max(id) FROM submission)";
    let pool = world.ledger.pool();
    sqlx::query(change).bind("{}").execute(pool).await.unwrap();
    worker.release().await.unwrap();
    let mut worker = world.worker().await;
    for _ in 0..5 {
        worker.step().await.unwrap();
    }
    let noted = "SELECT count(*)::text FROM audit_log WHERE action = 'submission_waits'";
    assert_eq!(world.one(noted).await, "1");
    sqlx::query(change).bind(call).execute(pool).await.unwrap();
    world.mine(true).await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
}
