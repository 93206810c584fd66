//! A database that hangs up or is silent for a while: the worker comes back, and pays once.

use std::time::Duration;

use testkit::{Proxy, wait_for};

use crate::world::{BNB, PATIENCE, World};

/// Short, so that the test need not wait for the one of services.
const DEADLINE: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_paid_once_over_connections_that_are_reset_and_stall() {
    let world = World::with_payees(2).await;
    world.swept().await.release().await.unwrap();
    let (proxy, url) = Proxy::in_front_of_url(&world.ledger.url_as("trellis_settler")).await;
    let deadline = DEADLINE.as_millis().to_string();
    let mut process = world
        .process_with(&[
            ("TRELLIS_DATABASE_URL", &url),
            ("TRELLIS_DATABASE_DEADLINE_MS", &deadline),
        ])
        .await;
    for (id, payee) in [(1, world.users[0]), (2, world.users[1])] {
        let batch = world.request(id, &[payee]).await;
        let is = async |state: &str| (world.state(batch).await == state).then_some(());
        wait_for("the seal", PATIENCE, async || is("sealed").await).await;
        if id == 1 {
            proxy.reset();
        } else {
            proxy.stall();
        }
        world.authorize(batch, 900).await;
        if id == 2 {
            tokio::time::sleep(DEADLINE * 2).await;
            assert_eq!(world.state(batch).await, "submitting");
            proxy.go_on();
        }
        for _ in 0..5 {
            proxy.reset();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        wait_for("the payment", PATIENCE, async || is("executed").await).await;
        assert_eq!(world.paid(payee).await, 18 * BNB);
    }
    assert_eq!(world.executed().await, 2);
    // It is the process of the beginning that did all of it.
    process.stop().unwrap();
}
