//! Blocks that are replaced, a contract that refuses, and a batch that is ended on the chain.

use abi::ICustody;
use abi::development::{ADMIN, GUARDIAN};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anvil_tests::PayoutWorld;

/// Dearer than what the settlement worker offers: a block takes it first.
const TIP: u128 = 30_000_000_000;

/// Puts a call of a role's account into the pool, before everything of the settlement worker.
async fn comes_first(payouts: &PayoutWorld, from: Address, call: Bytes) -> B256 {
    let request = TransactionRequest::default()
        .with_from(from)
        .with_to(payouts.custody)
        .with_gas_limit(300_000)
        .with_max_fee_per_gas(TIP * 2)
        .with_max_priority_fee_per_gas(TIP)
        .with_input(call);
    *payouts
        .provider
        .send_transaction(request)
        .await
        .unwrap()
        .tx_hash()
}

fn pause() -> Bytes {
    ICustody::pauseCall {}.abi_encode().into()
}

fn unpause() -> Bytes {
    ICustody::unpauseCall {}.abi_encode().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_finalized_blocks_decide_what_became_of_a_batch() {
    let mut payouts = PayoutWorld::with_due(4).await;
    a_failure_that_a_fork_undoes_is_no_failure(&mut payouts).await;
    an_execution_that_a_fork_undoes_comes_again(&mut payouts).await;
    a_batch_that_is_cancelled_on_the_chain(&mut payouts).await;
    a_final_failure_without_a_reason_waits_for_people(&mut payouts).await;
    payouts.prove().await;
}

/// A block has it as a failure, and the next branch of the chain as a success.
async fn a_failure_that_a_fork_undoes_is_no_failure(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    let sent = payouts.sent(batch.id, 1).await;
    comes_first(payouts, GUARDIAN.address, pause()).await;
    payouts.mine(1).await.unwrap();
    payouts
        .wait_until("the failure to be seen", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "included").then_some(())
        })
        .await;
    let failed = payouts.submission(batch.id).await.attempts[0].succeeded;
    assert_eq!(failed, Some(false), "the contract was paused");
    payouts.followed().await;

    payouts
        .reorganize(1, &[(sent.attempts[0].raw.clone(), 0)])
        .await
        .unwrap();
    payouts.executed(&batch).await;
    let submission = payouts
        .advance_until("the submission to be over", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "final_ok").then_some(submission)
        })
        .await;
    assert_eq!(submission.attempts[0].succeeded, Some(true));
    let events = payouts.events(submission.id).await;
    assert!(!events.contains(&"final_reverted".to_owned()), "{events:?}");
}

/// A block has it, and the next branch has not: it is sent again at once.
async fn an_execution_that_a_fork_undoes_comes_again(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    payouts.mine(1).await.unwrap();
    payouts.followed().await;
    payouts
        .wait_until("the block to be seen", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "included").then_some(())
        })
        .await;
    payouts.reorganize(1, &[]).await.unwrap();
    payouts
        .wait_until("the transaction to be sent again", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "sent" && submission.attempts[0].sends == 2).then_some(())
        })
        .await;
    payouts.executed(&batch).await;
    assert_eq!(payouts.submission(batch.id).await.attempts.len(), 1);
}

/// The cancellation (by the admin: the development node does not forget the nonce that the guardian had on the other
/// branch) comes into the block before the transaction: that reverts, and nobody has to look.
async fn a_batch_that_is_cancelled_on_the_chain(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    let call = ICustody::cancelBatchCall { batchId: batch.id };
    comes_first(payouts, ADMIN.address, call.abi_encode().into()).await;
    payouts.reaches(batch.id, "cancelled").await;
    let submission = payouts
        .advance_until("the submission to be over", async |payouts| {
            let submission = payouts.submission(batch.id).await;
            (submission.state == "final_reverted").then_some(submission)
        })
        .await;
    assert_eq!(submission.attempts.len(), 1);
    assert_eq!(payouts.state(batch.id).await, "cancelled", "nobody has to look");
    // Its users are free for the next one.
    let next = payouts.submitted_batch(&people).await;
    payouts.executed(&next).await;
}

/// The contract is paused and the transaction reverts for good, long before its deadline.
async fn a_final_failure_without_a_reason_waits_for_people(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    comes_first(payouts, ADMIN.address, pause()).await;
    payouts.reaches(batch.id, "quarantined").await;
    assert_eq!(payouts.submission(batch.id).await.state, "final_reverted");

    // It could still be executed by someone, so its money stays where it is.
    for step in ["retry", "submit", "sign"] {
        let refused = payouts.step(&payouts.builder, batch.id, step).await;
        assert_eq!(refused.code(), "wrong_batch_state", "{step}: {refused:?}");
    }
    let again = payouts.ask_to_build(&payouts.builder, &people).await;
    assert_eq!(again.code(), "nothing_due", "{again:?}");
    let unpaused = comes_first(payouts, ADMIN.address, unpause()).await;
    assert!(payouts.mined(unpaused).await.status());

    // A person gives it up; it ends with the proof that it is dead.
    let given_up = payouts.step(&payouts.approver, batch.id, "cancel").await;
    assert_eq!(given_up.status, 200, "{given_up:?}");
    payouts.mine(6).await.unwrap();
    assert_eq!(payouts.state(batch.id).await, "quarantined");
    payouts.pass_time(31 * 60).await.unwrap();
    payouts.reaches(batch.id, "cancelled").await;
    let next = payouts.submitted_batch(&people).await;
    payouts.executed(&next).await;
}
