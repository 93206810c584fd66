//! Nodes that drop, lose, refuse and forget what they are sent, or lag behind: two of them, one always three blocks late.

use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use anvil_tests::{PayoutWorld, Submission};
use rpcsim::{Fault, View};

const SEND: &str = "eth_sendRawTransaction";

/// What two nodes see.
const VIEWS: [View; 2] = [View::Live, View::Behind(3)];

/// What nodes answered to the broadcasts of a submission, oldest first, by its meaning.
async fn meanings(payouts: &PayoutWorld, submission: i64) -> Vec<String> {
    let broadcasts = payouts.details(submission).await.into_iter();
    let broadcasts = broadcasts.filter(|(event, _)| event == "broadcast");
    let answers =
        broadcasts.flat_map(|(_, detail)| detail["answers"].as_array().cloned().unwrap_or_default());
    answers
        .map(|answer| answer["meaning"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Mines until the only attempt of a submission was sent so many times.
async fn sent_times(payouts: &PayoutWorld, batch: B256, sends: u32) -> Submission {
    let submission = payouts
        .advance_until("the transaction to be sent again", async |payouts| {
            let submission = payouts.submission(batch).await;
            (submission.attempts[0].sends >= sends).then_some(submission)
        })
        .await;
    assert_eq!(
        submission.attempts.len(),
        1,
        "neither an answer nor a loss is a reason for another attempt"
    );
    submission
}

/// Mines until what every node refused was sent so many times; nothing else may happen to it meanwhile.
async fn refused_times(payouts: &PayoutWorld, batch: B256, sends: u32) {
    let submission = sent_times(payouts, batch, sends).await;
    assert_eq!(submission.state, "sent");
    assert_eq!(payouts.state(batch).await, "submitting");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_nodes_say_or_do_not_say_one_transaction_lands_once() {
    let mut payouts = PayoutWorld::with_due_behind(8, &VIEWS).await;
    an_accepted_transaction_whose_answer_is_lost(&mut payouts).await;
    no_refusal_changes_anything(&mut payouts).await;
    a_transaction_that_pools_dropped_is_sent_again(&mut payouts).await;
    the_original_wins_against_the_dearer_one(&mut payouts).await;
    an_event_without_a_receipt_is_enough(&mut payouts).await;
    payouts.prove().await;
}

/// The node takes the transaction, and the connection breaks, or no answer comes.
async fn an_accepted_transaction_whose_answer_is_lost(payouts: &mut PayoutWorld) {
    for (fault, meaning) in [(Fault::DropAfter, "other"), (Fault::HangAfter, "timed_out")] {
        let people = payouts.some(1);
        let batch = payouts.signed_batch(&people).await;
        payouts.nodes.next(SEND, fault);
        payouts.submit(&batch).await;
        let submission = payouts.sent(batch.id, 1).await;
        assert_eq!(submission.state, "sent");
        assert_eq!(meanings(payouts, submission.id).await, [meaning, meaning]);
        payouts.executed(&batch).await;
        let submission = payouts.submission(batch.id).await;
        assert_eq!(
            submission.attempts.len(),
            1,
            "the lost answer led to a second payload"
        );
    }
}

/// Every text with which nodes refuse, one after the other, none of them true.
async fn no_refusal_changes_anything(payouts: &mut PayoutWorld) {
    let refusals = [
        [
            (Fault::underpriced(), "underpriced"),
            (Fault::replacement_underpriced(), "replacement_underpriced"),
            (Fault::already_known(), "already_known"),
        ],
        [
            (Fault::nonce_too_low(), "nonce_too_low"),
            (Fault::pool_full(), "pool_full"),
            (Fault::rate_limited(), "rate_limited"),
        ],
    ];
    for refusals in refusals {
        let people = payouts.some(1);
        let batch = payouts.signed_batch(&people).await;
        let mut expected = Vec::new();
        for (fault, meaning) in refusals {
            payouts.nodes.next(SEND, fault);
            // Both nodes say it.
            expected.extend([meaning, meaning]);
        }
        payouts.submit(&batch).await;
        payouts.sent(batch.id, 1).await;
        for sends in 1..=3 {
            refused_times(payouts, batch.id, sends).await;
        }
        // No pool has it: only the next broadcast, the first that is not refused, can land it.
        payouts.executed(&batch).await;
        let submission = payouts.submission(batch.id).await;
        assert_eq!(submission.attempts[0].sends, 4);
        let mut told = meanings(payouts, submission.id).await;
        assert_eq!(told[..6], expected);
        // Both are asked at once: whoever comes second finds it in the pool, or in a block already.
        told[6..].sort();
        let second = ["already_known", "nonce_too_low"];
        assert_eq!((told.len(), told[6].as_str()), (8, "accepted"));
        assert!(second.contains(&told[7].as_str()), "{told:?}");
    }
}

/// What a node promised and lost comes again after eight blocks.
async fn a_transaction_that_pools_dropped_is_sent_again(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    let submission = payouts.sent(batch.id, 1).await;
    let dropped = payouts
        .provider
        .anvil_drop_transaction(submission.attempts[0].hash);
    assert!(dropped.await.unwrap().is_some(), "the pool did not have it");
    let before = payouts.head().await.unwrap();
    // A pool has it again, and the next block may already have it too.
    sent_times(payouts, batch.id, 2).await;
    let waited = payouts.head().await.unwrap() - before;
    assert!(
        (8..=12).contains(&waited),
        "{waited} blocks until it was sent again"
    );
    payouts.executed(&batch).await;
}

/// An operator has the fee raised, the dearer transaction is lost on its way, and the cheaper one lands.
async fn the_original_wins_against_the_dearer_one(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    payouts.nodes.next(SEND, Fault::Swallow);
    let retried = payouts.step(&payouts.builder, batch.id, "retry").await;
    assert_eq!(retried.status, 200, "{retried:?}");
    payouts.sent(batch.id, 2).await;
    payouts.executed(&batch).await;
    let submission = payouts
        .advance_until("the submission to be over", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "final_ok").then_some(submission)
        })
        .await;
    let [original, dearer] = &submission.attempts[..] else {
        panic!("two attempts: {submission:?}");
    };
    assert!(original.is_included && original.succeeded == Some(true) && original.gas_used.is_some());
    assert!(!dearer.is_included && dearer.gas_used.is_none());
    fee_is_that_of_the_receipt(payouts, original.hash).await;
    // Its number is used: the dearer one can never be mined.
    let raw: Vec<u8> = sqlx::query_scalar("SELECT raw FROM attempt WHERE transaction_hash = $1")
        .bind(dearer.hash.as_slice())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap();
    let late = Provider::send_raw_transaction(&payouts.provider, &raw).await;
    assert!(late.unwrap_err().to_string().contains("nonce too low"));
    assert!(dearer.max_fee * 10 >= original.max_fee * 11, "{submission:?}");
}

/// What is booked is what the one that was mined cost.
async fn fee_is_that_of_the_receipt(payouts: &PayoutWorld, hash: B256) {
    let receipt = payouts.provider.get_transaction_receipt(hash).await;
    let receipt = receipt.unwrap().expect("it was mined");
    let booked: (i64, String) =
        sqlx::query_as("SELECT gas_used, gas_price::text FROM attempt WHERE transaction_hash = $1")
            .bind(hash.as_slice())
            .fetch_one(payouts.ledger.pool())
            .await
            .unwrap();
    let told = (
        i64::try_from(receipt.gas_used).unwrap(),
        receipt.effective_gas_price.to_string(),
    );
    assert_eq!(booked, told);
}

/// No node ever has the receipt, and the listener has the event.
async fn an_event_without_a_receipt_is_enough(payouts: &mut PayoutWorld) {
    payouts.nodes.always("eth_getTransactionReceipt", Fault::Null);
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    payouts.executed(&batch).await;
    let submission = payouts
        .advance_until("the submission to be over", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "final_ok").then_some(submission)
        })
        .await;
    assert!(submission.attempts[0].is_included);
    assert!(
        payouts
            .events(submission.id)
            .await
            .contains(&"included".to_owned())
    );
    payouts.nodes.clear();
}
