//! A database that is silent or hangs up for a while: the worker waits, comes back and posts what it would have posted.

use std::time::{Duration, Instant};

use plan::Book;
use testkit::Proxy;

use crate::history::History;
use crate::running::{Running, deployed};
use crate::{compiled, receive};

/// Short, so that the tests need not wait for the one of services.
const DEADLINE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_connection_that_is_reset_again_and_again_costs_nothing_and_less_than_two_seconds() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let (proxy, url) = Proxy::in_front_of_url(&database.url_as("trellis_poster")).await;
    let mut worker = Running::start(url, Duration::from_secs(30));
    let causes = History::new(5).take(360);
    let mut seq = receive(&mut source, 1, &causes[..60]).await;
    worker.posts_everything(database.pool()).await;
    for part in causes[60..].chunks(60) {
        let half = part.len() / 2;
        seq = receive(&mut source, seq, &part[..half]).await;
        proxy.reset();
        seq = receive(&mut source, seq, &part[half..]).await;
        let reset = Instant::now();
        proxy.reset();
        worker.posts_everything(database.pool()).await;
        let took = reset.elapsed();
        assert!(took < Duration::from_secs(2), "ready again after {took:?}");
    }
    let epochs: i64 = sqlx::query_scalar("SELECT epoch FROM lease WHERE name = 'posting'")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert!(epochs > 3, "the lease was taken again {epochs} times");
    worker.stop().await;
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(snapshot.facts.len(), causes.len());
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}

#[tokio::test]
async fn a_database_that_stalls_for_longer_than_the_deadline_is_waited_for() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let (proxy, url) = Proxy::in_front_of_url(&database.url_as("trellis_poster")).await;
    let mut worker = Running::start(url, DEADLINE);
    let causes = History::new(6).take(200);
    let seq = receive(&mut source, 1, &causes[..100]).await;
    worker.posts_everything(database.pool()).await;
    proxy.stall();
    receive(&mut source, seq, &causes[100..]).await;
    tokio::time::sleep(DEADLINE * 4).await;
    let before: i64 = sqlx::query_scalar("SELECT count(*) FROM fact")
        .fetch_one(database.pool())
        .await
        .unwrap();
    assert_eq!(before, 100, "nothing gets through");
    proxy.go_on();
    let again = Instant::now();
    assert_eq!(worker.posts_everything(database.pool()).await, 200);
    // One deadline for what was just tried, and the longest wait between tries.
    let took = again.elapsed();
    assert!(took < DEADLINE * 4, "ready again after {took:?}");
    worker.stop().await;
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}
