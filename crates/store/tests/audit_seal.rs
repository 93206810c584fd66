//! The hash chain over the audit log on a real PostgreSQL: in which order rows are sealed, and what is found afterwards.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use std::time::Duration;

use alloy_primitives::Address;
use audit::trail::{self, Broken};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use store::audit_seal::Place;
use store::{audit_log, audit_seal};
use testkit::{TestDatabase, wait_for};

/// Other tests share the server, and a row waits for every transaction that is older.
const PATIENCE: Duration = Duration::from_secs(60);

async fn note(connection: &mut PgConnection, subject: &str) {
    let detail = json!({ "before": 1, "after": { "b": 2, "a": "ü" } });
    audit_log::insert(connection, Address::repeat_byte(1), "a.test", subject, &detail)
        .await
        .unwrap();
}

async fn sealer(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(&database.url_as("trellis_poster"))
        .await
        .unwrap()
}

/// Seals until so many rows are sealed.
async fn seal_until(connection: &mut PgConnection, count: u64) {
    let connection = tokio::sync::Mutex::new(connection);
    wait_for("sealed rows", PATIENCE, async || {
        let mut connection = connection.lock().await;
        audit_seal::seal_next(&mut connection).await.unwrap();
        let head = audit_seal::find_head(&mut connection).await.unwrap();
        head.is_some_and(|head| head.seq == count).then_some(())
    })
    .await;
}

async fn subjects(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT a.subject FROM audit_seal AS s JOIN audit_log AS a ON a.id = s.audit_id ORDER BY s.seq",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

async fn broken(connection: &mut PgConnection) -> Vec<(Broken, u64)> {
    let links = audit_seal::list(connection, 0, 1_000).await.unwrap();
    let found = trail::check(None, &links);
    found
        .iter()
        .map(|found| (found.how, found.seq.unwrap()))
        .collect()
}

async fn run(pool: &PgPool, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn writers_wait_for_nobody_and_a_row_waits_for_older_transactions() {
    let database = TestDatabase::new().await;
    let mut sealer = sealer(&database).await;
    assert_eq!(audit_seal::seal_next(&mut sealer).await.unwrap(), 0);
    let (mut slow, mut quick) = (database.connection().await, database.connection().await);
    let mut open = slow.begin().await.unwrap();
    note(&mut open, "slow").await;
    // A later transaction commits first, also while rows are being sealed.
    note(&mut quick, "quick").await;
    assert_eq!(audit_seal::seal_next(&mut sealer).await.unwrap(), 0);
    assert_eq!(subjects(database.pool()).await, [""; 0]);
    let waited = audit_seal::find_unsealed_seconds(&mut sealer).await.unwrap();
    assert!(waited.is_some());
    open.commit().await.unwrap();
    seal_until(&mut sealer, 2).await;
    assert_eq!(subjects(database.pool()).await, ["slow", "quick"]);
    assert_eq!(
        audit_seal::find_unsealed_seconds(&mut sealer).await.unwrap(),
        None
    );
    note(&mut quick, "third").await;
    seal_until(&mut sealer, 3).await;
    assert_eq!(broken(&mut sealer).await, []);
    assert_eq!(
        audit_seal::search_late(&mut sealer, 0).await.unwrap().late,
        [0; 0]
    );
}

#[tokio::test]
async fn what_the_owner_changes_deletes_or_swaps_is_found() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    for subject in ["one", "two", "three", "four"] {
        note(&mut connection, subject).await;
    }
    let mut sealer = sealer(&database).await;
    seal_until(&mut sealer, 4).await;
    let pool = database.pool();
    assert_eq!(broken(&mut sealer).await, []);
    run(pool, "UPDATE audit_log SET detail = '{}' WHERE subject = 'two'").await;
    assert_eq!(broken(&mut sealer).await, [(Broken::Changed, 2)]);
    run(pool, "DELETE FROM audit_log WHERE subject = 'two'").await;
    assert_eq!(broken(&mut sealer).await, [(Broken::Deleted, 2)]);
    run(
        pool,
        "UPDATE audit_log SET subject = CASE subject WHEN 'three' THEN 'four' ELSE 'three' END WHERE subject IN ('three', 'four')",
    )
    .await;
    assert_eq!(
        broken(&mut sealer).await,
        [(Broken::Deleted, 2), (Broken::Changed, 3), (Broken::Changed, 4)]
    );
    run(pool, "DELETE FROM audit_seal WHERE seq = 2").await;
    assert_eq!(broken(&mut sealer).await[0], (Broken::Gap, 3));
}

#[tokio::test]
async fn a_row_before_the_sealed_ones_is_found_and_never_sealed() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    note(&mut connection, "one").await;
    note(&mut connection, "two").await;
    let mut sealer = sealer(&database).await;
    seal_until(&mut sealer, 2).await;
    run(
        database.pool(),
        "INSERT INTO audit_log (id, actor, action, subject, transaction) OVERRIDING SYSTEM VALUE
         SELECT 1000, 'x', 'y', 'late', transaction FROM audit_log WHERE subject = 'one'",
    )
    .await;
    note(&mut connection, "three").await;
    seal_until(&mut sealer, 3).await;
    assert_eq!(subjects(database.pool()).await, ["one", "two", "three"]);
    let searched = audit_seal::search_late(&mut sealer, 0).await.unwrap();
    assert_eq!((searched.late, searched.count), (vec![1000], 4));
    // A row that only claims to be old is sealed, and found.
    run(
        database.pool(),
        "INSERT INTO audit_log (actor, action, subject, at) VALUES ('x', 'y', 'old', now() - interval '2 hours')",
    )
    .await;
    seal_until(&mut sealer, 4).await;
    assert_eq!(broken(&mut sealer).await, [(Broken::Backdated, 4)]);
}

#[tokio::test]
async fn more_rows_than_one_step_takes_are_sealed_in_several() {
    let database = TestDatabase::new().await;
    run(
        database.pool(),
        "INSERT INTO audit_log (actor, action, subject) SELECT 'x', 'y', n::text FROM generate_series(1, 2300) AS n",
    )
    .await;
    let mut sealer = sealer(&database).await;
    seal_until(&mut sealer, 2_300).await;
    let mut before = None;
    let mut read = 0;
    loop {
        let links = audit_seal::list(&mut sealer, read, 1_000).await.unwrap();
        let Some(last) = links.last() else { break };
        assert_eq!(trail::check(before.as_ref(), &links), []);
        (read, before) = (last.seal.seq, Some(last.clone()));
    }
    assert_eq!(read, 2_300);
    let place = |seal| Place { seal, row: 0 };
    let part = audit_seal::check_part(&mut sealer, place(1_300)).await.unwrap();
    assert_eq!(
        (part.broken, part.seals, part.last_seal),
        (vec![], 1_000, Some(2_300))
    );
    let part = audit_seal::check_part(&mut sealer, place(1_301)).await.unwrap();
    assert_eq!((part.broken, part.seals, part.last_seal), (vec![], 999, None));
    run(database.pool(), "DELETE FROM audit_seal WHERE seq = 1300").await;
    let part = audit_seal::check_part(&mut sealer, place(1_300)).await.unwrap();
    let how: Vec<Broken> = part.broken.iter().map(|broken| broken.how).collect();
    assert_eq!(how, [Broken::Gap, Broken::Changed]);
    assert_eq!(
        audit_seal::find_unsealed_seconds(&mut sealer).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn nobody_who_writes_the_log_says_when_or_touches_the_chain() {
    let database = TestDatabase::new().await;
    for role in ["trellis_api", "trellis_settler"] {
        let mut writer = PgConnection::connect(&database.url_as(role)).await.unwrap();
        note(&mut writer, role).await;
        for statement in [
            "INSERT INTO audit_log (actor, action, subject, at) VALUES ('x', 'y', 'z', now())",
            "INSERT INTO audit_log (actor, action, subject, transaction) VALUES ('x', 'y', 'z', '1')",
            "INSERT INTO audit_log (id, actor, action, subject) OVERRIDING SYSTEM VALUE VALUES (1, 'x', 'y', 'z')",
            "INSERT INTO audit_seal (seq, audit_id, hash, horizon, sealed_at)
             VALUES (1, 1, decode(repeat('00', 32), 'hex'), '1', now())",
        ] {
            let error = sqlx::query(statement).execute(&mut writer).await.unwrap_err();
            let code = error.as_database_error().unwrap().code().unwrap().into_owned();
            assert_eq!(code, "42501", "{role}: {statement}");
        }
    }
}
