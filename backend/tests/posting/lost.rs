//! A failover to a replica that had not received the last commits: the worker forgets what the books no longer have, and posts
//! what comes again as it comes.

use std::time::Duration;

use plan::{Book, Cause};
use testkit::{TestDatabase, wait_for};

use crate::history::History;
use crate::running::{PATIENCE, Running, deployed};
use crate::{compiled, receive};

/// As of services.
const DEADLINE: Duration = Duration::from_secs(30);

async fn facts(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM fact")
        .fetch_one(database.pool())
        .await
        .unwrap()
}

async fn epoch(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("SELECT epoch FROM lease WHERE name = 'posting'")
        .fetch_one(database.pool())
        .await
        .unwrap()
}

async fn verifies(database: &TestDatabase) {
    let mut connection = database.connection().await;
    let snapshot = store::snapshot::read(&mut connection).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}

/// A worker that posted some causes, of which the last hundred are lost; then of them and forty more those come that `comes` says.
async fn posts_after_a_loss(comes: fn(&Cause) -> bool) {
    let database = deployed().await;
    let mut source = database.connection().await;
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let causes = History::new(5).take(200);
    let seq = receive(&mut source, 1, &causes[..60]).await;
    assert_eq!(worker.posts_everything(database.pool()).await, 60);
    let replica = database.replica().await;
    let mut source = database.connection().await;
    receive(&mut source, seq, &causes[60..160]).await;
    assert_eq!(worker.posts_everything(database.pool()).await, 160);

    let kept = "SELECT epoch::text FROM lease WHERE name = 'posting'";
    let kept: i64 = database.found_in(&replica, kept).await.parse().unwrap();
    database.fail_over(replica).await;
    // It leads again, and nothing comes out of its memory.
    wait_for("the worker to lead again", PATIENCE, async || {
        (epoch(&database).await > kept).then_some(())
    })
    .await;
    assert_eq!(facts(&database).await, 60);
    verifies(&database).await;
    let mut source = database.connection().await;
    let again: Vec<Cause> = causes[60..]
        .iter()
        .filter(|cause| comes(cause))
        .cloned()
        .collect();
    let count = i64::try_from(again.len()).unwrap();
    receive(&mut source, seq, &again).await;
    assert_eq!(worker.posts_everything(database.pool()).await, 60 + count);
    worker.stop().await;
    verifies(&database).await;
}

#[tokio::test]
async fn what_was_lost_and_comes_again_is_posted_once() {
    posts_after_a_loss(|_| true).await;
}

#[tokio::test]
async fn the_chains_word_is_posted_as_it_comes_again_without_the_commands_that_were_lost() {
    posts_after_a_loss(|cause| !cause.is_command()).await;
}

#[tokio::test]
async fn a_worker_that_starts_after_the_loss_does_not_believe_memory_that_was_kept_of_it() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let causes = History::new(7).take(300);
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let seq = receive(&mut source, 1, &causes[..100]).await;
    worker.posts_everything(database.pool()).await;
    worker.stop().await;
    let replica = database.replica().await;
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let mut source = database.connection().await;
    receive(&mut source, seq, &causes[100..250]).await;
    worker.posts_everything(database.pool()).await;
    worker.stop().await;
    database.fail_over(replica).await;
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let mut source = database.connection().await;
    receive(&mut source, seq, &causes[100..]).await;
    assert_eq!(worker.posts_everything(database.pool()).await, 300);
    worker.stop().await;
    verifies(&database).await;
}
