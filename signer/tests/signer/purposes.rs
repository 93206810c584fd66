//! Each purpose is a process of its own.

use reqwest::StatusCode;
use serde_json::json;
use signer::purpose::Purpose;
use signer_client::wire::{
    BATCH_PAYOUT_PATH, Problem, REGISTRATION_PATH, RETOPUP_PATH, ROOT_PATH, TRANSACTION_PATH,
};
use signer_client::{Call, DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY};

use crate::world::{BNB, World, word};

const PATHS: [(&str, Purpose); 5] = [
    (REGISTRATION_PATH, Purpose::Authorizations),
    (RETOPUP_PATH, Purpose::Authorizations),
    (BATCH_PAYOUT_PATH, Purpose::Authorizations),
    (ROOT_PATH, Purpose::Roots),
    (TRANSACTION_PATH, Purpose::Transactions),
];

async fn post(url: &str, path: &str, body: String) -> (StatusCode, String) {
    let request = reqwest::Client::new().post(format!("{url}{path}"));
    let key = match path {
        REGISTRATION_PATH | RETOPUP_PATH => DEVELOPMENT_CALLER_KEY,
        _ => DEVELOPMENT_SETTLER_KEY,
    };
    let answer = request.bearer_auth(key).body(body).send();
    let answer = answer.await.unwrap();
    let status = answer.status();
    let problem: Problem = answer.json().await.unwrap();
    (status, problem.code)
}

#[tokio::test]
async fn a_process_refuses_the_paths_of_other_purposes() {
    for purpose in Purpose::ALL {
        let world = World::start_for(purpose, &[]).await;
        for (path, owner) in PATHS {
            let expected = if owner == purpose {
                (StatusCode::BAD_REQUEST, "malformed".to_owned())
            } else {
                (StatusCode::MISDIRECTED_REQUEST, "wrong_purpose".to_owned())
            };
            assert_eq!(
                post(&world.url, path, "{}".to_owned()).await,
                expected,
                "{purpose}: {path}"
            );
        }
        assert_eq!(world.count("signer.sign_request").await, 0);
    }
}

#[tokio::test]
async fn three_signers_share_one_memory_and_one_chain_of_decisions() {
    let world = World::start().await;
    let (_roots, roots) = world.beside(Purpose::Roots).await;
    let (_transactions, transactions) = world.beside(Purpose::Transactions).await;
    world.fund(5).await;
    world.register(20).await;
    let batch = world.batch(1, &[(20, BNB)]).await;
    let root = world.root(20, BNB, 1).await;
    let noop = world.transaction(0, 1, Call::Noop {});
    assert_eq!(word(&world.client.authorize_batch(&batch).await), "signed");
    assert_eq!(word(&roots.authorize_root(&root).await), "signed");
    assert_eq!(word(&transactions.sign_transaction(&noop).await), "signed");
    assert_eq!(word(&roots.authorize_batch(&batch).await), "wrong_purpose");
    assert_eq!(word(&world.client.sign_transaction(&noop).await), "wrong_purpose");

    // One key's pause is not the others'.
    let mut other = root.clone();
    other.root.as_of_seq = 0;
    assert_eq!(word(&roots.authorize_root(&other).await), "equivocation");
    assert_eq!(word(&roots.authorize_root(&root).await), "key_paused");
    assert_eq!(word(&world.client.authorize_batch(&batch).await), "signed");
    assert_eq!(word(&transactions.sign_transaction(&noop).await), "signed");
    let purposes: Vec<String> =
        sqlx::query_scalar("SELECT purpose FROM signer.audit WHERE event = 'recorded' ORDER BY seq")
            .fetch_all(world.database.pool())
            .await
            .unwrap();
    assert_eq!(purposes, ["authorizations", "roots", "transactions"]);
    world.verify().await.unwrap();
}

#[tokio::test]
async fn hostile_bodies_are_malformed_whatever_they_are_for() {
    let hex = |byte: &str, count: usize| format!("0x{}", byte.repeat(count));
    let batch = json!({
        "batch_id": hex("01", 32), "submitter": hex("02", 20), "max_total": "1", "manifest_hash": hex("03", 32),
        "valid_after": 0, "deadline": 1, "payouts": [{"wallet": hex("04", 20), "target": "1"}],
    });
    let request = |batch: serde_json::Value| {
        json!({"chain_id": 31337, "contract": hex("05", 20), "plan_hash": hex("06", 32), "batch": batch,
        "justification": {"proposer": hex("07", 20),
            "approvals": [{"wallet": hex("08", 20), "expires": 1, "signature": hex("09", 65)}],
            "attestation": {"fact_seq": 1, "journal_seq": 1, "journal_root": hex("0a", 32), "block_number": 1,
                "block_hash": hex("0b", 32), "seen_at": 1, "attested_at": 1, "signature": hex("0c", 65)}}})
    };
    let with = |pointer: &str, value: serde_json::Value| {
        let mut body = request(batch.clone());
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    let bodies = [
        "null".to_owned(),
        "[]".to_owned(),
        with("/batch", json!([])),
        with("/batch/max_total", json!(1)),
        with("/batch/max_total", json!("-1")),
        with(
            "/batch/max_total",
            json!("340282366920938463463374607431768211456"),
        ),
        with("/batch/payouts/0/target", json!("0x1")),
        with("/batch/payouts/0/target", json!(" 1")),
        with("/batch/payouts/0/wallet", json!(hex("04", 19))),
        with("/batch/payouts", json!({})),
        with("/batch/deadline", json!(-1)),
        with("/batch/deadline", json!(1.5)),
        with("/justification", json!(null)),
        with("/justification/approvals", json!({})),
        with("/justification/approvals/0/signature", json!(hex("09", 4_097))),
        with("/justification/approvals/0/expires", json!("1")),
        with("/justification/attestation/signature", json!(hex("0c", 64))),
        with("/justification/attestation/block_number", json!(-1)),
        request(batch.clone())
            .to_string()
            .replacen("\"batch_id\"", "\"batch_id\":\"0x00\",\"batch_id\"", 1),
        format!("{}{{}}", request(batch.clone())),
        // Too large, and too deep.
        with("/batch/manifest_hash", json!("0".repeat(200_000))),
        "[".repeat(60_000),
    ];
    let world = World::start().await;
    for body in bodies {
        let start: String = body.chars().take(60).collect();
        let answer = post(&world.url, BATCH_PAYOUT_PATH, body).await;
        assert_eq!(
            answer,
            (StatusCode::BAD_REQUEST, "malformed".to_owned()),
            "{start}"
        );
    }
    assert_eq!(
        post(&world.url, BATCH_PAYOUT_PATH, request(batch).to_string()).await,
        (StatusCode::UNPROCESSABLE_ENTITY, "wrong_contract".to_owned())
    );
    assert_eq!(world.count("signer.sign_request").await, 0);
}
