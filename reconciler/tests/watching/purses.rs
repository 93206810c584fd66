//! What leaves the sending account is compared with the receipts of what it sent, and it must not run empty.

use std::time::Duration;

use abi::development::SUBMITTER;
use alloy::primitives::U256;
use alloy::providers::Provider;
use anvil_tests::PayoutWorld;
use chain::ChainReader;
use reconciler::{Looks, Vigil, VigilConfig};
use service::Env;
use store::deployment;

/// The vigil of a test, which goes round when the test says so.
async fn vigil(world: &PayoutWorld, config: VigilConfig) -> Vigil {
    let pool = store::connect(&world.ledger.url_as("trellis_reconciler"), 2)
        .await
        .unwrap();
    let reader = ChainReader::connect(&world.spec().rpc_url, world.custody).unwrap();
    let deployed = deployment::find(&mut world.ledger.connection().await).await;
    let plan = deployed.unwrap().unwrap().compile_plan().unwrap();
    Vigil::new(pool, vec![reader], Looks::default(), plan, config).unwrap()
}

/// Check, severity and first word of the subject of what is open.
async fn open(world: &PayoutWorld) -> Vec<String> {
    let statement = "SELECT check_id || ' ' || severity || ' ' || split_part(subject, ' ', 1)
        FROM reconciliation_finding WHERE resolved_at IS NULL AND check_id IN ('R7', 'R11') ORDER BY 1";
    sqlx::query_scalar(statement)
        .fetch_all(world.ledger.pool())
        .await
        .unwrap()
}

async fn execute(world: &PayoutWorld, statement: &'static str) {
    let done = sqlx::query(statement).execute(world.ledger.pool()).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fees_are_the_receipts_and_every_other_wei_is_told() {
    let mut world = PayoutWorld::with_due(2).await;
    let mut config = VigilConfig::from_env(&Env::of(&[])).unwrap();
    config.booked_within = Duration::ZERO;
    let mut watching = vigil(&world, config.clone()).await;
    watching.round(None).await.unwrap();

    let people = world.some(1);
    let batch = world.submitted_batch(&people).await;
    world.executed(&batch).await;
    world.settled().await;
    world
        .advance_until("the fee to be booked", async |world| {
            let booked = "SELECT bool_and(s.state = 'final_ok' AND a.gas_used IS NOT NULL)
                FROM submission AS s JOIN attempt AS a ON a.submission_id = s.id";
            let booked: Option<bool> = sqlx::query_scalar(booked)
                .fetch_one(world.ledger.pool())
                .await
                .ok()?;
            (booked == Some(true)).then_some(())
        })
        .await;
    world.system.reconciler.stop().unwrap();

    // Another price than the chain took.
    execute(&world, "UPDATE attempt SET gas_price = gas_price + 1").await;
    watching.round(None).await.unwrap();
    assert_eq!(open(&world).await, ["R11 S3 fee"]);
    execute(&world, "UPDATE attempt SET gas_price = gas_price - 1").await;
    watching.round(None).await.unwrap();
    assert_eq!(
        open(&world).await,
        [] as [&str; 0],
        "what was paid is what the receipts say"
    );

    // A wei that no transaction of ours explains.
    let purse = world.provider.get_balance(SUBMITTER.address).await.unwrap();
    world.set_purse(SUBMITTER.address, purse - U256::from(1)).await;
    let head = world.head().await.unwrap();
    world.is_final(head + 1).await;
    watching.round(None).await.unwrap();
    assert_eq!(open(&world).await, ["R11 S2 fees"]);
    world.set_purse(SUBMITTER.address, purse).await;
    let head = world.head().await.unwrap();
    world.is_final(head + 1).await;
    watching.round(None).await.unwrap();
    assert_eq!(open(&world).await, [] as [&str; 0]);

    // Less than it must have.
    config.gas_min = u128::MAX;
    vigil(&world, config).await.round(None).await.unwrap();
    assert_eq!(open(&world).await, ["R7 S2 sender"]);
}
