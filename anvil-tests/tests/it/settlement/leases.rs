//! Two settlement workers at once: one works. The other goes on when the first is silent, and the first, when it wakes,
//! finds that it may not, and stands by.

use std::process::Command;

use anvil_tests::PayoutWorld;
use devstack::free_port;
use devstack::services::{Ready, Service};

/// How long a worker is silent before another one takes over: on a busy machine nobody is that slow by itself.
const LEASE_TTL_MS: &str = "8000";

/// Another settlement worker on a port of its own.
async fn second_settler(payouts: &PayoutWorld) -> Service {
    let mut spec = payouts.system.settler.spec().clone();
    let port = free_port().unwrap();
    spec.name = format!("{}-second", spec.name);
    spec.environment
        .push(("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")));
    spec.ready = Ready::Url(format!("http://127.0.0.1:{port}/health/ready"));
    Service::start(spec).await.unwrap()
}

async fn holder(payouts: &PayoutWorld) -> String {
    sqlx::query_scalar("SELECT holder FROM lease WHERE name = 'settlement'")
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap()
}

/// Stops a process where it is, as a machine does that has no time for it; or lets it go on.
fn signal(service: &Service, signal: &str) {
    let pid = service.pid().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args([signal, &pid])
            .status()
            .unwrap()
            .success()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_settlement_workers_one_works_and_a_silent_one_wakes_to_nothing() {
    let mut payouts = PayoutWorld::with_due_and_lease(3, LEASE_TTL_MS).await;
    let mut second = second_settler(&payouts).await;
    let first_holder = holder(&payouts).await;
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.executed(&batch).await;
    assert_eq!(
        holder(&payouts).await,
        first_holder,
        "nobody takes what is not free"
    );

    // The first falls silent with a transaction in flight.
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    let sent = payouts.sent(batch.id, 1).await;
    signal(&payouts.system.settler, "-STOP");
    payouts
        .wait_until("the second to take over", async |payouts| {
            (holder(payouts).await != first_holder).then_some(())
        })
        .await;
    payouts.executed(&batch).await;
    let done = payouts.submission(batch.id).await;
    assert_eq!((done.nonce, done.attempts.len()), (sent.nonce, 1));
    second.check_running().unwrap();

    // It wakes and stands by: nothing of it counts any more.
    let second_holder = holder(&payouts).await;
    let people = payouts.some(1);
    let batch = payouts.submitted_batch(&people).await;
    payouts.sent(batch.id, 1).await;
    signal(&payouts.system.settler, "-CONT");
    payouts.executed(&batch).await;
    assert_eq!(payouts.submission(batch.id).await.attempts.len(), 1);
    assert_eq!(holder(&payouts).await, second_holder);
    payouts.system.settler.check_running().unwrap();

    // When the second ends, it works again.
    second.stop().unwrap();
    payouts
        .wait_until("the first to take over", async |payouts| {
            (holder(payouts).await == first_holder).then_some(())
        })
        .await;
    payouts.prove().await;
}
