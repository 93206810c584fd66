//! A database and a chain that belong together, and how it is seen when they do not.
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::PathBuf;

use devstack::Checkout;
use devstack::anvil::{Anvil, AnvilSpec, Mining};
use devstack::world::{Continuity, continuity, deploy};
use testkit::TestDatabase;

async fn anvil(directory: &std::path::Path, state: Option<PathBuf>) -> Anvil {
    let (log, pids) = (directory.join("anvil.log"), directory.join("pids"));
    // Blocks come by themselves: the deployment waits for its receipt.
    let spec = AnvilSpec {
        mining: Mining::Interval,
        state,
        log,
        pids,
    };
    Anvil::start(&Checkout::find().unwrap(), &spec).await.unwrap()
}

fn plan() -> String {
    std::fs::read_to_string(Checkout::find().unwrap().path("plans/auto-pool.toml")).unwrap()
}

#[tokio::test]
async fn a_deployed_database_continues_on_its_chain_and_on_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let database = TestDatabase::new().await;
    let state = directory.path().join("chain.json");
    let mut chain = anvil(directory.path(), Some(state.clone())).await;
    assert_eq!(
        continuity(&database.url(), &chain.rpc_url()).await.unwrap(),
        Continuity::New
    );
    deploy(&database.url(), &chain.rpc_url(), &plan()).await.unwrap();
    assert_eq!(
        continuity(&database.url(), &chain.rpc_url()).await.unwrap(),
        Continuity::Continues
    );

    let again = deploy(&database.url(), &chain.rpc_url(), &plan())
        .await
        .unwrap_err();
    assert_eq!(
        again.to_string(),
        "the database is bound to another deployment already"
    );

    chain.stop().unwrap();
    let restored = anvil(directory.path(), Some(state)).await;
    assert_eq!(
        continuity(&database.url(), &restored.rpc_url()).await.unwrap(),
        Continuity::Continues
    );
    drop(restored);

    let forgotten = anvil(directory.path(), None).await;
    let found = continuity(&database.url(), &forgotten.rpc_url()).await.unwrap();
    assert!(matches!(found, Continuity::Broken { .. }), "{found:?}");
}

#[tokio::test]
async fn nothing_is_deployed_from_a_database_elsewhere() {
    let error = deploy("postgres://u:p@db.example.org/a", "http://127.0.0.1:1", &plan())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "development defaults are not allowed: `db.example.org` is not this machine"
    );
}
