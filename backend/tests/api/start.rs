//! What the server refuses to start with.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use admission::Place;
use alloy_primitives::{Address, B256};
use backend::config::Config;
use backend::serve::assemble;

use crate::world::{CHAIN_ID, CONTRACT, PLAN, compiled, config, deployed_at, deployed_on};

type Change = fn(&mut Config);

#[tokio::test]
async fn another_ledger_than_the_configured_one_is_refused() {
    let database = deployed_on(CHAIN_ID).await;
    let complete = Config {
        chain_id: Some(CHAIN_ID),
        contract: Some(CONTRACT),
        plan_hash: Some(compiled().hash()),
        ..config(&database, "http://127.0.0.1:1")
    };
    assert!(assemble(&complete).await.is_ok());
    let changes: [(Change, &str); 4] = [
        (
            |config| config.chain_id = Some(1),
            "the database belongs to chain 31337",
        ),
        (
            |config| config.contract = Some(Address::ZERO),
            "the database belongs to the contract",
        ),
        (
            |config| config.plan_hash = Some(B256::ZERO),
            "the database belongs to the plan",
        ),
        (
            |config| config.signer_url = "nowhere".into(),
            "TRELLIS_SIGNER_URL",
        ),
    ];
    for (change, reason) in changes {
        let mut config = complete.clone();
        change(&mut config);
        let error = assemble(&config).await.unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[tokio::test]
async fn a_plan_that_is_not_the_stored_hash_is_refused() {
    let database = deployed_on(CHAIN_ID).await;
    let statement = "UPDATE deployment SET plan_text = replace(plan_text, '\"18\"', '\"17\"')";
    sqlx::raw_sql(statement).execute(database.pool()).await.unwrap();
    let error = assemble(&config(&database, "http://127.0.0.1:1"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the deployment's plan has the hash"),
        "{error}"
    );
}

#[tokio::test]
async fn a_public_chain_accepts_no_defaults() {
    let database = deployed_on(CHAIN_ID).await;
    sqlx::raw_sql("UPDATE deployment SET chain_id = 56")
        .execute(database.pool())
        .await
        .unwrap();
    let complete = Config {
        chain_id: Some(56),
        contract: Some(CONTRACT),
        plan_hash: Some(compiled().hash()),
        signer_key: Some("ab".repeat(32).parse().unwrap()),
        origin: Some("https://app.example.org".parse().unwrap()),
        rpc_url: Some("https://node.example.org".into()),
        place: Place {
            jurisdiction: Some(admission::profile("EU", |_| unreachable!("it is shipped")).unwrap()),
            cooling_off_days: None,
        },
        ..config(&database, "http://127.0.0.1:1")
    };
    // Everything is set, and then the plan itself is rejected: recruitment pays for all of its rewards.
    let error = assemble(&complete).await.unwrap_err();
    assert_eq!(error.to_string(), "the plan must not run on this chain");
    let owner = Config {
        database_url: database.url(),
        ..complete.clone()
    };
    let error = assemble(&owner).await.unwrap_err().to_string();
    assert!(
        error.ends_with("is a superuser; connect as trellis_api instead"),
        "{error}"
    );
    let changes: [(Change, &str); 12] = [
        (|config| config.place.jurisdiction = None, "TRELLIS_JURISDICTION"),
        (|config| config.chain_id = None, "TRELLIS_CHAIN_ID"),
        (|config| config.contract = None, "TRELLIS_CONTRACT"),
        (|config| config.plan_hash = None, "TRELLIS_PLAN_HASH"),
        (|config| config.signer_key = None, "TRELLIS_SIGNER_KEY"),
        (|config| config.root_wallet = None, "TRELLIS_ROOT_WALLET"),
        (|config| config.origin = None, "TRELLIS_ORIGIN"),
        (|config| config.rpc_url = None, "TRELLIS_RPC_URL"),
        (
            |config| config.origin = Some("http://app.example.org".parse().unwrap()),
            "TRELLIS_ORIGIN must be https",
        ),
        (
            |config| config.signer_url = "http://signer.internal:4001".into(),
            "TRELLIS_SIGNER_URL must be https",
        ),
        (
            |config| config.signer_url = "http://10.0.0.1:4001".into(),
            "TRELLIS_SIGNER_URL must be https",
        ),
        (
            |config| config.signer_key_is_public_knowledge = true,
            "TRELLIS_SIGNER_KEY is a development key",
        ),
    ];
    for (change, reason) in changes {
        let mut config = complete.clone();
        change(&mut config);
        let error = assemble(&config).await.unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[tokio::test]
async fn a_database_without_a_deployment_is_refused() {
    let database = testkit::TestDatabase::new().await;
    let error = assemble(&config(&database, "http://127.0.0.1:1"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the database is not bound to a deployed contract"
    );
}

/// How a process ends that may write nothing and is to listen there.
async fn ended(process: &str, plan_text: &str, listen: SocketAddr) -> String {
    let database = deployed_at(CHAIN_ID, CONTRACT, plan_text).await;
    let nowhere = "http://127.0.0.1:1";
    let ended = Command::new(env!("CARGO_BIN_EXE_backend"))
        .arg(process)
        .env("TRELLIS_DATABASE_URL", database.url_as("trellis_reader"))
        .env("TRELLIS_LISTEN", listen.to_string())
        .env("TRELLIS_SIGNER_URL", nowhere)
        .env("TRELLIS_RPC_URL", nowhere)
        .env("TRELLIS_BATCH_SIGNER_URL", nowhere)
        .env("TRELLIS_ROOT_SIGNER_URL", nowhere)
        .env("TRELLIS_TRANSACTION_SIGNER_URL", nowhere)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    said
}

#[tokio::test]
async fn every_process_refuses_a_plan_that_is_not_served_before_it_writes() {
    let others = [
        (include_str!("../../../plans/unilevel-orders.toml"), "[orders]"),
        (
            include_str!("../../../plans/referral-campaign.toml"),
            "[campaign]",
        ),
    ];
    // What each ends with under a plan that it serves, when its port is taken.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    for (process, otherwise) in [
        ("serve", "cannot listen on"),
        ("work", "cannot serve health and metrics"),
        ("schedule", "cannot serve health and metrics"),
        ("settle", "cannot serve health and metrics"),
    ] {
        let said = ended(process, PLAN, taken.local_addr().unwrap()).await;
        assert!(
            said.contains(otherwise) && !said.contains("plan_not_served"),
            "{said}"
        );
        for (plan, component) in others {
            let said = ended(process, plan, free).await;
            let told = format!("plan_not_served: the services do not run plans with {component}");
            assert!(
                said.contains(&told) && !said.contains(otherwise),
                "{process}: {said}"
            );
        }
    }
}

/// The posting worker asks no node, so the environment says for how long payments are refunded.
#[tokio::test]
async fn the_worker_refuses_a_plan_that_its_place_does_not_admit() {
    let database = deployed_on(CHAIN_ID).await;
    sqlx::raw_sql("UPDATE deployment SET chain_id = 56")
        .execute(database.pool())
        .await
        .unwrap();
    for (place, code) in [("", "jurisdiction_missing"), ("EU", "payout_share")] {
        let ended = Command::new(env!("CARGO_BIN_EXE_backend"))
            .arg("work")
            .env("TRELLIS_DATABASE_URL", database.url_as("trellis_poster"))
            .env("TRELLIS_JURISDICTION", place)
            .env("TRELLIS_COOLING_OFF_DAYS", "14")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(
            said.contains("plan_not_admitted: the plan must not run on chain 56") && said.contains(code),
            "{said}"
        );
    }
}
