//! Batches from money held back to a finalized payment.

use crate::world::{BNB, World, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_from_the_sweep_of_its_escrow_to_a_final_payment() {
    let world = World::with_users(4).await;
    let mut worker = world.worker().await;
    let root = world.users[0];
    until(&mut worker, "the escrow is swept", async || {
        let text = world.text("SELECT count(*)::text FROM deposit WHERE state = 'held' AND $1::bytea IS NOT NULL", b"");
        let taken = world.text("SELECT count(*)::text FROM deposit WHERE $1::bytea IS NOT NULL", b"");
        text.await == "0" && taken.await == "4"
    })
    .await;
    let batch = world.request(1, &[root]).await;
    until(&mut worker, "sealed", async || world.state(batch).await == "sealed").await;
    world.authorize(batch, 600).await;
    until(&mut worker, "executed", async || world.state(batch).await == "executed").await;
    assert_eq!(world.paid(root).await, 36 * BNB);
    let end = "SELECT string_agg(state, ',' ORDER BY nonce) FROM submission WHERE $1::bytea IS NOT NULL";
    until(&mut worker, "closed", async || world.text(end, b"").await == "final_ok,final_ok").await;
}
