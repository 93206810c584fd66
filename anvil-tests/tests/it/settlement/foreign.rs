//! Someone else uses the sender's key. Nothing is sent until a person has looked, and nothing is taken for success or
//! failure.

use abi::development::{DEPLOYER, SUBMITTER};
use alloy::network::TransactionBuilder;
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use anvil_tests::{Batch, PayoutWorld};
use rpcsim::Fault;

const RECEIPT: &str = "eth_getTransactionReceipt";

/// A transaction of the sender's account that is not ours, past our nodes.
async fn intrudes(payouts: &PayoutWorld) {
    let nonce = payouts.provider.get_transaction_count(SUBMITTER.address);
    let request = TransactionRequest::default()
        .with_from(SUBMITTER.address)
        .with_nonce(nonce.await.unwrap())
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

/// A batch that nobody paid ends, and the next one pays.
async fn is_rebuilt(payouts: &mut PayoutWorld, dead: &Batch) {
    payouts.reaches(dead.id, "expired").await;
    let rebuilt = payouts.step(&payouts.builder, dead.id, "retry").await;
    assert_eq!(rebuilt.status, 200, "{rebuilt:?}");
    let batch = payouts.sealed(&rebuilt.body).await;
    payouts.approve_and_sign(&batch).await;
    payouts.submit(&batch).await;
    payouts.executed(&batch).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_pauses_the_sender_and_pays_nobody_twice() {
    let mut payouts = PayoutWorld::with_due(2).await;
    let colleague = payouts.enter(50, &["viewer", "approver"]).await;
    let people = payouts.some(1);

    // Our transaction is lost, and someone else's has its nonce.
    let batch = payouts.signed_batch(&people).await;
    payouts.nodes.always("eth_sendRawTransaction", Fault::Swallow);
    payouts.submit(&batch).await;
    payouts.sent(batch.id, 1).await;
    intrudes(&payouts).await;
    payouts.nodes.clear();
    is_paused(&payouts).await;
    payouts.mine(20).await.unwrap();
    payouts.followed().await;
    assert_eq!(
        payouts.state(batch.id).await,
        "submitting",
        "neither success nor failure"
    );
    let after = payouts.submission(batch.id).await;
    assert_eq!((after.state.as_str(), after.attempts.len()), ("sent", 1));

    // As long as no node reports whether a block contains our transaction, its nonce is not abandoned.
    payouts.nodes.always(RECEIPT, Fault::Status(500));
    let refused = payouts.resume_sender("too early").await.unwrap_err().to_string();
    assert!(
        refused.contains("no node reports whether a block contains"),
        "{refused}"
    );
    assert_eq!(payouts.submission(batch.id).await.state, "sent");
    payouts.nodes.clear();

    // A person has looked, and the nonce is abandoned. The batch is carried by one nonce only: it is rebuilt when it is
    // dead for certain.
    payouts.resume_sender("a test of the key").await.unwrap();
    payouts.mine(5).await.unwrap();
    assert_eq!(payouts.submission(batch.id).await.state, "dead");
    payouts.pass_time(31 * 60).await.unwrap();
    is_rebuilt(&mut payouts, &batch).await;

    // A second one, when a batch is about to be sent. What is paused gives no nonce, the reconciler stops settlement, and
    // money is let go all the same.
    let people = payouts.some(1);
    let batch = payouts.signed_batch(&people).await;
    payouts.system.settler.kill().unwrap();
    payouts.submit(&batch).await;
    intrudes(&payouts).await;
    payouts.system.settler.restart().await.unwrap();
    is_paused(&payouts).await;
    let said = payouts.nodes.raw_transactions().len();
    payouts.mine(5).await.unwrap();
    payouts.pass_time(31 * 60).await.unwrap();
    payouts.reaches(batch.id, "expired").await;
    assert!(
        payouts.submissions(batch.id).await.is_empty(),
        "a paused sender gave a nonce"
    );
    assert_eq!(
        payouts.nodes.raw_transactions().len(),
        said,
        "a paused sender sent something"
    );
    // The reconciler has found the transaction, too.
    payouts.settlement_is_stopped().await;
    payouts.resume_sender("the same again").await.unwrap();
    // What is still found would stop settlement again.
    payouts.is_clean().await;
    for who in [&payouts.approver.clone(), &colleague] {
        let answer = payouts.resume(who).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    is_rebuilt(&mut payouts, &batch).await;
    payouts.prove().await;
}
