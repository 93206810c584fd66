//! Processes are killed at each of their commit boundaries, in the middle of a batch.

use anvil_tests::{PayoutWorld, has_died};

/// Where the settlement worker dies before anything of a submission is on the chain, in the order of their coming.
const UNTIL_SENT: [&str; 8] = [
    "settlement.before_allocate",
    "settlement.after_allocate",
    "settlement.after_sign_request",
    "settlement.before_sign",
    "settlement.after_sign",
    "settlement.before_broadcast",
    "settlement.after_broadcast",
    "settlement.after_send_stored",
];

/// Lets the settlement worker run until it dies there.
async fn settler_dies(payouts: &mut PayoutWorld, point: &str) {
    payouts.system.settler.restart_with_fault(point).unwrap();
    has_died(&mut payouts.system.settler, point).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_worker_killed_at_every_point_of_a_batch_uses_one_nonce_and_the_bytes_it_stored() {
    let mut payouts = PayoutWorld::with_due(4).await;
    let people = payouts.some(2);

    // Sealing.
    payouts.system.settler.kill().unwrap();
    let asked = payouts.ask_to_build(&payouts.builder, &people).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    for point in ["settlement.before_seal", "settlement.after_seal"] {
        settler_dies(&mut payouts, point).await;
    }
    let batch = payouts.sealed(&asked.body["batch"]).await;

    // Having it authorized.
    payouts.approve(&payouts.approver, &batch).await;
    let asked = payouts.step(&payouts.builder, batch.id, "sign").await;
    assert_eq!(asked.status, 200, "{asked:?}");
    settler_dies(&mut payouts, "settlement.after_batch_signed").await;
    payouts.signed(&batch).await;
    payouts.submit(&batch).await;

    // Allocating, signing and sending: the nonce is given once, and bytes that were stored are the bytes that are sent.
    let mut nonces = Vec::new();
    let mut hashes = Vec::new();
    for point in UNTIL_SENT {
        settler_dies(&mut payouts, point).await;
        for submission in payouts.submissions(batch.id).await {
            nonces.push(submission.nonce);
            hashes.extend(submission.attempts.iter().map(|attempt| attempt.hash));
        }
    }
    assert_eq!(
        nonces.len(),
        UNTIL_SENT.len() - 1,
        "it is allocated after the first death"
    );
    assert_eq!(hashes.len(), 4, "it is signed after the fourth");
    nonces.dedup();
    hashes.dedup();
    assert_eq!((nonces.len(), hashes.len()), (1, 1), "{nonces:?} {hashes:?}");

    // Seen in a block, and final.
    payouts.mine(1).await.unwrap();
    payouts.followed().await;
    settler_dies(&mut payouts, "settlement.after_mark").await;
    assert_eq!(payouts.submission(batch.id).await.state, "included");
    payouts.executed(&batch).await;
    settler_dies(&mut payouts, "settlement.after_mark").await;
    let submission = payouts.submission(batch.id).await;
    assert_eq!(submission.state, "final_ok");
    assert_eq!(submission.attempts.len(), 1, "a death is no reason to pay more");

    payouts.system.settler.restart().await.unwrap();
    payouts.prove().await;
}

/// Commit boundaries of the listener and of the posting worker.
const LISTENER: [&str; 3] = [
    "listener.before_insert",
    "listener.before_commit",
    "listener.after_commit",
];
const POSTER: [&str; 3] = [
    "posting.after_apply",
    "posting.before_commit",
    "posting.after_commit",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_posted_once_when_listener_or_posting_worker_are_killed_as_it_comes() {
    let mut payouts = PayoutWorld::with_due(8).await;
    for point in LISTENER {
        let people = payouts.some(1);
        let batch = payouts.submitted_batch(&people).await;
        payouts.sent(batch.id, 1).await;
        payouts.followed().await;
        // The next thing that it records is the block with the batch.
        payouts.system.listener.restart_with_fault(point).unwrap();
        payouts.mine(1).await.unwrap();
        has_died(&mut payouts.system.listener, point).await;
        payouts.system.listener.restart().await.unwrap();
        payouts.executed(&batch).await;
    }
    for point in POSTER {
        let people = payouts.some(1);
        // The money is held back, then let go by the batch: the worker dies at both.
        payouts.system.worker.restart_with_fault(point).unwrap();
        let asked = payouts.ask_to_build(&payouts.builder, &people).await;
        has_died(&mut payouts.system.worker, point).await;
        payouts.system.worker.restart().await.unwrap();
        let batch = payouts.sealed(&asked.body["batch"]).await;
        payouts.approve_and_sign(&batch).await;
        payouts.submit(&batch).await;
        payouts.sent(batch.id, 1).await;
        payouts.system.worker.restart_with_fault(point).unwrap();
        payouts.mine(6).await.unwrap();
        has_died(&mut payouts.system.worker, point).await;
        payouts.system.worker.restart().await.unwrap();
        payouts.executed(&batch).await;
    }
    payouts.prove().await;
}
