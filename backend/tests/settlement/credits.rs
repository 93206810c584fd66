//! Batches that would credit everyone wait, until that changes or operators insist.

use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi;

use crate::world::{BNB, World, until};

/// Refuses whatever is sent to it: `PUSH0 PUSH0 REVERT`.
const REVERTS: &[u8] = &[0x5f, 0x5f, 0xfd];

async fn behaves_as(world: &World, user: Address, code: &[u8]) {
    let code = code.to_vec().into();
    world.provider.anvil_set_code(user, code).await.unwrap();
}

async fn is_held(world: &World) -> bool {
    let held = "SELECT count(*)::text FROM audit_log
        WHERE action LIKE '%batch_waits' AND detail->>'cause' = 'credits_everybody'";
    world.one(held).await != "0"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_would_credit_everybody_waits_until_one_of_them_can_be_paid() {
    let world = World::with_payees(2).await;
    let mut worker = world.swept().await;
    let payees = &world.users[..2];
    for payee in payees {
        behaves_as(&world, *payee, REVERTS).await;
    }
    let batch = world.submitted(&mut worker, 1, payees, 600).await;
    until(&mut worker, "it is held", async || is_held(&world).await).await;
    assert_eq!(world.submissions().await, "sweep final_ok", "no nonce was given");
    assert_eq!(world.executed().await, 0);

    behaves_as(&world, payees[0], &[]).await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    let credit = |user: Address| {
        let custody = world.custody();
        async move { custody.account(user).call().await.unwrap().credit }
    };
    assert!(credit(payees[0]).await.is_zero(), "paid");
    assert_eq!(credit(payees[1]).await.to::<u128>(), 18 * BNB, "credited");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_who_insist_have_everybody_credited_and_one_who_refuses_alone_waits_for_nobody() {
    let world = World::with_payees(3).await;
    let mut worker = world.swept().await;
    for payee in &world.users[..3] {
        behaves_as(&world, *payee, REVERTS).await;
    }
    let alone = world.submitted(&mut worker, 1, &world.users[..1], 600).await;
    until(&mut worker, "executed", async || {
        world.state(alone).await == "executed"
    })
    .await;
    assert!(!is_held(&world).await, "one refusal is its recipient's own doing");

    let batch = world.submitted(&mut worker, 2, &world.users[1..3], 600).await;
    until(&mut worker, "it is held", async || is_held(&world).await).await;
    assert_eq!(world.executed().await, 1);
    world
        .run("UPDATE payout_batch SET bump_requested_at = now() WHERE state = 'submitting'")
        .await;
    until(&mut worker, "executed", async || {
        world.state(batch).await == "executed"
    })
    .await;
    for payee in &world.users[..3] {
        let account = world.custody().account(*payee).call().await.unwrap();
        assert_eq!(account.credit.to::<u128>(), 18 * BNB);
    }
}
