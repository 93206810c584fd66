//! Tests of `database`.

use sqlx::Row;

use super::*;
use crate::template::exists;

#[tokio::test]
async fn two_tests_do_not_see_each_other_and_leave_nothing() {
    let first = TestDatabase::new().await;
    let second = TestDatabase::new().await;
    sqlx::query("CREATE TABLE only_here (id int)")
        .execute(first.pool())
        .await
        .unwrap();
    let row = sqlx::query("SELECT to_regclass('public.only_here') IS NULL")
        .fetch_one(second.pool())
        .await;
    assert!(row.unwrap().get::<bool, _>(0));

    let (server, name) = (first.server.clone(), first.name.clone());
    let mut connection = connect(&server.maintenance_url()).await.unwrap();
    assert!(exists(&mut connection, &name).await.unwrap());
    drop(first);
    assert!(!exists(&mut connection, &name).await.unwrap());
}

#[tokio::test]
async fn the_roles_of_the_migrations_can_log_in() {
    let database = TestDatabase::new().await;
    let mut connection = connect(&database.url_as("trellis_reader")).await.unwrap();
    let row = sqlx::query("SELECT current_user::text")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>(0), "trellis_reader");
    let written = sqlx::query("DELETE FROM lease").execute(&mut connection).await;
    assert!(written.is_err(), "a reader must not write");
}

#[tokio::test]
async fn the_signer_has_a_database_of_its_own() {
    let signer = TestDatabase::for_signer().await;
    assert!(signer.connection().await.ping().await.is_ok());
}
