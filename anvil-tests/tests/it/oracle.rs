//! The recomputation that other tests end with: it must be able to find something.

use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use anvil_tests::{Oracle, World};

async fn differences(world: &World) -> Vec<String> {
    let (_, differences) = Oracle::compare(world, world.ledger.pool()).await.unwrap();
    differences
}

async fn plant(world: &World, column: &str, kind: &str, wei: i64) {
    let statement = format!(
        "UPDATE balance SET {column} = {column} + {wei} FROM account \
         WHERE account.id = balance.account_id AND account.kind = '{kind}'"
    );
    let done = sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(world.ledger.pool())
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 1, "{kind}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wei_too_much_in_ledger_or_contract_is_a_difference() {
    let mut world = World::start().await.unwrap();
    world.person(8).register(&world, None).await.unwrap();
    world.check().await.unwrap();
    // It would rightly report what is planted.
    world.system.reconciler.kill().unwrap();

    // Custody against the recomputation and against the contract, and another account against the recomputation.
    plant(&world, "debits_posted", "custody", 1).await;
    let found = differences(&world).await;
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].starts_with("custody: the ledger has"), "{found:#?}");
    assert!(
        found[1].starts_with("custody and the contract's balance: "),
        "{found:#?}"
    );
    plant(&world, "debits_posted", "custody", -1).await;
    assert_eq!(differences(&world).await, [""; 0]);

    let balance = world.provider.get_balance(world.custody).await.unwrap();
    let more = world
        .provider
        .anvil_set_balance(world.custody, balance + U256::from(1));
    more.await.unwrap();
    let found = differences(&world).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(
        found[0].starts_with("custody and the contract's balance: "),
        "{found:#?}"
    );
}
