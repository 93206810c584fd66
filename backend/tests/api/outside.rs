//! What an application of someone else requests: the terms, a sponsor, and the outcome of what its user did.

use abi::ICustody;
use alloy::sol_types::{SolCall, SolEvent};
use alloy_primitives::{B256, LogData, U256};
use reqwest::Method;
use serde_json::{Value, json};

use crate::documents::EXPORTED;
use crate::operators::{APPROVER, BUILDER, due_world};
use crate::world::{
    BNB, CHAIN_ID, CHAIN_TIME, Session, World, compiled, frozen, matured, reference, refunded, wallet,
};

pub(crate) fn accepted(person: u8, reference: B256) -> LogData {
    let event = ICustody::RegistrationAccepted {
        r#ref: reference,
        user: wallet(person),
        sponsor: wallet(1),
        seq: U256::from(9),
        amount: U256::from(20 * BNB),
        refundableUntil: U256::from(CHAIN_TIME + 3_600),
        planHash: compiled().hash(),
        disclosureHash: B256::repeat_byte(0xdd),
    };
    event.encode_log_data()
}

async fn register(world: &World, session: &Session) -> crate::world::Answer {
    let hash = world.disclosure().await;
    let ask = json!({ "sponsor": wallet(1).to_checksum(None), "disclosure_hash": hash });
    world.post("/users/register", Some(session), &ask).await
}

fn call<C: SolCall>(transaction: &Value) -> C {
    assert_eq!(
        (&transaction["value"], &transaction["chain_id"]),
        (&json!("0"), &json!(CHAIN_ID))
    );
    let data = transaction["calldata"].as_str().unwrap();
    C::abi_decode(&hex::decode(&data[2..]).unwrap()).unwrap()
}

#[tokio::test]
async fn the_terms_are_those_of_plan_and_contract() {
    let world = due_world().await;
    let config = world.get("/config", None).await.ok();
    let chain = world.chain.as_ref().unwrap();
    assert_eq!(config["chain_id"], CHAIN_ID);
    assert_eq!(config["contract"], chain.contract.to_checksum(None));
    assert_eq!(config["plan"]["hash"], compiled().hash().to_string());
    assert_eq!(
        config["asset"],
        json!({ "code": "BNB", "decimals": 18, "token": null })
    );
    assert_eq!(config["prices"]["registration"], (20 * BNB).to_string());
    assert_eq!(config["prices"]["retopup"], (40 * BNB).to_string());
    assert_eq!(config["prices"]["tiers"].as_array().unwrap().len(), 6);
    let on_chain = chain.custody().config().call().await.unwrap();
    assert_eq!(config["cooling_off_seconds"], on_chain.coolingOff);
    // Without a node everything else is said.
    let config = World::empty().await.get("/config", None).await.ok();
    assert_eq!(config["cooling_off_seconds"], Value::Null);
    let abi = world.get("/abi", None).await.ok();
    let has = |kind: &str, name: &str| {
        abi.as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["type"] == kind && entry["name"] == name)
    };
    assert!(has("function", "register") && has("function", "claim") && has("event", "RegistrationAccepted"));
}

#[tokio::test]
async fn what_anybody_reads_names_no_operator() {
    let world = due_world().await;
    world
        .sql(&format!(
            "INSERT INTO liabilities_root (root, total, leaves, as_of_seq, fact_seq, block_number, block_hash, accept_claims,
                                           built_by, approved_by)
             VALUES (decode(repeat('09', 32), 'hex'), 5, 1, 1, 1, 1, decode(repeat('01', 32), 'hex'), false, '\\x{}', '\\x{}')",
            hex::encode(wallet(BUILDER)),
            hex::encode(wallet(APPROVER))
        ))
        .await;
    let described: Value = serde_json::from_str(EXPORTED).unwrap();
    let mut read = 0;
    for (path, operations) in described["paths"].as_object().unwrap() {
        let is_public = operations["get"]["security"]
            .as_array()
            .is_some_and(Vec::is_empty);
        if is_public && !path.contains('{') {
            let answer = world.get(path, None).await.body.to_string().to_lowercase();
            for person in [BUILDER, APPROVER] {
                assert!(
                    !answer.contains(&format!("{:x}", wallet(person))),
                    "{path}: {answer}"
                );
            }
            read += 1;
        }
    }
    assert!(read > 8, "{read}");
    let roots = world.get("/liabilities/roots", None).await.ok();
    assert_eq!(roots["roots"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_sponsor_is_looked_up_before_anything_is_signed() {
    let mut world = World::with(&[1, 1]).await;
    let state = async |world: &World, person: u8| {
        let path = format!("/sponsors/{}", wallet(person).to_checksum(None));
        let answer = world.get(&path, None).await.ok();
        (
            answer["state"].as_str().unwrap().to_owned(),
            answer["frozen_until"].clone(),
        )
    };
    assert_eq!(state(&world, 1).await, ("registered".into(), Value::Null));
    assert_eq!(state(&world, 9).await, ("unknown".into(), Value::Null));
    world.saw(20, &[accepted(9, B256::repeat_byte(9))]).await;
    assert_eq!(state(&world, 9).await, ("pending".into(), Value::Null));
    // Who is only named as the sponsor is not registering.
    world
        .post_causes(vec![frozen(2, CHAIN_TIME + 60), refunded(3)])
        .await;
    assert_eq!(state(&world, 2).await, ("frozen".into(), json!(CHAIN_TIME + 60)));
    assert_eq!(state(&world, 3).await, ("refunded".into(), Value::Null));
    assert_eq!(world.get("/sponsors/nobody", None).await.code(), "malformed_path");
}

#[tokio::test]
async fn authorizations_say_what_became_of_them() {
    let world = World::with(&[]).await;
    let session = world.sign_in(2).await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(register(&world, &session).await.ok());
    }
    let other = world.sign_in(3).await;
    register(&world, &other).await.ok();
    let states = async || {
        let answer = world.get("/users/me/authorizations", Some(&session)).await.ok();
        let list = answer["authorizations"].as_array().unwrap().clone();
        let states: Vec<String> = list
            .iter()
            .map(|entry| entry["state"].as_str().unwrap().to_owned())
            .collect();
        (list, states)
    };
    let (list, found) = states().await;
    assert_eq!(found, ["open", "open", "open"]);
    for (entry, answer) in list.iter().zip(answers.iter().rev()) {
        assert_eq!(entry["ref"], answer["nonce"]);
        let mut same = answer.clone();
        same["provisional_placement"] = Value::Null;
        assert_eq!(entry["authorization"], same);
    }
    let refs: Vec<&str> = list.iter().map(|entry| entry["ref"].as_str().unwrap()).collect();
    let [newest, middle, oldest] = refs[..] else {
        panic!("{refs:?}")
    };
    world
        .sql(&format!(
            "UPDATE authorization_request SET deadline = {} WHERE ref = '\\x{}'",
            CHAIN_TIME - 1,
            &oldest[2..]
        ))
        .await;
    world.saw(20, &[accepted(2, middle.parse().unwrap())]).await;
    let unsigned = format!(
        "UPDATE authorization_request SET signer = NULL, signature = NULL WHERE ref = '\\x{}'",
        &newest[2..]
    );
    world.sql(&unsigned).await;
    let (list, found) = states().await;
    assert_eq!(found, ["unsigned", "mined", "expired"]);
    assert!(list.iter().all(|entry| entry["authorization"].is_null()));
    // While one is mined, there is no second one.
    assert_eq!(register(&world, &session).await.code(), "registration_pending");
    let first = world
        .get("/users/me/authorizations?limit=2", Some(&session))
        .await
        .ok();
    let rest = format!(
        "/users/me/authorizations?cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    let rest = world.get(&rest, Some(&session)).await.ok();
    assert_eq!(rest["authorizations"], json!([list[2]]));
    assert!(rest["next_cursor"].is_null());
    // The deposit of another reference is posted.
    let posted = world.sign_in(1).await;
    let retopup = json!({ "disclosure_hash": world.disclosure().await });
    world.post("/users/1/retopup", Some(&posted), &retopup).await.ok();
    world
        .sql(&format!(
            "UPDATE authorization_request SET ref = '\\x{}' WHERE kind = 'retopup'",
            hex::encode(reference(1, 0))
        ))
        .await;
    let list = world.get("/users/me/authorizations", Some(&posted)).await.ok();
    assert_eq!(list["authorizations"][0]["state"], "posted");
}

#[tokio::test]
async fn the_ways_out_come_with_their_transactions() {
    let mut world = due_world().await;
    let user = world.sign_in(2).await;
    // Everything matured, and one more deposit is on the chain.
    let paid = B256::repeat_byte(9);
    world.saw(40, &[accepted(9, paid)]).await;
    let newcomer = world.sign_in(9).await;
    let to = wallet(8).to_checksum(None);
    let exits = world
        .get(&format!("/users/me/exits?to={to}"), Some(&newcomer))
        .await
        .ok();
    let refund: ICustody::refundCall = call(&exits["refunds"][0]["transaction"]);
    assert_eq!((refund.r#ref, refund.to), (paid, wallet(8)));
    assert_eq!(exits["refunds"][0]["refundable_until"], CHAIN_TIME + 3_600);
    assert!(exits["credit"].is_null());
    let exits = world.get("/users/me/exits", Some(&user)).await.ok();
    assert_eq!(exits["refunds"], json!([]));
    world.post_causes(vec![crate::world::retopped_up(2)]).await;
    let exits = world.get("/users/me/exits", Some(&user)).await.ok();
    let refund: ICustody::refundCall = call(&exits["refunds"][0]["transaction"]);
    assert_eq!((refund.r#ref, refund.to), (reference(2, 1), wallet(2)));
    let bad = world.get("/users/me/exits?to=0x00", Some(&user)).await;
    assert_eq!(bad.code(), "malformed_query");
}

#[tokio::test]
async fn a_command_without_effect_says_why() {
    let mut world = World::with(&[1, 1]).await;
    let session = world.sign_in(3).await;
    let mut ids = Vec::new();
    for key in ["first", "second"] {
        let request = world.request(Method::POST, "/users/3/reserve", Some(&session));
        let body = world.reserve(&session, key, 1, "in");
        let answer = world
            .send(request.header("idempotency-key", key).json(&body))
            .await
            .ok();
        ids.push(answer["command_id"].as_i64().unwrap());
    }
    let fate = async |world: &World, id: i64, session: &Session| {
        world
            .get(&format!("/users/me/commands/{id}"), Some(session))
            .await
    };
    assert_eq!(fate(&world, ids[0], &session).await.ok()["state"], "waiting");
    world.post_causes(vec![]).await;
    assert_eq!(fate(&world, ids[0], &session).await.ok()["state"], "done");
    let second = fate(&world, ids[1], &session).await.ok();
    assert_eq!(
        (&second["state"], &second["cause"]),
        (&json!("ignored"), &json!("unchanged"))
    );
    let other = world.sign_in(2).await;
    assert_eq!(fate(&world, ids[0], &other).await.code(), "unknown_command");
}

#[tokio::test]
async fn incomes_are_said_before_and_after_what_was_taken_back() {
    let mut world = World::with(&[1, 2]).await;
    let session = world.sign_in(1).await;
    let incomes = async |world: &World| {
        let me = world.get("/users/me", Some(&session)).await.ok();
        let of = |name: &str| me["balances"][name].as_str().unwrap().to_owned();
        (of("gross_income"), of("net_income"))
    };
    let bnb = |amount: u128| (amount * BNB).to_string();
    assert_eq!(incomes(&world).await, (bnb(18), bnb(18)));
    // 2 was the first direct of 1; when 2 takes its money back, so goes what 1 had for it.
    world.post_causes(vec![refunded(2)]).await;
    assert_eq!(incomes(&world).await, (bnb(18), bnb(0)));
    world.post_causes(vec![matured(40 * BNB)]).await;
    assert_eq!(incomes(&world).await, (bnb(18), bnb(0)));
}
