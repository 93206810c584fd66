//! Streams of requests to one signer: what is signed, repeated and refused.

use std::time::Duration;

use abi::typed_data::{self, Registration};
use abi::{ICustody, development};
use alloy::primitives::{Address, B256, Signature, U256};
use alloy::providers::Provider;
use devstack::anvil::CHAIN_ID;
use money::Amount;
use reqwest::StatusCode;
use signer_client::wire::{IntakeRequest, Problem, REGISTRATION_PATH};
use signer_client::{CallerKey, DEVELOPMENT_CALLER_KEY, IntakeKind, IntakeTerms, SignerClient};
use testkit::wait_for;

use crate::world::{World, word};

/// What must come of a request.
#[derive(Debug)]
enum Expect {
    Signed,
    /// The signature of an earlier row.
    SameSignature(usize),
    Refused(&'static str),
}
use Expect::{Refused, SameSignature, Signed};

type Change = fn(&mut IntakeTerms);

/// Each row changes the good terms of reference 1.
const STREAM: [(&str, Change, Expect); 14] = [
    ("new terms", |_| {}, Signed),
    ("the same again", |_| {}, SameSignature(0)),
    ("the same after all that", |_| {}, SameSignature(0)),
    (
        "a plan that was not checked",
        |terms| terms.plan_hash = B256::ZERO,
        Refused("unknown_plan"),
    ),
    (
        "another chain",
        |terms| terms.chain_id = 56,
        Refused("wrong_chain"),
    ),
    (
        "another contract",
        |terms| terms.contract = Address::repeat_byte(9),
        Refused("wrong_contract"),
    ),
    (
        "the user as sponsor",
        |terms| terms.sponsor = Some(terms.user),
        Refused("sponsor_is_user"),
    ),
    (
        "a fraction of a gwei",
        |terms| terms.amount = Amount::new(1),
        Refused("amount_not_whole_gwei"),
    ),
    (
        "too much",
        |terms| terms.amount = Amount::new(1_001_000_000_000_000_000_000),
        Refused("amount_above_max"),
    ),
    (
        "new terms of another reference",
        |terms| terms.deposit_ref = B256::repeat_byte(2),
        Signed,
    ),
    (
        "a reference whose terms are late",
        |terms| {
            terms.deposit_ref = B256::repeat_byte(3);
            terms.deadline = 1;
        },
        Refused("deadline_passed"),
    ),
    (
        "terms that live too long",
        |terms| {
            terms.deposit_ref = B256::repeat_byte(3);
            terms.deadline += 3_700;
        },
        Refused("deadline_too_far"),
    ),
    (
        "good terms after refused ones",
        |terms| terms.deposit_ref = B256::repeat_byte(3),
        Signed,
    ),
    (
        "and again",
        |terms| terms.deposit_ref = B256::repeat_byte(3),
        SameSignature(12),
    ),
];

#[tokio::test]
async fn a_stream_of_requests_is_signed_repeated_and_refused() {
    let world = World::start().await;
    let good = world.registration(20, 1).await;
    let mut answers = Vec::new();
    let mut refused = Vec::new();
    for (row, (what, change, expect)) in STREAM.iter().enumerate() {
        let mut terms = good.clone();
        change(&mut terms);
        let answer = world.ask(&terms).await;
        match expect {
            Signed => assert_eq!(word(&answer), "signed", "row {row}: {what}"),
            SameSignature(earlier) => assert_eq!(answer.as_ref().ok(), Some(&answers[*earlier]), "{what}"),
            Refused(code) => {
                assert_eq!(word(&answer), *code, "row {row}: {what}");
                refused.push(*code);
            }
        }
        // Rows are counted from 0; a refused one can never be repeated.
        answers.push(answer.unwrap_or_else(|_| nothing()));
    }
    assert_eq!(
        world.refusals().await,
        refused,
        "every refusal is in the audit chain"
    );
    assert_eq!(world.count("signer.sign_request").await, 3);
    assert_eq!(world.count("signer.signature").await, 3);
}

fn nothing() -> signer_client::Authorization {
    signer_client::Authorization {
        signer: Address::ZERO,
        signature: [0; 65],
        digest: B256::ZERO,
    }
}

#[tokio::test]
async fn a_signature_recovers_to_the_signer_and_the_contract_takes_it() {
    let world = World::start().await;
    let mut terms = world.registration(20, 1).await;
    let authorization = world.ask(&terms).await.unwrap();
    assert_eq!(authorization.signer, development::SIGNER.address);
    let intake = ICustody::Intake {
        user: terms.user,
        sponsor: Address::ZERO,
        amount: U256::from(terms.amount.base_units()),
        planHash: terms.plan_hash,
        disclosureHash: terms.disclosure_hash,
        r#ref: terms.deposit_ref,
        deadline: U256::from(terms.deadline),
    };
    let domain = typed_data::domain(CHAIN_ID, world.contract);
    let digest = typed_data::digest(&Registration(intake), &domain);
    assert_eq!(authorization.digest, digest);
    let signature = Signature::try_from(&authorization.signature[..]).unwrap();
    assert_eq!(
        signature.recover_address_from_prehash(&digest).unwrap(),
        authorization.signer
    );

    // Another value than the signed one is refused by the contract, the signed one taken, and only once.
    let mut other = terms.clone();
    other.disclosure_hash = B256::repeat_byte(9);
    assert!(!world.pay(&other, &authorization).await);
    assert!(world.pay(&terms, &authorization).await);
    assert!(!world.pay(&terms, &authorization).await);

    terms.kind = IntakeKind::Retopup;
    terms.deposit_ref = B256::repeat_byte(2);
    let authorization = world.ask(&terms).await.unwrap();
    assert!(world.pay(&terms, &authorization).await);
}

#[tokio::test]
async fn time_is_the_chains_and_a_known_request_keeps_its_signature_when_it_is_late() {
    let world = World::start().await;
    let terms = world.registration(20, 1).await;
    let first = world.ask(&terms).await.unwrap();
    let _: serde_json::Value = world
        .provider
        .raw_request("evm_increaseTime".into(), [7_200])
        .await
        .unwrap();
    let mut late = terms.clone();
    let mut reference = 1;
    // The signer's reading of the head is at most a second old, and the next block must come.
    wait_for("the chain's new time", Duration::from_secs(60), async || {
        reference += 1;
        late.deposit_ref = B256::from(U256::from(reference));
        (word(&world.ask(&late).await) == "deadline_passed").then_some(())
    })
    .await;
    assert_eq!(world.ask(&terms).await.unwrap(), first);
    assert_eq!(
        word(&world.ask(&world.registration(20, 0xee).await).await),
        "signed"
    );
}

#[tokio::test]
async fn strangers_are_refused_before_anything_is_read() {
    let world = World::start().await;
    let terms = world.registration(20, 1).await;
    let stranger = CallerKey::new(&"ab".repeat(32)).unwrap();
    let stranger = SignerClient::new(&world.url, stranger).unwrap();
    let answer = stranger.authorize_registration(&terms).await;
    assert_eq!(word(&answer), "unauthorized");
    let client = reqwest::Client::new();
    let url = format!("{}{REGISTRATION_PATH}", world.url);
    let answer = client.post(&url).body("no JSON").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!((problem.status, problem.code.as_str()), (401, "unauthorized"));
    assert_eq!(world.refusals().await, ["unauthorized", "unauthorized"]);
    assert_eq!(world.count("signer.sign_request").await, 0);
}

#[tokio::test]
async fn malformed_requests_are_refused_and_nothing_signs_a_digest() {
    let world = World::start().await;
    let good = serde_json::to_value(IntakeRequest::of(&world.registration(20, 1).await)).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut body = good.clone();
        body[name] = value;
        body.to_string()
    };
    let bodies = [
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        with("digest", "0x00".into()),
        with("amount", 20.into()),
        with("amount", "2e1".into()),
        with("user", "0x12".into()),
        with("deadline", (-1).into()),
        with("deposit_ref", serde_json::Value::Null),
        with("plan_hash", "x".repeat(10_000).into()),
    ];
    let client = reqwest::Client::new();
    let post = async |path: &str, body: String| {
        let request = client.post(format!("{}{path}", world.url));
        let answer = request
            .bearer_auth(DEVELOPMENT_CALLER_KEY)
            .body(body)
            .send()
            .await;
        let problem: Problem = answer.unwrap().json().await.unwrap();
        (problem.status, problem.code)
    };
    let count = bodies.len();
    for body in bodies {
        let start: String = body.chars().take(100).collect();
        assert_eq!(
            post(REGISTRATION_PATH, body).await,
            (400, "malformed".to_owned()),
            "{start}"
        );
    }
    assert_eq!(world.refusals().await, vec!["malformed"; count]);
    for path in ["/v1/sign", "/v1/authorizations", "/v1/authorizations/digest", "/"] {
        assert_eq!(post(path, good.to_string()).await, (404, "not_found".to_owned()));
    }
    assert_eq!(
        post("/health", String::new()).await,
        (405, "method_not_allowed".to_owned())
    );
    assert_eq!(world.count("signer.sign_request").await, 0);
}

#[tokio::test]
async fn a_caller_gets_no_more_than_its_rate_and_only_what_it_may_ask_for() {
    let hash = hex::encode(signer::callers::key_hash(DEVELOPMENT_CALLER_KEY));
    let world = World::start_with(&[
        ("TRELLIS_REQUESTS_PER_SECOND", "1".to_owned()),
        ("TRELLIS_CALLERS", format!("shop=registration:{hash}")),
    ])
    .await;
    let terms = world.registration(20, 1).await;
    let retopup = IntakeTerms {
        kind: IntakeKind::Retopup,
        ..terms.clone()
    };
    assert_eq!(word(&world.ask(&retopup).await), "unauthorized");
    // Some at once, and while they are requested, time allows some more.
    let mut signed = 0;
    let refused = loop {
        let answer = word(&world.ask(&terms).await);
        if answer != "signed" {
            break answer;
        }
        signed += 1;
        assert!(signed < 1_000, "nothing is too much");
    };
    assert!(signed >= 9, "{signed}");
    assert_eq!(refused, "rate_limited");
    assert_eq!(world.refusals().await[..2], ["not_permitted", "rate_limited"]);
}
