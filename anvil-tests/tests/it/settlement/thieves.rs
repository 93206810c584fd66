//! What a stolen password of the database gets: rows. Nothing is signed, and so nothing is paid, on the word of rows.

mod callers;
mod day;
mod forged;
mod found;
mod keys;
mod limits;
mod people;

use std::time::Duration;

use anvil_tests::{Batch, PayoutWorld};
use sqlx::{Connection, PgConnection};

/// An account of the local chain that nobody else uses here.
const SECOND_APPROVER: usize = 50;
/// Longer than the settlement worker and the reconciler take to do what is requested.
const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_thieves_pay_nobody() {
    let mut payouts = PayoutWorld::with_due(3).await;
    the_apis_password_signs_nothing(&mut payouts).await;
    the_posting_workers_password_pays_nothing(&mut payouts).await;
}

/// Connected as a thief of a role's password.
async fn stolen(payouts: &PayoutWorld, role: &str) -> PgConnection {
    PgConnection::connect(&payouts.ledger.url_as(role)).await.unwrap()
}

/// Why the settlement worker has no authorization for the batch, newest last.
async fn causes(payouts: &PayoutWorld, batch: &Batch) -> Vec<String> {
    let statement = "SELECT detail ->> 'cause' FROM audit_log WHERE action = 'authorization_waits' AND subject = $1 ORDER BY id";
    sqlx::query_scalar(statement)
        .bind(batch.id.to_string())
        .fetch_all(payouts.ledger.pool())
        .await
        .unwrap()
}

async fn is_signed(payouts: &PayoutWorld, batch: &Batch) -> bool {
    let statement =
        "SELECT state <> 'approved' OR signature IS NOT NULL FROM payout_batch WHERE batch_id = $1";
    sqlx::query_scalar(statement)
        .bind(batch.id.as_slice())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap()
}

/// Approvals that nobody signed, the state that they lead to, and the state after that.
async fn the_apis_password_signs_nothing(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    let mut thief = stolen(payouts, "trellis_api").await;
    for wallet in [payouts.builder.address(), payouts.approver.address()] {
        let forged = "INSERT INTO approval (kind, subject, wallet, expires, signature) VALUES ('batch', $1, $2, $3, $4)";
        sqlx::query(forged)
            .bind(batch.id.as_slice())
            .bind(wallet.as_slice())
            .bind(4_000_000_000_i64)
            .bind([0x1b_u8; 65].as_slice())
            .execute(&mut thief)
            .await
            .unwrap();
    }
    let approved = "UPDATE payout_batch SET state = 'approved', approved_by = $2, approved_at = now(), \
        sign_requested_by = $2, sign_requested_at = now() WHERE batch_id = $1";
    sqlx::query(approved)
        .bind(batch.id.as_slice())
        .bind(payouts.approver.address().as_slice())
        .execute(&mut thief)
        .await
        .unwrap();
    payouts
        .audited("authorization_waits", &batch.id.to_string(), "proposer_unsigned")
        .await;
    tokio::time::sleep(PATIENCE).await;
    assert_eq!(causes(payouts, &batch).await, ["proposer_unsigned"]);
    assert!(!is_signed(payouts, &batch).await);
    for further in [
        "UPDATE payout_batch SET state = 'signed' WHERE batch_id = $1",
        "UPDATE payout_batch SET signature = decode(repeat('1b', 65), 'hex') WHERE batch_id = $1",
        "INSERT INTO attestation SELECT 'batch', $1, list_hash, 1, 1, list_hash, 1, list_hash, 1, 1, \
            decode(repeat('1b', 65), 'hex') FROM payout_batch WHERE batch_id = $1",
    ] {
        let refused = sqlx::query(further)
            .bind(batch.id.as_slice())
            .execute(&mut thief)
            .await;
        assert!(refused.is_err(), "{further}");
    }
    let given_up = payouts.step(&payouts.builder, batch.id, "cancel").await;
    assert_eq!(given_up.status, 200, "{given_up:?}");
    payouts.becomes(batch.id, "cancelled").await;
}

/// A ledger that says more than the chain's facts: people agree to what it shows, and the reconciler does not.
async fn the_posting_workers_password_pays_nothing(payouts: &mut PayoutWorld) {
    let mut thief = stolen(payouts, "trellis_poster").await;
    let raised = "UPDATE balance SET credits_posted = credits_posted + 1000000000000000000 \
        WHERE account_id = (SELECT account_id FROM balance WHERE credits_posted > 0 ORDER BY account_id LIMIT 1)";
    let done = sqlx::query(raised).execute(&mut thief).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    // The last of the checks that see it: each opens a stop.
    payouts
        .wait_until("the reconciler to see it", async |world| {
            let seen = "SELECT EXISTS (SELECT FROM reconciliation_finding WHERE check_id = 'R6' AND resolved_at IS NULL)";
            let seen: bool = sqlx::query_scalar(seen)
                .fetch_one(world.ledger.pool())
                .await
                .ok()?;
            seen.then_some(())
        })
        .await;
    let colleague = payouts.enter(SECOND_APPROVER, &["viewer", "approver"]).await;
    for (operator, is_over) in [(&payouts.approver, false), (&colleague, true)] {
        let resumed = payouts.resume(operator).await;
        assert_eq!(resumed.body["resumed"], is_over, "{resumed:?}");
    }
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    let answer = payouts.approve(&payouts.approver, &batch).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = payouts.step(&payouts.builder, batch.id, "sign").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    payouts
        .audited("authorization_waits", &batch.id.to_string(), "not_attested")
        .await;
    tokio::time::sleep(PATIENCE).await;
    assert_eq!(causes(payouts, &batch).await, ["not_attested"]);
    assert!(!is_signed(payouts, &batch).await);
}
