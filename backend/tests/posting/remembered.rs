//! Memory that is kept: a start replays only what came later, and what does not fit is not used.

use std::time::Duration;

use plan::{BOOK_FORMAT, Book, Outcome};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::lease;
use store::posting_snapshot::{self, Header};
use testkit::{TestDatabase, wait_for};

use crate::TTL;
use crate::history::History;
use crate::running::{PATIENCE, Running, deployed};
use crate::{claim, compiled, contents, post_all, poster, rebuild, receive};

const DEADLINE: Duration = Duration::from_secs(30);

/// A ledger of these facts, of which memory was kept before the last ones; returns the next journal sequence, too.
async fn kept(database: &TestDatabase, history: &[plan::Cause]) -> u64 {
    let mut source = database.connection().await;
    let (most, rest) = history.split_at(history.len() * 3 / 4);
    let seq = receive(&mut source, 1, most).await;
    // In one batch, so that a snapshot is stored at its end.
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    worker.posts_everything(database.pool()).await;
    wait_for("memory to be kept", PATIENCE, async || {
        let statement = "SELECT fact_seq FROM posting_snapshot WHERE fact_seq = $1";
        let fact = i64::try_from(most.len()).unwrap();
        let found: Option<i64> = sqlx::query_scalar(statement)
            .bind(fact)
            .fetch_optional(database.pool())
            .await
            .unwrap();
        found
    })
    .await;
    worker.stop().await;
    // By a writer that keeps nothing.
    let seq = receive(&mut source, seq, rest).await;
    let mut connection = poster(database).await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    post_all(&mut writer, &mut connection).await;
    lease::release(&mut connection, lease).await.unwrap();
    seq
}

/// The last fact that a start did not replay, after which it posts more.
async fn start(database: &TestDatabase, seq: u64, more: &[plan::Cause]) -> u64 {
    let mut connection = poster(database).await;
    let mut source = database.connection().await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    receive(&mut source, seq, more).await;
    assert_eq!(post_all(&mut writer, &mut connection).await, more.len());
    lease::release(&mut connection, lease).await.unwrap();
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
    writer.kept_through()
}

#[tokio::test]
async fn a_start_with_kept_memory_posts_what_a_start_without_it_posts() {
    let mut results = Vec::new();
    for is_kept in [true, false] {
        let database = deployed().await;
        let causes = History::new(21).take(500);
        let (before, after) = causes.split_at(400);
        let seq = kept(&database, before).await;
        let mut source = database.connection().await;
        if !is_kept {
            sqlx::query("DELETE FROM posting_snapshot")
                .execute(&mut source)
                .await
                .unwrap();
        }
        let kept_through = start(&database, seq, after).await;
        assert_eq!(kept_through, if is_kept { 300 } else { 0 });
        results.push(postings(&contents(&mut source).await));
    }
    assert_eq!(results[0], results[1]);
}

/// Without the table of batches: how facts are cut into them is a matter of time.
fn postings(contents: &str) -> String {
    let (before, rest) = contents.split_once("posting_batch\n").unwrap();
    let (_, after) = rest.split_once("transfer\n").unwrap();
    let fact = before.split_once("fact\n").unwrap().0;
    format!("{fact}{after}")
}

/// Puts a snapshot in the place of the one that is kept.
async fn replace(source: &mut PgConnection, book: &Book) {
    let stored = posting_snapshot::list(source).await.unwrap();
    let header: Header = stored[0].header;
    let mut transaction = source.begin().await.unwrap();
    sqlx::query("DELETE FROM posting_snapshot")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let bytes = book.encode().unwrap();
    posting_snapshot::insert(&mut transaction, &header, &bytes)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn memory_that_does_not_fit_is_not_used() {
    let causes = History::new(22).take(260);
    let (before, after) = causes.split_at(200);
    let newer = BOOK_FORMAT + 1;
    for tampering in [
        "UPDATE posting_snapshot_chunk SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1)".to_owned(),
        "UPDATE posting_snapshot_chunk SET bytes = substr(bytes, 1, length(bytes) - 1)".to_owned(),
        "DELETE FROM posting_snapshot_chunk".to_owned(),
        "UPDATE posting_snapshot SET batch_hash = digest".to_owned(),
        "UPDATE posting_snapshot SET plan_hash = digest".to_owned(),
        "UPDATE posting_snapshot SET chain_seq = chain_seq - 1".to_owned(),
        format!("UPDATE posting_snapshot SET format = {newer}"),
    ] {
        let database = deployed().await;
        let seq = kept(&database, before).await;
        let mut source = database.connection().await;
        sqlx::raw_sql(AssertSqlSafe(tampering.clone()))
            .execute(&mut source)
            .await
            .unwrap();
        assert_eq!(start(&database, seq, after).await, 0, "{tampering}");
    }
}

#[tokio::test]
async fn memory_of_another_history_under_the_right_names_is_found_by_the_books() {
    let causes = History::new(23).take(260);
    let (before, after) = causes.split_at(200);
    let database = deployed().await;
    let seq = kept(&database, before).await;
    let mut source = database.connection().await;
    // The same facts in part, and as many in all.
    let (mut book, mut outcome) = (Book::new(compiled()), Outcome::default());
    for cause in History::new(24).take(150) {
        book.apply(&cause, &mut outcome);
    }
    replace(&mut source, &book).await;
    assert_eq!(start(&database, seq, after).await, 0);
}
