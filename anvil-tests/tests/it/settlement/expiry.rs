//! Batches that end without having paid: abandoned, or too late. Money is let go only by a finalized proof, and whoever is
//! due is paid once by the next batch.

use anvil_tests::{Batch, PayoutWorld, Person, has_died};

/// Longer than an authorization lives.
const TOO_LATE: u64 = 31 * 60;

/// Nobody can request another batch of these people.
async fn is_locked(payouts: &PayoutWorld, people: &[Person]) {
    let refused = payouts.ask_to_build(&payouts.builder, people).await;
    assert_eq!(refused.code(), "nothing_due", "{refused:?}");
}

/// A new batch replaces the expired one, and pays. Asking twice makes one.
async fn is_rebuilt(payouts: &mut PayoutWorld, expired: &Batch) {
    let first = payouts.step(&payouts.builder, expired.id, "retry").await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.body["supersedes"], expired.id.to_string());
    let second = payouts.step(&payouts.builder, expired.id, "retry").await;
    assert_eq!(second.body["id"], first.body["id"], "{second:?}");
    let batch = payouts.sealed(&first.body).await;
    assert_eq!(batch.lines, expired.lines);
    payouts.approve_and_sign(&batch).await;
    payouts.submit(&batch).await;
    payouts.executed(&batch).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_let_go_only_by_a_finalized_proof_and_then_paid_once() {
    let mut payouts = PayoutWorld::with_due(8).await;
    given_up_before_anybody_signed(&mut payouts).await;
    expired_in_the_pool_and_mined_too_late(&mut payouts).await;
    never_mined_and_replaced_by_nothing(&mut payouts).await;
    payouts.prove().await;
}

/// At once, from every state before the signer is asked.
async fn given_up_before_anybody_signed(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);

    // Asked for, and nobody posts.
    payouts.system.worker.kill().unwrap();
    let asked = payouts.ask_to_build(&payouts.builder, &people).await;
    assert_eq!(asked.body["batch"]["state"], "requested", "{asked:?}");
    is_locked(payouts, &people).await;
    is_cancelled(payouts, &asked.body["batch"]["id"], "requested").await;
    payouts.system.worker.restart().await.unwrap();
    becomes_cancelled(payouts, &asked.body["batch"]["id"]).await;

    // Held back, and nobody seals.
    payouts.system.settler.kill().unwrap();
    let asked = payouts.ask_to_build(&payouts.builder, &people).await;
    let id = asked.body["batch"]["id"].as_str().unwrap().parse().unwrap();
    payouts.becomes(id, "held").await;
    is_locked(payouts, &people).await;
    is_cancelled(payouts, &asked.body["batch"]["id"], "held").await;
    becomes_cancelled(payouts, &asked.body["batch"]["id"]).await;
    payouts.system.settler.restart().await.unwrap();

    // Sealed; approved.
    for approved in [false, true] {
        let batch = payouts.build(&people).await;
        if approved {
            payouts.approve(&payouts.approver, &batch).await;
        }
        let state = if approved { "approved" } else { "sealed" };
        is_cancelled(payouts, &batch.id.to_string().into(), state).await;
        becomes_cancelled(payouts, &batch.id.to_string().into()).await;
    }
    let batch = payouts.submitted_batch(&people).await;
    payouts.executed(&batch).await;
}

async fn is_cancelled(payouts: &PayoutWorld, id: &serde_json::Value, from: &str) {
    let id = id.as_str().unwrap().parse().unwrap();
    assert_eq!(payouts.state(id).await, from);
    let given_up = payouts.step(&payouts.approver, id, "cancel").await;
    assert_eq!(given_up.status, 200, "{given_up:?}");
}

async fn becomes_cancelled(payouts: &PayoutWorld, id: &serde_json::Value) {
    let id = id.as_str().unwrap().parse().unwrap();
    payouts.becomes(id, "cancelled").await;
    assert!(payouts.submissions(id).await.is_empty());
}

/// One is in the pool, one only signed, one signed and abandoned, when their time ends.
async fn expired_in_the_pool_and_mined_too_late(payouts: &mut PayoutWorld) {
    let (in_pool, signed, given_up) = (payouts.some(1), payouts.some(1), payouts.some(1));
    let signed_batch = payouts.signed_batch(&signed).await;
    let given_up_batch = payouts.signed_batch(&given_up).await;
    let answer = payouts.step(&payouts.builder, given_up_batch.id, "cancel").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let submitted = payouts.step(&payouts.builder, given_up_batch.id, "submit").await;
    assert_eq!(submitted.code(), "cancel_requested", "{submitted:?}");
    let pool_batch = payouts.submitted_batch(&in_pool).await;
    payouts.sent(pool_batch.id, 1).await;

    // The next block is too late, and has the transaction.
    payouts.pass_time(TOO_LATE).await.unwrap();
    payouts.followed().await;
    let submission = payouts
        .wait_until("the failure to be seen", async |payouts| {
            let submission = payouts.submission(pool_batch.id).await;
            (submission.state == "included").then_some(submission)
        })
        .await;
    assert_eq!(submission.attempts[0].succeeded, Some(false));
    let late = payouts.step(&payouts.builder, signed_batch.id, "submit").await;
    assert_eq!(late.code(), "deadline_passed", "{late:?}");
    // Too late by the head is not too late by a finalized block.
    for (batch, people, state) in [
        (&pool_batch, &in_pool, "submitting"),
        (&signed_batch, &signed, "signed"),
        (&given_up_batch, &given_up, "signed"),
    ] {
        assert_eq!(payouts.state(batch.id).await, state);
        is_locked(payouts, people).await;
    }
    for point in ["settlement.before_release", "settlement.after_release"] {
        payouts.system.settler.restart_with_fault(point).unwrap();
        payouts.mine(6).await.unwrap();
        has_died(&mut payouts.system.settler, point).await;
    }
    payouts.system.settler.restart().await.unwrap();
    payouts.reaches(pool_batch.id, "expired").await;
    payouts.reaches(signed_batch.id, "expired").await;
    payouts.reaches(given_up_batch.id, "cancelled").await;
    assert_eq!(payouts.submission(pool_batch.id).await.state, "final_reverted");

    let refused = payouts.step(&payouts.builder, given_up_batch.id, "retry").await;
    assert_eq!(refused.code(), "wrong_batch_state", "{refused:?}");
    is_rebuilt(payouts, &pool_batch).await;
    is_rebuilt(payouts, &signed_batch).await;
    let next = payouts.submitted_batch(&given_up).await;
    payouts.executed(&next).await;
}

/// Blocks stay too dear for both until their time ends: the nonces are filled with nothing. One was abandoned before.
async fn never_mined_and_replaced_by_nothing(payouts: &mut PayoutWorld) {
    let (in_pool, given_up) = (payouts.some(1), payouts.some(1));
    let pool_batch = payouts.submitted_batch(&in_pool).await;
    let first = payouts.sent(pool_batch.id, 1).await;
    let given_up_batch = payouts.submitted_batch(&given_up).await;
    payouts.sent(given_up_batch.id, 1).await;
    let dear = first.attempts[0].max_fee * 4;

    // Given up: nothing takes its nonce at once, but the money stays until nobody can use the signature any more.
    payouts.price_next_block(dear).await;
    let answer = payouts.step(&payouts.approver, given_up_batch.id, "cancel").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let replaced = payouts.sent(given_up_batch.id, 2).await;
    assert!(replaced.attempts[1].noop && !replaced.attempts[0].noop);
    is_locked(payouts, &given_up).await;

    payouts.price_next_block(dear).await;
    payouts.pass_time(TOO_LATE).await.unwrap();
    let replaced = payouts
        .wait_until("nothing to take the nonce", async |payouts| {
            payouts.price_next_block(dear).await;
            payouts.mine(1).await.ok()?;
            payouts.followed().await;
            let submission = payouts.submission(pool_batch.id).await;
            submission.attempts.last()?.noop.then_some(submission)
        })
        .await;
    assert_eq!(replaced.nonce, first.nonce);
    payouts.price_next_block(1).await;
    payouts.reaches(pool_batch.id, "expired").await;
    payouts.reaches(given_up_batch.id, "cancelled").await;
    for batch in [&pool_batch, &given_up_batch] {
        payouts
            .advance_until("the nonce to be filled", async |payouts| {
                (payouts.submission(batch.id).await.state == "dead").then_some(())
            })
            .await;
    }
    is_rebuilt(payouts, &pool_batch).await;
    let next = payouts.submitted_batch(&given_up).await;
    payouts.executed(&next).await;
}
