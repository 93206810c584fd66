//! Tests of `failover`.

use super::*;

#[tokio::test]
async fn what_was_committed_after_the_replica_is_lost_and_nothing_else() {
    let database = TestDatabase::new().await;
    let insert =
        "INSERT INTO operator (wallet, name, roles) VALUES (decode(repeat($1, 20), 'hex'), $1, '{}')";
    let add = async |name: &str| {
        let done = sqlx::query(insert).bind(name).execute(database.pool());
        done.await.unwrap();
    };
    add("01").await;
    let mut connected = connect(&database.url_as("trellis_reader")).await.unwrap();
    let replica = database.replica().await;
    assert!(connected.ping().await.is_err(), "everybody is disconnected");
    add("02").await;
    let operators = "SELECT string_agg(name, ' ') FROM operator";
    assert_eq!(database.found_in(&replica, operators).await, "01");
    database.fail_over(replica).await;
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM operator")
        .fetch_all(database.pool())
        .await
        .unwrap();
    assert_eq!(names, ["01"]);
    assert!(connect(&database.url_as("trellis_reader")).await.is_ok());
}
