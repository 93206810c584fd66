//! Operators who may not, who come too late or twice, and who race. The contract pays once whatever they do.

use alloy::primitives::B256;
use anvil_tests::{Answer, Batch, PayoutWorld, Person};

/// Accounts of the local chain that nobody else uses here.
const SECOND_APPROVER: usize = 50;
const BOTH: usize = 51;

#[tokio::test(flavor = "multi_thread")]
async fn operators_who_may_not_come_twice_or_race_change_nothing() {
    let mut payouts = PayoutWorld::with_due(6).await;
    let colleague = payouts.enter(SECOND_APPROVER, &["viewer", "approver"]).await;
    let both = payouts.enter(BOTH, &["viewer", "builder", "approver"]).await;
    nobody_does_what_others_decide(&mut payouts, &both).await;
    every_step_is_taken_from_its_state_only(&mut payouts).await;
    of_two_at_once_one_takes_a_step(&mut payouts, &colleague, &both).await;
    giving_up_races_submitting(&mut payouts).await;
    a_stop_holds_every_batch_until_two_want_to_go_on(&mut payouts, &colleague).await;
    payouts.prove().await;
}

/// Roles, the four eyes, and a list that changed since it was reviewed.
async fn nobody_does_what_others_decide(payouts: &mut PayoutWorld, both: &Person) {
    let people = payouts.some(1);
    let user = people[0].clone();
    let nobody = payouts.person(52);
    for (who, code) in [
        (&nobody, "unauthenticated"),
        (&user, "role_missing"),
        (&payouts.auditor, "role_missing"),
        (&payouts.approver, "role_missing"),
    ] {
        let refused = payouts.ask_to_build(who, &people).await;
        assert_eq!(refused.code(), code, "{refused:?}");
    }
    let asked = payouts.ask_to_build(both, &people).await;
    assert_eq!(asked.status, 202, "{asked:?}");
    let batch = payouts.sealed(&asked.body["batch"]).await;
    let proposed = payouts.sign_off(both, &batch).await;
    assert_eq!(proposed.body["state"], "sealed", "{proposed:?}");
    for (who, code) in [
        (&nobody, "unauthenticated"),
        (&user, "role_missing"),
        (&payouts.auditor, "role_missing"),
        (&payouts.builder, "role_missing"),
        (both, "approver_is_builder"),
    ] {
        let refused = payouts.approve(who, &batch).await;
        assert_eq!(refused.code(), code, "{refused:?}");
    }
    let outdated = Batch {
        list_hash: B256::repeat_byte(7).to_string(),
        ..batch.clone()
    };
    let refused = payouts.approve(&payouts.approver, &outdated).await;
    assert_eq!(refused.code(), "list_changed", "{refused:?}");
    let approved = payouts.approve(&payouts.approver, &batch).await;
    assert_eq!(approved.status, 200, "{approved:?}");
    for step in ["sign", "submit", "retry", "cancel"] {
        for who in [&user, &payouts.auditor] {
            let refused = payouts.step(who, batch.id, step).await;
            assert_eq!(refused.code(), "role_missing", "{step}: {refused:?}");
        }
        let unknown = payouts.step(&payouts.builder, B256::repeat_byte(9), step).await;
        assert_eq!(unknown.code(), "unknown_batch", "{step}: {unknown:?}");
    }
    for step in ["sign", "submit"] {
        let answer = payouts.step(&payouts.approver, batch.id, step).await;
        assert_eq!(answer.status, 200, "{step}: {answer:?}");
        if step == "sign" {
            payouts.signed(&batch).await;
        }
    }
    payouts.executed(&batch).await;
}

/// Whatever is requested too early, too late or again is a conflict.
async fn every_step_is_taken_from_its_state_only(payouts: &mut PayoutWorld) {
    async fn conflicts(payouts: &PayoutWorld, batch: &Batch, steps: &[&str]) {
        for step in steps {
            let answer = if *step == "approve" {
                payouts.approve(&payouts.approver, batch).await
            } else {
                payouts.step(&payouts.builder, batch.id, step).await
            };
            assert_eq!(answer.code(), "wrong_batch_state", "{step}: {answer:?}");
            assert_eq!(answer.status, 409);
        }
    }
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    conflicts(payouts, &batch, &["sign", "submit", "retry"]).await;
    payouts.approve(&payouts.approver, &batch).await;
    conflicts(payouts, &batch, &["approve", "submit", "retry"]).await;
    payouts.step(&payouts.builder, batch.id, "sign").await;
    payouts.signed(&batch).await;
    conflicts(payouts, &batch, &["approve", "retry"]).await;
    payouts.submit(&batch).await;
    conflicts(payouts, &batch, &["approve", "sign", "submit"]).await;

    // While it is in progress, trying again is a dearer transaction of the same submission, however often it is wanted.
    payouts.sent(batch.id, 1).await;
    for attempts in 2..=3 {
        let retried = payouts.step(&payouts.builder, batch.id, "retry").await;
        assert_eq!(retried.body["id"], batch.id.to_string(), "{retried:?}");
        payouts.sent(batch.id, attempts).await;
    }
    payouts.executed(&batch).await;
    conflicts(payouts, &batch, &["approve", "sign", "submit", "retry", "cancel"]).await;
    assert_eq!(payouts.submissions(batch.id).await.len(), 1);
}

fn statuses(answers: [&Answer; 2]) -> [u16; 2] {
    let mut statuses = answers.map(|answer| answer.status);
    statuses.sort_unstable();
    statuses
}

async fn audit_entries(payouts: &PayoutWorld, action: &str, batch: B256) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action = $1 AND subject = $2")
        .bind(action)
        .bind(batch.to_string())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap()
}

/// Exactly one of two wins; the other is told.
async fn of_two_at_once_one_takes_a_step(payouts: &mut PayoutWorld, colleague: &Person, both: &Person) {
    let people = payouts.some(1);
    let (one, other) = tokio::join!(
        payouts.ask_to_build(&payouts.builder, &people),
        payouts.ask_to_build(both, &people)
    );
    assert_eq!(statuses([&one, &other]), [202, 409], "{one:?} {other:?}");
    let (won, lost, proposer) = if one.status == 202 {
        (one, other, payouts.builder.clone())
    } else {
        (other, one, both.clone())
    };
    assert_eq!(lost.code(), "nothing_due", "{lost:?}");
    let batch = payouts.sealed(&won.body["batch"]).await;
    let proposed = payouts.sign_off(&proposer, &batch).await;
    assert_eq!(proposed.status, 200, "{proposed:?}");

    let (one, other) = tokio::join!(
        payouts.approve(&payouts.approver, &batch),
        payouts.approve(colleague, &batch)
    );
    assert_eq!(statuses([&one, &other]), [200, 409], "{one:?} {other:?}");
    assert_eq!(audit_entries(payouts, "payout_batch.approved", batch.id).await, 1);

    // It is requested once, and both are answered.
    let (one, other) = tokio::join!(
        payouts.step(&payouts.builder, batch.id, "sign"),
        payouts.step(colleague, batch.id, "sign")
    );
    assert_eq!(statuses([&one, &other]), [200, 200], "{one:?} {other:?}");
    payouts.signed(&batch).await;
    assert_eq!(audit_entries(payouts, "payout_batch.signed", batch.id).await, 1);
    assert_eq!(
        audit_entries(payouts, "payout_batch.sign_requested", batch.id).await,
        1
    );

    let (one, other) = tokio::join!(
        payouts.step(&payouts.builder, batch.id, "submit"),
        payouts.step(colleague, batch.id, "submit")
    );
    assert_eq!(statuses([&one, &other]), [200, 409], "{one:?} {other:?}");
    payouts.executed(&batch).await;
    assert_eq!(payouts.submission(batch.id).await.attempts.len(), 1);
}

/// Whoever comes first: the batch is paid, or it is abandoned and its users are paid by the next one.
async fn giving_up_races_submitting(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.signed_batch(&people).await;
    let (submitted, given_up) = tokio::join!(
        payouts.step(&payouts.builder, batch.id, "submit"),
        payouts.step(&payouts.approver, batch.id, "cancel")
    );
    assert_eq!(given_up.status, 200, "{given_up:?}");
    assert!(
        submitted.status == 200 || submitted.code() == "cancel_requested",
        "{submitted:?}"
    );
    payouts.mine(6).await.unwrap();
    payouts.pass_time(31 * 60).await.unwrap();
    let end = payouts
        .advance_until("the batch to be over", async |payouts| {
            let state = payouts.state(batch.id).await;
            ["executed", "cancelled"]
                .contains(&state.as_str())
                .then_some(state)
        })
        .await;
    if end == "cancelled" {
        let next = payouts.submitted_batch(&people).await;
        payouts.executed(&next).await;
    } else {
        payouts.executed(&batch).await;
    }
}

/// As after a severe finding: nothing new is built, signed, submitted or sent.
async fn a_stop_holds_every_batch_until_two_want_to_go_on(payouts: &mut PayoutWorld, colleague: &Person) {
    let (first, second) = (payouts.some(1), payouts.some(1));
    let approved = payouts.build(&first).await;
    payouts.approve(&payouts.approver, &approved).await;
    payouts.system.settler.kill().unwrap();
    sqlx::query("INSERT INTO settlement_stop (cause) VALUES ('planted')")
        .execute(payouts.ledger.pool())
        .await
        .unwrap();
    payouts.system.settler.restart().await.unwrap();
    for answer in [
        payouts.ask_to_build(&payouts.builder, &second).await,
        payouts.step(&payouts.builder, approved.id, "sign").await,
    ] {
        assert_eq!(answer.code(), "settlement_stopped", "{answer:?}");
    }
    for who in [&payouts.auditor, &payouts.builder] {
        let refused = payouts.resume(who).await;
        assert_eq!(refused.code(), "role_missing", "{refused:?}");
    }
    for (who, resumed) in [(&payouts.approver, false), (colleague, true)] {
        let answer = payouts.resume(who).await;
        assert_eq!(answer.body["resumed"], resumed, "{answer:?}");
    }
    let answer = payouts.step(&payouts.builder, approved.id, "sign").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    payouts.signed(&approved).await;
    payouts.submit(&approved).await;
    let next = payouts.submitted_batch(&second).await;
    payouts.executed(&approved).await;
    payouts.executed(&next).await;
}
