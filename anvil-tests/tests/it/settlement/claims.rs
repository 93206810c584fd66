//! Users who claim by a proof what a batch is about to pay them. Each is paid once, by whichever comes first.

use abi::ICustody;
use abi::development::DEPLOYER;
use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anvil_tests::{PayoutWorld, Person};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

/// What everyone is due.
const DUE: u128 = 18_000_000_000_000_000_000;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Builds, approves and publishes the liabilities; the veto delay passes.
pub(super) async fn publish(payouts: &PayoutWorld) -> B256 {
    let root = publish_immature(payouts).await;
    payouts.pass_time(DAY + 60).await.unwrap();
    root
}

/// Builds, approves and publishes the liabilities, which can be vetoed still.
pub(super) async fn publish_immature(payouts: &PayoutWorld) -> B256 {
    let wish = json!({ "accept_claims": false });
    let built = payouts.post(&payouts.builder, "/liabilities/roots", wish).await;
    assert_eq!(built.status, 202, "{built:?}");
    let request = built.body["id"].as_i64().unwrap();
    let root = payouts.advance_until("the root to be built", async |payouts| {
        let statement = "SELECT root FROM liabilities_request WHERE id = $1";
        let root: Option<Vec<u8>> = sqlx::query_scalar(statement)
            .bind(request)
            .fetch_one(payouts.ledger.pool())
            .await
            .ok()?;
        root
    });
    let root = B256::from_slice(&root.await);
    let path = format!("/liabilities/roots/{root}");
    for who in [&payouts.builder, &payouts.approver] {
        let signed = payouts.agree(who, &path, json!({})).await;
        assert_eq!(signed.status, 200, "{signed:?}");
    }
    payouts
        .advance_until("the root to be published", async |payouts| {
            let state: String = sqlx::query_scalar("SELECT state FROM liabilities_root WHERE root = $1")
                .bind(root.as_slice())
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            (state == "published").then_some(())
        })
        .await;
    root
}

/// The call with which anyone claims for this user.
pub(super) async fn claim_of(payouts: &PayoutWorld, person: &Person, root: B256) -> Bytes {
    let id = person.id(payouts).await.unwrap();
    let proof = person.get(payouts, &format!("/users/{id}/proof")).await.unwrap();
    assert_eq!(text(&proof.body["root"]), root.to_string(), "{proof:?}");
    let path = proof.body["path"].as_array().unwrap().iter();
    let call = ICustody::claimCall {
        user: person.address(),
        entitled: text(&proof.body["entitled"]).parse().unwrap(),
        root,
        proof: path
            .map(|node| ICustody::SumNode {
                hash: text(&node["hash"]).parse().unwrap(),
                sum: text(&node["sum"]).parse().unwrap(),
            })
            .collect(),
    };
    call.abi_encode().into()
}

/// Puts a stranger's call into the pool, before everything of the settlement worker.
pub(super) async fn claims_first(payouts: &PayoutWorld, call: Bytes) -> B256 {
    let tip = 30_000_000_000;
    let request = TransactionRequest::default()
        .with_from(DEPLOYER.address)
        .with_to(payouts.custody)
        .with_gas_limit(500_000)
        .with_max_fee_per_gas(tip * 2)
        .with_max_priority_fee_per_gas(tip)
        .with_input(call);
    *payouts
        .provider
        .send_transaction(request)
        .await
        .unwrap()
        .tx_hash()
}

pub(super) async fn line(payouts: &PayoutWorld, batch: B256, person: &Person) -> String {
    let statement = "SELECT p.state FROM payout p JOIN users u ON u.id = p.user_id \
        WHERE p.batch_id = $1 AND u.wallet = $2";
    sqlx::query_scalar(statement)
        .bind(batch.as_slice())
        .bind(person.address().as_slice())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_claims_what_a_batch_would_pay_is_paid_once() {
    let mut payouts = PayoutWorld::with_due(6).await;
    let root = publish(&payouts).await;
    a_claim_between_building_and_paying(&mut payouts, root).await;
    a_claim_in_the_block_of_the_batch(&mut payouts, root).await;
    a_claim_before_the_money_is_held_back(&mut payouts, root).await;
    payouts.prove().await;
}

/// The claim is posted before the batch is submitted: the hold is let go, and the batch pays the other one only.
async fn a_claim_between_building_and_paying(payouts: &mut PayoutWorld, root: B256) {
    let people = payouts.some(2);
    let batch = payouts.signed_batch(&people).await;
    let claim = claim_of(payouts, &people[0], root).await;
    let hash = claims_first(payouts, claim.clone()).await;
    assert!(payouts.mined(hash).await.status());
    payouts.settled().await;
    assert_eq!(payouts.state(batch.id).await, "signed");
    payouts.submit(&batch).await;
    payouts.reaches(batch.id, "executed").await;
    assert_eq!(line(payouts, batch.id, &people[0]).await, "skipped");
    assert_eq!(line(payouts, batch.id, &people[1]).await, "executed");
    for person in &people {
        payouts.expect_paid(person.address(), DUE);
    }
    // A second time the proof brings nothing.
    let again = claims_first(payouts, claim).await;
    assert!(!payouts.mined(again).await.status());
}

/// Both are in the pool, and the claim comes first.
async fn a_claim_in_the_block_of_the_batch(payouts: &mut PayoutWorld, root: B256) {
    let people = payouts.some(2);
    let claim = claim_of(payouts, &people[1], root).await;
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    let hash = claims_first(payouts, claim).await;
    let receipt = payouts.mined(hash).await;
    assert!(receipt.status());
    let executed = &payouts.submission(batch.id).await.attempts[0];
    let executed = payouts.mined(executed.hash).await;
    assert_eq!(executed.block_hash, receipt.block_hash, "both are in one block");
    payouts.reaches(batch.id, "executed").await;
    assert_eq!(line(payouts, batch.id, &people[1]).await, "skipped");
    for person in &people {
        payouts.expect_paid(person.address(), DUE);
    }
}

/// The API still sees the balance, and the posting worker, which does not run, will not: nothing can be held back.
async fn a_claim_before_the_money_is_held_back(payouts: &mut PayoutWorld, root: B256) {
    let people = payouts.some(1);
    let claim = claim_of(payouts, &people[0], root).await;
    payouts.system.worker.kill().unwrap();
    let hash = claims_first(payouts, claim).await;
    assert!(payouts.mined(hash).await.status());
    let seq = i64::try_from(payouts.journal().await.unwrap()).unwrap();
    payouts
        .advance_until("the claim to be recorded", async |payouts| {
            let recorded: Option<i64> = sqlx::query_scalar("SELECT max(chain_seq) FROM inbox")
                .fetch_one(payouts.ledger.pool())
                .await
                .ok()?;
            (recorded? == seq).then_some(())
        })
        .await;
    let asked = payouts.ask_to_build(&payouts.builder, &people).await;
    assert_eq!(asked.body["batch"]["state"], "requested", "{asked:?}");
    payouts.system.worker.restart().await.unwrap();
    let id = text(&asked.body["batch"]["id"]).parse().unwrap();
    payouts.becomes(id, "cancelled").await;
    assert_eq!(line(payouts, id, &people[0]).await, "refused");
    payouts.expect_paid(people[0].address(), DUE);
}
