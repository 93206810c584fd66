//! Pauses: a key that was requested two things under one reference signs nothing of their area until a person has looked.

use money::Amount;
use signer_client::SignerHealth;
use sqlx::{Connection, PgConnection};

use crate::world::{BNB, World, word};

#[tokio::test]
async fn an_equivocation_about_a_batch_pauses_batches_and_no_newcomer_until_an_operator_resumes() {
    let mut world = World::start().await;
    world.register(20).await;
    let batch = world.batch(1, &[(20, BNB)]).await;
    let signed = world.client.authorize_batch(&batch).await.unwrap();
    let mut other = batch.clone();
    other.batch.manifest_hash.0[0] ^= 1;
    assert_eq!(word(&world.client.authorize_batch(&other).await), "equivocation");
    let intake = world.registration(21, 1).await;
    let everything = async |world: &World| {
        [
            word(&world.client.authorize_batch(&batch).await),
            word(&world.client.authorize_batch(&other).await),
            word(&world.ask(&intake).await),
        ]
    };
    let paused = ["key_paused", "key_paused", "signed"];
    assert_eq!(everything(&world).await, paused);
    world.signer.restart().await.unwrap();
    assert_eq!(everything(&world).await, paused, "a restart ends nothing");
    let ready = reqwest::get(format!("{}/ready", world.url)).await.unwrap();
    assert_eq!(ready.status(), 503);
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert_eq!(ready["code"], "key_paused");
    assert_eq!(world.client.health().await, SignerHealth::Paused);
    let health = reqwest::get(format!("{}/health", world.url)).await.unwrap();
    let health: serde_json::Value = health.json().await.unwrap();
    assert_eq!(health["paused"], true);
    assert_eq!(health["paused_for"], serde_json::json!(["batches"]));

    world.resume();
    let ready = reqwest::get(format!("{}/ready", world.url)).await.unwrap();
    assert_eq!(ready.status(), 200);
    assert_eq!(world.client.health().await, SignerHealth::Available);
    assert_eq!(
        world.client.authorize_batch(&batch).await.unwrap(),
        signed,
        "what was signed is still what it was"
    );
    assert_eq!(word(&world.ask(&intake).await), "signed");
    let events: Vec<String> = sqlx::query_scalar(
        "SELECT event || ' ' || purpose FROM signer.audit WHERE event IN ('paused', 'resumed') ORDER BY seq",
    )
    .fetch_all(world.database.pool())
    .await
    .unwrap();
    assert_eq!(events, ["paused authorizations", "resumed authorizations"]);
    world.verify().await.unwrap();
    // Again it pauses again.
    assert_eq!(word(&world.client.authorize_batch(&other).await), "equivocation");
    assert_eq!(everything(&world).await, paused);
}

#[tokio::test]
async fn only_the_owner_ends_a_pause_and_says_why() {
    let world = World::start().await;
    let terms = world.registration(20, 1).await;
    let nothing = world.command("resume", &["--reason", "why"]);
    assert!(!nothing.status.success(), "there is no pause");
    world.ask(&terms).await.unwrap();
    let mut other = terms.clone();
    other.amount = Amount::new(1_000_000_000);
    assert_eq!(word(&world.ask(&other).await), "equivocation");

    assert!(!world.command("resume", &["--reason", " "]).status.success());
    let mut serving = PgConnection::connect(&world.database.url_as("trellis_signer"))
        .await
        .unwrap();
    let refused = signer::resume(&mut serving, world.purpose, world.account, "myself").await;
    assert!(refused.is_err());
    assert_eq!(word(&world.ask(&terms).await), "key_paused");
    world.resume();
    assert_eq!(word(&world.ask(&terms).await), "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn a_pause_that_is_removed_is_seen() {
    let world = World::start().await;
    let terms = world.registration(20, 1).await;
    world.ask(&terms).await.unwrap();
    let mut other = terms;
    other.amount = Amount::new(1_000_000_000);
    assert_eq!(word(&world.ask(&other).await), "equivocation");
    world.verify().await.unwrap();
    sqlx::query("DELETE FROM signer.key_pause")
        .execute(world.database.pool())
        .await
        .unwrap();
    assert!(world.verify().await.is_err());
}
