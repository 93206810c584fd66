//! Deaths between decision, record and signature, and the death of what the signer relies on.

use std::time::Duration;

use alloy::primitives::{B256, U256};
use money::Amount;
use reqwest::StatusCode;
use signer::purpose::Purpose;
use signer_client::Call;
use sqlx::Connection;
use testkit::wait_for;

use crate::world::{BNB, World, word};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Lets the signer die at a point, and sees that afterwards it can sign what was recorded and nothing else.
async fn dies_at(point: &str, recorded: i64) {
    let mut world = World::start().await;
    let terms = world.registration(20, 1).await;
    world.signer.restart_with_fault(point).unwrap();
    world.signer.wait_until_ready().await.unwrap();
    assert_eq!(word(&world.ask(&terms).await), "unavailable");
    let ended = world.signer.wait_until_ended(PATIENCE).await;
    assert!(!ended.unwrap().success());
    assert_eq!(world.count("signer.sign_request").await, recorded);
    assert_eq!(world.count("signer.signature").await, 0);

    world.signer.restart().await.unwrap();
    let mut other = terms.clone();
    other.amount = Amount::new(1_000_000_000);
    if recorded > 0 {
        assert_eq!(word(&world.ask(&other).await), "equivocation");
        assert_eq!(word(&world.ask(&terms).await), "key_paused");
        assert_eq!(world.count("signer.signature").await, 0);
        world.resume();
    }
    let digest: Option<Vec<u8>> = sqlx::query_scalar("SELECT digest FROM signer.sign_request")
        .fetch_optional(world.database.pool())
        .await
        .unwrap();
    let signed = world.ask(&terms).await.unwrap();
    if let Some(digest) = digest {
        assert_eq!(signed.digest.as_slice(), digest);
    }
    assert_eq!(world.ask(&terms).await.unwrap(), signed);
    assert_eq!(word(&world.ask(&other).await), "equivocation");
    assert!(world.pay(&terms, &signed).await, "the contract takes it");
    let mut connection = world.database.connection().await;
    signer::audit::verify(&mut connection, None).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_death_before_the_record_leaves_nothing() {
    dies_at("signer.before_record_commit", 0).await;
}

#[tokio::test]
async fn a_death_after_the_record_binds_the_signer_to_it() {
    dies_at("signer.after_record", 1).await;
}

#[tokio::test]
async fn a_death_after_the_signature_binds_the_signer_to_it() {
    dies_at("signer.after_sign", 1).await;
}

#[tokio::test]
async fn a_death_between_record_and_signature_binds_the_signer_to_a_batch() {
    for point in ["signer.after_record", "signer.after_sign"] {
        let mut world = World::start().await;
        world.register(20).await;
        let terms = world.batch(1, &[(20, BNB)]).await;
        world.signer.restart_with_fault(point).unwrap();
        world.signer.wait_until_ready().await.unwrap();
        assert_eq!(word(&world.client.authorize_batch(&terms).await), "unavailable");
        let ended = world.signer.wait_until_ended(PATIENCE).await;
        assert!(!ended.unwrap().success());
        world.signer.restart().await.unwrap();
        assert_eq!(world.count("signer.payout").await, 1);
        assert_eq!(world.count("signer.signature").await, 0);
        let mut other = terms.clone();
        other.batch.manifest_hash.0[0] ^= 1;
        assert_eq!(word(&world.client.authorize_batch(&other).await), "equivocation");
        world.resume();
        assert_eq!(word(&world.client.authorize_batch(&terms).await), "signed");
        assert_eq!(world.count("signer.payout").await, 1, "{point}");
        world.verify().await.unwrap();
    }
}

#[tokio::test]
async fn a_death_between_record_and_signature_binds_the_signer_to_a_transaction() {
    let mut world = World::start_for(Purpose::Transactions, &[]).await;
    let terms = world.transaction(0, 1, Call::Noop {});
    world.signer.restart_with_fault("signer.after_record").unwrap();
    world.signer.wait_until_ready().await.unwrap();
    assert_eq!(word(&world.client.sign_transaction(&terms).await), "unavailable");
    let ended = world.signer.wait_until_ended(PATIENCE).await;
    assert!(!ended.unwrap().success());
    world.signer.restart().await.unwrap();
    // Another attempt is measured against the one that nobody has seen.
    let second = world.transaction(0, 2, Call::Noop {});
    assert_eq!(
        word(&world.client.sign_transaction(&second).await),
        "price_not_raised"
    );
    let transaction = world.client.sign_transaction(&terms).await.unwrap();
    assert!(world.broadcast(&transaction).await);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn without_its_chain_a_signer_repeats_and_signs_nothing_new() {
    let mut world = World::start().await;
    let terms = world.registration(20, 1).await;
    let first = world.ask(&terms).await.unwrap();
    world.anvil.stop().unwrap();
    let mut new = terms.clone();
    let mut reference = 1;
    // The signer's last reading of the head serves for a second.
    wait_for("a signer without time", PATIENCE, async || {
        reference += 1;
        new.deposit_ref = B256::from(U256::from(reference));
        (word(&world.ask(&new).await) == "unavailable").then_some(())
    })
    .await;
    assert_eq!(world.ask(&terms).await.unwrap(), first);
    let status = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", world.url)).await;
        answer.unwrap().status()
    };
    assert_eq!(status("/health").await, StatusCode::OK);
    assert_eq!(status("/health/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    let kept = format!("'{:#x}'", new.deposit_ref);
    let statement =
        format!("SELECT count(*) FROM signer.sign_request WHERE request->>'deposit_ref' = {kept}");
    let recorded: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(recorded, 0, "what was not answered was not recorded");
}
