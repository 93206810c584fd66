//! A client that knows the API from its description only does the whole journey of participants and operators: types generated
//! from `backend/openapi.json`, wallets and logins by the packages that front ends use. It lies in `anvil-tests/client`.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use anvil_tests::{World, bnb};
use devstack::Checkout;
use devstack::anvil::CHAIN_ID;
use devstack::endpoints::Endpoints;
use devstack::world::accounts;
use serde_json::Value;

/// Much longer than the journey takes on a busy machine.
const JOURNEY_WITHIN: Duration = Duration::from_secs(300);

/// What the reward for the first direct is under the shipped plan.
const DUE: u64 = 18;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_made_from_the_description_does_the_whole_journey() {
    let compiling = tokio::task::spawn_blocking(compile);
    let world = World::start().await.unwrap();
    compiling.await.unwrap();
    sqlx::query("INSERT INTO settlement_stop (cause) VALUES ('planted')")
        .execute(world.ledger.pool())
        .await
        .unwrap();
    let report = journey(&world).await;
    world.check().await.unwrap();

    every_operation_succeeded(&report);
    let sent = account(&world, &report["sent"]).await;
    assert_eq!((sent.paid, sent.credit), (bnb(DUE), U256::ZERO));
    let claimed = account(&world, &report["claimed"]).await;
    assert_eq!((claimed.paid, claimed.credit), (bnb(DUE), U256::ZERO));
    let credited = account(&world, &report["credited"]).await;
    assert_eq!((credited.paid, credited.credit), (bnb(DUE), U256::ZERO));
    let to: Address = report["credited"]["to"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.provider.get_balance(to).await.unwrap(), bnb(DUE));
}

fn compile() {
    let script = Checkout::find().unwrap().path("scripts/client");
    let compiled = Command::new(script).output().unwrap();
    assert!(
        compiled.status.success(),
        "the client does not compile: {compiled:?}"
    );
}

/// Runs the client against this system, and returns what it reports.
async fn journey(world: &World) -> Value {
    let checkout = Checkout::find().unwrap();
    let files = tempfile::tempdir().unwrap();
    let endpoints = files.path().join("endpoints.json");
    Endpoints {
        api: world.api_url.clone(),
        rpc: world.spec().rpc_url.clone(),
        database_url: world.ledger.url(),
        chain_id: CHAIN_ID,
        custody: world.custody.to_checksum(None),
        services: [].into(),
        accounts: accounts().unwrap(),
    }
    .write(&endpoints)
    .unwrap();
    let mut node = tokio::process::Command::new("node");
    node.arg(checkout.path(".local/client/journey.mjs"))
        .arg(&endpoints)
        .kill_on_drop(true);
    let ended = tokio::time::timeout(JOURNEY_WITHIN, node.output()).await;
    let ended = ended.expect("the journey takes too long").expect("node runs");
    let (said, complained) = (
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr),
    );
    assert!(ended.status.success(), "the journey failed:\n{said}{complained}");
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

/// Operations of plans with subscriptions, bookings and funds. The system of this journey runs the auto-pool; the demonstrations of
/// these plans and the tests of the API call these.
const OF_OTHER_PLANS: [&str; 21] = [
    "allocate_to_fund",
    "approve_proposal",
    "binary",
    "bookings",
    "choose_side",
    "find_proposal",
    "list_funds",
    "list_proposals",
    "list_ranks",
    "list_subscriptions",
    "list_withholding",
    "proposal_approval",
    "purchase",
    "quote_withdrawal",
    "request_withdrawal",
    "side_message",
    "tax_id",
    "tax_id_message",
    "verify",
    "verify_message",
    "withdraw_proposal",
];

/// Every operation of the description that the plan has succeeded at least once: no endpoint is one that nobody has tried from
/// outside.
fn every_operation_succeeded(report: &Value) {
    let described: Value = serde_json::from_str(include_str!("../../../backend/openapi.json")).unwrap();
    let operations = described["paths"].as_object().unwrap().values();
    let described: BTreeSet<&str> = operations
        .flat_map(|methods| methods.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let called = report["operations"].as_array().unwrap().iter();
    let called: BTreeSet<&str> = called.map(|id| id.as_str().unwrap()).collect();
    let others = BTreeSet::from(OF_OTHER_PLANS);
    assert!(others.is_subset(&described) && others.is_disjoint(&called));
    let missing: Vec<&&str> = described
        .difference(&called)
        .filter(|id| !others.contains(*id))
        .collect();
    assert!(missing.is_empty(), "the client calls none of these: {missing:?}");
}

/// What the contract says about the wallet of an entry of the report, whose amount must be what the user is due.
async fn account(world: &World, entry: &Value) -> abi::ICustody::accountReturn {
    assert_eq!(entry["amount"], bnb(DUE).to_string(), "{entry}");
    let wallet: Address = entry["wallet"].as_str().unwrap().parse().unwrap();
    world.contract().account(wallet).call().await.unwrap()
}
