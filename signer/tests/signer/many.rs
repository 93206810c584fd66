//! Many intakes in one request.

use alloy::primitives::{B256, keccak256};
use money::Amount;
use reqwest::StatusCode;
use signer_client::wire::{MANY_PATH, ManyRequest};
use signer_client::{DEVELOPMENT_CALLER_KEY, IntakeKind, IntakeTerms};

use crate::world::{World, word};

async fn many(world: &World, count: usize) -> Vec<IntakeTerms> {
    let good = world.registration(20, 1).await;
    let one = |number: usize| IntakeTerms {
        deposit_ref: keccak256(number.to_be_bytes()),
        kind: if number.is_multiple_of(2) {
            IntakeKind::Registration
        } else {
            IntakeKind::Retopup
        },
        ..good.clone()
    };
    (0..count).map(one).collect()
}

#[tokio::test]
async fn as_many_as_there_may_be_are_recorded_in_one_transaction() {
    let world = World::start().await;
    let terms = many(&world, 256).await;
    let answers = world.client.authorize_many(&terms).await.unwrap();
    assert_eq!(answers.len(), 256);
    let transactions: i64 = sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM signer.sign_request")
        .fetch_one(world.database.pool())
        .await
        .unwrap();
    assert_eq!(transactions, 1);
    assert_eq!(world.count("signer.sign_request").await, 256);
    assert_eq!(world.count("signer.signature").await, 256);
    // Each is what it would have been alone.
    for (terms, answer) in terms.iter().zip(&answers).step_by(17) {
        assert_eq!(world.ask(terms).await.unwrap(), *answer.as_ref().unwrap());
    }
    assert!(world.pay(&terms[0], answers[0].as_ref().unwrap()).await);
    assert!(world.pay(&terms[1], answers[1].as_ref().unwrap()).await);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn each_is_granted_or_refused_as_if_it_came_alone() {
    let world = World::start().await;
    let mut terms = many(&world, 8).await;
    let known = world.ask(&terms[0]).await.unwrap();
    terms[1].amount = Amount::new(1);
    terms[2].deadline = 1;
    terms[3] = terms[4].clone();
    terms[5].disclosure_hash = B256::ZERO;
    let answers = world.client.authorize_many(&terms).await.unwrap();
    let words: Vec<String> = answers.iter().map(word).collect();
    assert_eq!(
        words,
        [
            "signed",
            "amount_not_whole_gwei",
            "deadline_passed",
            "signed",
            "signed",
            "disclosure_zero",
            "signed",
            "signed"
        ]
    );
    assert_eq!(answers[0].as_ref().unwrap(), &known);
    assert_eq!(
        answers[3].as_ref().unwrap(),
        answers[4].as_ref().unwrap(),
        "twice the same in one request"
    );
    let mut refused = world.refusals().await;
    refused.sort();
    assert_eq!(
        refused,
        ["amount_not_whole_gwei", "deadline_passed", "disclosure_zero"]
    );
    world.verify().await.unwrap();
}

#[tokio::test]
async fn an_equivocation_among_many_pauses_what_follows_it() {
    let world = World::start().await;
    let mut terms = many(&world, 4).await;
    terms[2].deposit_ref = terms[1].deposit_ref;
    let answers = world.client.authorize_many(&terms).await.unwrap();
    let words: Vec<String> = answers.iter().map(word).collect();
    assert_eq!(words, ["signed", "signed", "equivocation", "key_paused"]);
    let answers = world.client.authorize_many(&terms).await.unwrap();
    assert!(answers.iter().all(|answer| word(answer) == "key_paused"));
    assert_eq!(world.count("signer.key_pause").await, 1);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn none_and_too_many_are_refused_and_each_takes_one_of_the_callers_requests() {
    let world = World::start_with(&[("TRELLIS_REQUESTS_PER_SECOND", "1".to_owned())]).await;
    let terms = many(&world, 257).await;
    let post = async |terms: &[IntakeTerms]| {
        let request = reqwest::Client::new().post(format!("{}{MANY_PATH}", world.url));
        let body = request
            .bearer_auth(DEVELOPMENT_CALLER_KEY)
            .json(&ManyRequest::of(terms));
        body.send().await.unwrap().status()
    };
    assert_eq!(post(&terms).await, StatusCode::BAD_REQUEST);
    assert_eq!(post(&[]).await, StatusCode::BAD_REQUEST);
    // Ten seconds' worth may come at once; two of them are gone.
    assert_eq!(post(&terms[..11]).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(post(&terms[..8]).await, StatusCode::OK);
    assert_eq!(world.count("signer.sign_request").await, 8);
}
