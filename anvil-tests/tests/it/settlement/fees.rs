//! Blocks that become dear, a sender without money for gas, and a contract without money for the batch.

use abi::development::SUBMITTER;
use alloy::primitives::U256;
use anvil_tests::PayoutWorld;

/// What the settlement worker pays at most by default, in wei per gas.
const FEE_PER_GAS_MAX: u128 = 20_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_lands_once_when_blocks_are_dear_or_money_is_missing() {
    let mut payouts = PayoutWorld::with_due(4).await;
    fees_rise_to_the_cap_and_every_pool_takes_them(&mut payouts).await;
    a_sender_without_gas_money_waits_with_its_nonce(&mut payouts).await;
    a_contract_without_funds_takes_no_nonce(&mut payouts).await;
    payouts.prove().await;
}

/// Blocks are always a little dearer than the newest attempt.
async fn fees_rise_to_the_cap_and_every_pool_takes_them(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    payouts.nodes.forget();
    let batch = payouts.submitted_batch(&people).await;
    let submission = payouts.sent(batch.id, 1).await;
    let told = payouts
        .wait_until("the fee to be at the cap", async |payouts| {
            let newest = payouts.submission(batch.id).await.attempts.pop()?;
            payouts.mine_at(newest.max_fee + 1).await;
            payouts.followed().await;
            let events = payouts.details(submission.id).await;
            events
                .into_iter()
                .find(|(event, detail)| event == "alert" && detail["alert"] == "fee_cap_reached")
        })
        .await;
    assert_eq!(told.0, "alert");
    assert_eq!(payouts.state(batch.id).await, "submitting");

    let attempts = payouts.submission(batch.id).await.attempts;
    assert!(attempts.len() >= 3, "{} attempts until the cap", attempts.len());
    for pair in attempts.windows(2) {
        // The rule of geth's pool, for both prices.
        assert!(pair[1].max_fee * 100 >= pair[0].max_fee * 110, "{pair:?}");
        assert!(
            pair[1].priority_fee * 100 >= pair[0].priority_fee * 110,
            "{pair:?}"
        );
        assert!(pair[1].max_fee <= FEE_PER_GAS_MAX, "{pair:?}");
    }
    for exchange in payouts.nodes.exchanges_of("eth_sendRawTransaction") {
        let answer = exchange.answer.unwrap_or_default().to_string();
        assert!(
            !answer.contains("underpriced"),
            "a pool refused a price: {answer}"
        );
    }
    // Blocks are cheap again.
    payouts.price_next_block(1).await;
    payouts.executed(&batch).await;
    let submission = payouts.submission(batch.id).await;
    assert_eq!(
        submission.attempts.len(),
        attempts.len(),
        "nothing was signed at the cap"
    );
    assert_eq!(
        submission
            .attempts
            .iter()
            .filter(|attempt| attempt.is_included)
            .count(),
        1
    );
}

/// Nothing can be sent until someone funds the account; then the same transaction is.
async fn a_sender_without_gas_money_waits_with_its_nonce(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let batch = payouts.signed_batch(&people).await;
    let purse = alloy::providers::Provider::get_balance(&payouts.provider, SUBMITTER.address)
        .await
        .unwrap();
    payouts.set_purse(SUBMITTER.address, U256::ZERO).await;
    payouts.submit(&batch).await;
    let submission = payouts.sent(batch.id, 1).await;
    payouts.alerted(submission.id, "rejected_by_all").await;
    assert_eq!(submission.state, "signed", "it counts as not sent");
    payouts.mine(3).await.unwrap();
    assert_eq!(payouts.state(batch.id).await, "submitting");

    payouts.set_purse(SUBMITTER.address, purse).await;
    payouts.executed(&batch).await;
    let after = payouts.submission(batch.id).await;
    assert_eq!(after.nonce, submission.nonce);
    assert_eq!(after.attempts.len(), 1, "more money needs no other transaction");
}

/// The contract's free funds are below the total: not even a nonce is given.
async fn a_contract_without_funds_takes_no_nonce(payouts: &mut PayoutWorld) {
    let people = payouts.some(2);
    let batch = payouts.signed_batch(&people).await;
    let custody = payouts.custody;
    let funds = alloy::providers::Provider::get_balance(&payouts.provider, custody)
        .await
        .unwrap();
    // It would rightly report that money is missing.
    payouts.system.reconciler.kill().unwrap();
    payouts
        .set_purse(custody, U256::from(35) * U256::from(10).pow(U256::from(18)))
        .await;
    payouts.submit(&batch).await;
    let subject = batch.id.to_string();
    payouts
        .audited("batch_waits", &subject, "exceeds_available")
        .await;
    payouts.mine(5).await.unwrap();
    assert!(
        payouts.submissions(batch.id).await.is_empty(),
        "a nonce was given"
    );

    payouts.set_purse(custody, funds).await;
    let funded = payouts.head().await.unwrap() + 1;
    payouts.executed(&batch).await;
    // It looks at finalized blocks, and in older ones money is missing.
    payouts.is_final(funded).await;
    payouts.system.reconciler.restart().await.unwrap();
}
