//! The schema of a ledger's database: what it lacks, and which database no process works on.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use sqlx::{Connection, PgConnection};
use store::deployment::{self, DeploymentError};
use store::rights::Role;
use store::schema::{self, SchemaError};
use testkit::TestDatabase;

/// As the migrations' machinery writes it.
async fn run(database: &TestDatabase, statement: &'static str) {
    sqlx::raw_sql(statement).execute(database.pool()).await.unwrap();
}

async fn check(database: &TestDatabase) -> Result<(), SchemaError> {
    for role in Role::ALL {
        let mut connection = PgConnection::connect(&database.url_as(role.name()))
            .await
            .unwrap();
        schema::check(&mut connection).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_process_sees_whether_the_schema_is_its_own() {
    let database = TestDatabase::new().await;
    check(&database).await.unwrap();

    run(&database, "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', true, '\\x00', 0)").await;
    let newer = check(&database).await.unwrap_err();
    assert!(matches!(newer, SchemaError::Newer { version: 9999 }), "{newer}");

    run(&database, "DELETE FROM _sqlx_migrations WHERE version = 9999; UPDATE _sqlx_migrations SET success = false WHERE version = 7").await;
    let unfinished = check(&database).await.unwrap_err();
    assert!(
        matches!(unfinished, SchemaError::Unfinished { version: 7 }),
        "{unfinished}"
    );

    run(
        &database,
        "UPDATE _sqlx_migrations SET success = true, checksum = '\\x00' WHERE version = 7",
    )
    .await;
    let changed = check(&database).await.unwrap_err();
    assert!(
        matches!(changed, SchemaError::Changed { version: 7 }),
        "{changed}"
    );

    run(&database, "DELETE FROM _sqlx_migrations WHERE version >= 7").await;
    let outdated = check(&database).await.unwrap_err();
    let mut listener = PgConnection::connect(&database.url_as("trellis_listener"))
        .await
        .unwrap();
    let opened = deployment::open(&mut listener, Role::Listener, |_| true).await;
    assert!(
        matches!(opened, Err(DeploymentError::Schema(SchemaError::Outdated))),
        "{opened:?}"
    );
    assert!(matches!(outdated, SchemaError::Outdated), "{outdated}");

    run(&database, "REVOKE SELECT ON _sqlx_migrations FROM trellis_api").await;
    let mut api = PgConnection::connect(&database.url_as("trellis_api"))
        .await
        .unwrap();
    let unseen = schema::check(&mut api).await.unwrap_err();
    assert!(matches!(unseen, SchemaError::Outdated), "{unseen}");
}

#[tokio::test]
async fn a_database_is_created_once_and_migrated_to_the_end() {
    let other = TestDatabase::new().await;
    let name = format!("{} made", other.name());
    let url = other.url().replace(other.name(), &name.replace(' ', "%20"));
    assert!(schema::create_database(&url).await.unwrap());
    assert!(!schema::create_database(&url).await.unwrap());

    let mut connection = PgConnection::connect(&url).await.unwrap();
    let empty = schema::read(&mut connection).await.unwrap();
    assert_eq!(empty.applied, 0);
    assert_eq!(empty.missing[0].version, 1);
    store::migrate(&mut connection).await.unwrap();
    let migrated = schema::read(&mut connection).await.unwrap();
    assert_eq!(
        (migrated.applied, migrated.missing.len()),
        (empty.missing.len(), 0)
    );
    connection.close().await.unwrap();

    let mut owner = other.connection().await;
    let statement = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut owner)
        .await
        .unwrap();
}
