//! What the database refuses, whatever the programs do.

use sqlx::{Connection, PgConnection};
use testkit::TestDatabase;

async fn is_denied(connection: &mut PgConnection, statement: &'static str) -> bool {
    match sqlx::query(statement).execute(connection).await {
        Err(sqlx::Error::Database(error)) => error.code().as_deref() == Some("42501"),
        Ok(_) | Err(_) => false,
    }
}

#[tokio::test]
async fn the_signer_can_extend_its_memory_and_not_rewrite_it() {
    let database = TestDatabase::for_signer().await;
    let mut signer = PgConnection::connect(&database.url_as("trellis_signer"))
        .await
        .unwrap();
    for statement in [
        "UPDATE signer.audit SET code = ''",
        "DELETE FROM signer.audit",
        "TRUNCATE signer.audit",
        "UPDATE signer.sign_request SET digest = digest",
        "DELETE FROM signer.sign_request",
        "UPDATE signer.signature SET signature = signature",
        "DELETE FROM signer.signature",
        "DELETE FROM signer.audit_head",
        "INSERT INTO signer.audit_head (one, seq, hash) VALUES (true, 0, '')",
        "UPDATE signer.payout SET increase = 0",
        "DELETE FROM signer.payout",
        "UPDATE signer.payout_batch SET increase = 0",
        "DELETE FROM signer.payout_batch",
        "UPDATE signer.liabilities_root SET total = 1",
        "DELETE FROM signer.liabilities_root",
        "UPDATE signer.transaction SET noop = true",
        "DELETE FROM signer.transaction",
        "UPDATE signer.key_pause SET signer = signer",
        "DELETE FROM signer.key_pause",
        "INSERT INTO signer.key_resume VALUES (1, 'myself', 0)",
        "CREATE TABLE signer.other (id int)",
        "ALTER TABLE signer.audit DROP COLUMN code",
    ] {
        let denied = is_denied(&mut signer, statement).await;
        let owner = match sqlx::query(statement).execute(&mut signer).await {
            Err(sqlx::Error::Database(error)) => error.message().contains("must be owner"),
            Ok(_) | Err(_) => false,
        };
        assert!(denied || owner, "{statement}");
    }
    let insert = "INSERT INTO signer.audit VALUES (1, 0, 'started', '', '', '', '', '', '', \
                  decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))";
    assert!(
        sqlx::query(insert).execute(&mut signer).await.is_ok(),
        "it can extend"
    );
}

#[tokio::test]
async fn neither_side_sees_the_others_tables_even_in_one_database() {
    // The ledger's migrations create its roles; then the signer's go into the same database.
    let database = TestDatabase::new().await;
    signer::database::migrate(&database.url()).await.unwrap();
    signer::database::migrate(&database.url()).await.unwrap();
    let mut owner = database.connection().await;
    for role in [
        "trellis_listener",
        "trellis_poster",
        "trellis_api",
        "trellis_reader",
    ] {
        let mut other = PgConnection::connect(&database.url_as(role)).await.unwrap();
        for table in ["SELECT 1 FROM signer.audit", "SELECT 1 FROM signer.sign_request"] {
            assert!(is_denied(&mut other, table).await, "{role}: {table}");
        }
    }
    let statement = "SELECT count(*) FROM information_schema.role_table_grants \
                     WHERE grantee = 'trellis_signer' AND table_schema <> 'signer'";
    let grants: i64 = sqlx::query_scalar(statement).fetch_one(&mut owner).await.unwrap();
    assert_eq!(grants, 0);
    let mut signer = PgConnection::connect(&database.url_as("trellis_signer"))
        .await
        .unwrap();
    for table in [
        "SELECT 1 FROM fact",
        "SELECT 1 FROM inbox",
        "SELECT 1 FROM authorization_request",
    ] {
        assert!(is_denied(&mut signer, table).await, "{table}");
    }
}

#[tokio::test]
async fn decisions_are_durable_whatever_the_server_is_set_to() {
    let database = TestDatabase::for_signer().await;
    let statement = format!(
        "ALTER DATABASE \"{}\" SET synchronous_commit = off",
        database.name()
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(database.pool())
        .await
        .unwrap();
    let pool = signer::database::connect(&database.url_as("trellis_signer"))
        .await
        .unwrap();
    let setting: String = sqlx::query_scalar("SHOW synchronous_commit")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(setting, "on");
    pool.close().await;
}
