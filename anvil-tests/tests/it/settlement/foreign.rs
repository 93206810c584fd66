//! Somebody else uses the sender's key. Nothing is sent until a person has looked, and nothing is taken for success or
//! failure.

use abi::development::{DEPLOYER, SUBMITTER};
use alloy::network::TransactionBuilder;
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use anvil_tests::PayoutWorld;
use rpcsim::Fault;

/// A transaction of the sender's account that is not ours, past our nodes.
async fn intrudes(payouts: &PayoutWorld) {
    let request = TransactionRequest::default()
        .with_from(SUBMITTER.address)
        .with_to(DEPLOYER.address)
        .with_value(U256::from(1));
    let sent = payouts.provider.send_transaction(request).await.unwrap();
    let hash = *sent.tx_hash();
    payouts.mined(hash).await;
}

async fn is_paused(payouts: &PayoutWorld) {
    payouts
        .advance_until("the sender to be paused", async |payouts| {
            let paused: Option<String> = sqlx::query_scalar("SELECT paused FROM sender_account")
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            (paused? == "foreign_nonce").then_some(())
        })
        .await;
}

/// A person has looked and found whose the transaction was.
async fn is_resumed(payouts: &PayoutWorld, next_nonce: u64) {
    sqlx::query("UPDATE sender_account SET paused = NULL, next_nonce = $1")
        .bind(i64::try_from(next_nonce).unwrap())
        .execute(payouts.ledger.pool())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_pauses_the_sender_and_pays_nobody_twice() {
    let mut payouts = PayoutWorld::with_due(1).await;
    let people = payouts.some(1);

    // Our transaction is lost, and somebody else's has its nonce.
    let batch = payouts.signed_batch(&people).await;
    payouts.nodes.always("eth_sendRawTransaction", Fault::Swallow);
    payouts.submit(&batch).await;
    let submission = payouts.sent(batch.id, 1).await;
    intrudes(&payouts).await;
    payouts.nodes.clear();
    is_paused(&payouts).await;
    let said = payouts.nodes.raw_transactions().len();
    payouts.mine(20).await.unwrap();
    payouts.followed().await;
    assert_eq!(
        payouts.state(batch.id).await,
        "submitting",
        "neither success nor failure"
    );
    let after = payouts.submission(batch.id).await;
    assert_eq!((after.state.as_str(), after.attempts.len()), ("sent", 1));

    // Its money is let go as that of any batch that is too late; a new one is not sent.
    payouts.pass_time(31 * 60).await.unwrap();
    payouts.reaches(batch.id, "expired").await;
    let rebuilt = payouts.step(&payouts.builder, batch.id, "retry").await;
    let next = payouts.sealed(&rebuilt.body).await;
    payouts.approve_and_sign(&next).await;
    payouts.submit(&next).await;
    payouts.mine(5).await.unwrap();
    payouts.followed().await;
    assert!(
        payouts.submissions(next.id).await.is_empty(),
        "a paused sender gave a nonce"
    );
    assert_eq!(
        payouts.nodes.raw_transactions().len(),
        said,
        "a paused sender sent something"
    );

    // Looked at; and a second intruder, when nothing of ours is under way.
    sqlx::query("UPDATE submission SET state = 'dead' WHERE id = $1")
        .bind(submission.id)
        .execute(payouts.ledger.pool())
        .await
        .unwrap();
    payouts.system.transaction_signer.kill().unwrap();
    intrudes(&payouts).await;
    payouts.expect_foreign(submission.nonce + 1);
    is_resumed(&payouts, submission.nonce + 1).await;
    is_paused(&payouts).await;
    assert!(payouts.submissions(next.id).await.is_empty());
    is_resumed(&payouts, submission.nonce + 2).await;
    payouts.system.transaction_signer.restart().await.unwrap();
    payouts.executed(&next).await;
    // A nonce without a submission of ours is rightly told for ever.
    payouts.expect_finding("R10");
    payouts.prove().await;
}
