//! Authorizations: complete, signed, stored before the signer is asked, and only for those who may.

use abi::ICustody;
use abi::typed_data::{Registration, Retopup, digest, domain};
use alloy::primitives::{Signature, U256};
use alloy::sol_types::SolCall;
use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::played_signer::Mood;
use crate::world::{BNB, CHAIN_ID, CHAIN_TIME, CONTRACT, World, compiled, wallet};

async fn rows(world: &World, statement: &'static str) -> usize {
    let mut connection = world.database.connection().await;
    let rows = sqlx::Executor::fetch_all(&mut connection, statement).await;
    rows.unwrap().len()
}

fn calldata(answer: &Value) -> Vec<u8> {
    hex::decode(&answer["payload"]["calldata"].as_str().unwrap()[2..]).unwrap()
}

fn signed_by(signature: &[u8], digest: B256) -> Address {
    let raw: &[u8; 65] = signature.try_into().unwrap();
    let signature = Signature::from_raw_array(raw).unwrap();
    signature.recover_address_from_prehash(&digest).unwrap()
}

#[tokio::test]
async fn a_newcomer_gets_a_transaction_that_the_contract_would_accept() {
    let world = World::with(&[]).await;
    let session = world.sign_in(2).await;
    let hash = world.disclosure().await;
    let ask = json!({ "sponsor": wallet(1).to_checksum(None), "disclosure_hash": hash });
    let answer = world.post("/users/register", Some(&session), &ask).await.ok();

    let call = ICustody::registerCall::abi_decode(&calldata(&answer)).unwrap();
    assert_eq!(call.intake.user, wallet(2));
    assert_eq!(call.intake.sponsor, wallet(1));
    assert_eq!(call.intake.amount, U256::from(20 * BNB));
    assert_eq!(call.intake.planHash, compiled().hash());
    assert_eq!(call.intake.disclosureHash.to_string(), hash);
    assert_eq!(call.intake.deadline, U256::from(CHAIN_TIME + 900));
    assert_eq!(answer["deadline"], CHAIN_TIME + 900);
    assert_eq!(answer["nonce"], call.intake.r#ref.to_string());
    assert_eq!(answer["payload"]["intake"]["ref"], answer["nonce"]);
    assert_eq!(answer["payload"]["value"], (20 * BNB).to_string());
    assert_eq!(answer["payload"]["contract"], CONTRACT.to_checksum(None));
    assert_eq!(answer["payload"]["chain_id"], CHAIN_ID);
    let message = digest(&Registration(call.intake), &domain(CHAIN_ID, CONTRACT));
    assert_eq!(signed_by(&call.signature, message), world.signer.key.address());
    assert_eq!(answer["signer"], world.signer.key.address().to_checksum(None));
    // The first direct of a sponsor enters no pool.
    assert_eq!(answer["provisional_placement"]["route"], "direct");

    let second = world.post("/users/register", Some(&session), &ask).await.ok();
    assert_ne!(second["nonce"], answer["nonce"]);
    assert_eq!(
        rows(
            &world,
            "SELECT 1 FROM authorization_request WHERE signature IS NOT NULL"
        )
        .await,
        2
    );
}

#[tokio::test]
async fn the_second_direct_is_told_its_provisional_place() {
    let world = World::with(&[1, 1]).await;
    let session = world.sign_in(9).await;
    let ask = json!({ "sponsor": wallet(2), "disclosure_hash": world.disclosure().await });
    let answer = world.post("/users/register", Some(&session), &ask).await.ok();
    assert_eq!(answer["provisional_placement"]["route"], "direct");

    let world = World::with(&[1, 1, 2]).await;
    let session = world.sign_in(9).await;
    let ask = json!({ "sponsor": wallet(2), "disclosure_hash": world.disclosure().await });
    let answer = world.post("/users/register", Some(&session), &ask).await.ok();
    let placement = &answer["provisional_placement"];
    // User 3, the second direct of user 1, has the root of tier 1.
    assert_eq!(placement["route"], "pool");
    assert_eq!((&placement["tree"], &placement["index"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&placement["parent_index"], &placement["side"]),
        (&json!(0), &json!("left"))
    );
}

#[tokio::test]
async fn only_the_root_wallet_registers_without_a_sponsor_and_only_first() {
    let world = World::empty().await;
    let ask = json!({ "sponsor": null, "disclosure_hash": world.disclosure().await });
    let stranger = world.sign_in(2).await;
    let answer = world.post("/users/register", Some(&stranger), &ask).await;
    assert_eq!(answer.code(), "sponsor_required");
    let root = world.sign_in(1).await;
    let answer = world.post("/users/register", Some(&root), &ask).await.ok();
    assert_eq!(
        answer["payload"]["intake"]["sponsor"],
        Address::ZERO.to_checksum(None)
    );

    let world = World::with(&[]).await;
    let ask = json!({ "sponsor": null, "disclosure_hash": world.disclosure().await });
    let stranger = world.sign_in(2).await;
    let answer = world.post("/users/register", Some(&stranger), &ask).await;
    assert_eq!(answer.code(), "sponsor_required");
}

#[tokio::test]
async fn a_retopup_is_authorized_for_the_own_number_only() {
    let world = World::with(&[1]).await;
    let session = world.sign_in(2).await;
    let ask = json!({ "disclosure_hash": world.disclosure().await, "amount": (40 * BNB).to_string() });
    let answer = world.post("/users/2/retopup", Some(&session), &ask).await.ok();
    let call = ICustody::retopupCall::abi_decode(&calldata(&answer)).unwrap();
    assert_eq!(call.intake.sponsor, Address::ZERO);
    assert_eq!(call.intake.amount, U256::from(40 * BNB));
    let message = digest(&Retopup(call.intake), &domain(CHAIN_ID, CONTRACT));
    assert_eq!(signed_by(&call.signature, message), world.signer.key.address());
    assert!(answer["provisional_placement"].is_null());
    let answer = world.post("/users/1/retopup", Some(&session), &ask).await;
    assert_eq!(answer.code(), "not_your_resource");
}

#[tokio::test]
async fn a_request_is_stored_even_when_the_signer_fails() {
    let world = World::with(&[]).await;
    let session = world.sign_in(2).await;
    let ask = json!({ "sponsor": wallet(1), "disclosure_hash": world.disclosure().await });
    world.signer.be(Mood::Fails);
    let answer = world.post("/users/register", Some(&session), &ask).await;
    assert_eq!(answer.code(), "signer_unavailable");
    assert_eq!(
        rows(
            &world,
            "SELECT 1 FROM authorization_request WHERE signature IS NULL"
        )
        .await,
        1
    );
}
