//! Who may open and end which stops.

use alloy_primitives::Address;
use sqlx::{AssertSqlSafe, Connection};
use store::stop;
use testkit::TestDatabase;

use crate::{ROLES, connect_as, is_denied};

const OPERATORS: &str = "('operator', decode(repeat('11', 20), 'hex'), 'why')";
const OF_A_FINDING: &str = "('R1 nothing', NULL, NULL)";

#[tokio::test]
async fn the_api_opens_stops_of_operators_and_the_reconciler_those_of_findings() {
    let database = TestDatabase::new().await;
    for role in ROLES {
        for (row, owner) in [(OPERATORS, "trellis_api"), (OF_A_FINDING, "trellis_reconciler")] {
            let mut connection = connect_as(&database, role).await;
            let statement = format!("INSERT INTO settlement_stop (cause, opened_by, reason) VALUES {row}");
            let opened = sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await;
            match opened {
                Ok(_) => assert_eq!(role, owner, "{row}"),
                Err(error) => assert!(role != owner && is_denied(&error), "{role}: {row}: {error:?}"),
            }
        }
    }
    let mut connection = database.connection().await;
    let causes: Vec<String> = sqlx::query_scalar("SELECT cause FROM settlement_stop ORDER BY cause")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(causes, ["R1 nothing", "operator"]);
}

#[tokio::test]
async fn nobody_opens_a_stop_in_the_name_of_another_or_one_that_has_ended() {
    let database = TestDatabase::new().await;
    for (role, columns, row) in [
        (
            "trellis_api",
            "cause, opened_by, reason",
            "'R1 nothing', decode(repeat('11', 20), 'hex'), 'why'",
        ),
        ("trellis_api", "cause", "'R1 nothing'"),
        (
            "trellis_api",
            "cause, first_resume_by",
            "'operator', decode(repeat('11', 20), 'hex')",
        ),
        (
            "trellis_reconciler",
            "cause, first_resume_by, resumed_by",
            "'R1 nothing', decode(repeat('11', 20), 'hex'), decode(repeat('12', 20), 'hex')",
        ),
    ] {
        let mut connection = connect_as(&database, role).await;
        let statement = format!("INSERT INTO settlement_stop ({columns}) VALUES ({row})");
        let refused = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap_err();
        assert!(is_denied(&refused), "{role}: {row}: {refused:?}");
    }
}

#[tokio::test]
async fn a_stop_of_an_operator_has_an_operator_and_a_reason() {
    let database = TestDatabase::new().await;
    for (role, columns, row, rule) in [
        (
            "trellis_api",
            "cause",
            "'operator'",
            "settlement_stop_by_operator",
        ),
        (
            "trellis_api",
            "cause, opened_by",
            "'operator', decode(repeat('11', 20), 'hex')",
            "settlement_stop_by_operator",
        ),
        (
            "trellis_api",
            "cause, opened_by, reason",
            "'operator', decode('11', 'hex'), 'why'",
            "settlement_stop_opener_length",
        ),
        (
            "trellis_api",
            "cause, opened_by, reason",
            "'operator', decode(repeat('11', 20), 'hex'), ''",
            "settlement_stop_reason_length",
        ),
        (
            "trellis_api",
            "cause, opened_by, reason, turn",
            "'operator', decode(repeat('11', 20), 'hex'), 'why', 10",
            "settlement_stop_turn_bounded",
        ),
        (
            "trellis_reconciler",
            "cause, turn",
            "'R1 nothing', 1",
            "settlement_stop_turn_bounded",
        ),
        (
            "trellis_reconciler",
            "cause, opened_by, reason",
            "'R1 nothing', decode(repeat('11', 20), 'hex'), 'why'",
            "settlement_stop_by_operator",
        ),
    ] {
        let mut connection = connect_as(&database, role).await;
        let statement = format!("INSERT INTO settlement_stop ({columns}) VALUES ({row})");
        let refused = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await
            .unwrap_err();
        let refused = refused.into_database_error().unwrap();
        assert_eq!(refused.constraint(), Some(rule), "{role}: {row}");
    }
}

#[tokio::test]
async fn only_the_settlement_worker_ends_stops_and_nobody_changes_one_that_has_ended() {
    let database = TestDatabase::new().await;
    let mut api = connect_as(&database, "trellis_api").await;
    let mut transaction = api.begin().await.unwrap();
    let id = stop::insert_by_operator(&mut transaction, Address::repeat_byte(1), "why").await;
    let id = id.unwrap().unwrap();
    transaction.commit().await.unwrap();
    let people = [Address::repeat_byte(2), Address::repeat_byte(3)];
    for role in ROLES.into_iter().filter(|role| *role != "trellis_settler") {
        let mut connection = connect_as(&database, role).await;
        let mut transaction = connection.begin().await.unwrap();
        let refused = stop::update_resumed(&mut transaction, id, people)
            .await
            .unwrap_err();
        assert!(is_denied(&refused), "{role}: {refused:?}");
    }
    let mut settler = connect_as(&database, "trellis_settler").await;
    let half = "UPDATE settlement_stop SET first_resume_by = decode(repeat('11', 20), 'hex')";
    let refused = sqlx::query(half).execute(&mut settler).await.unwrap_err();
    assert!(is_denied(&refused), "{refused:?}");
    let mut transaction = settler.begin().await.unwrap();
    assert!(stop::update_resumed(&mut transaction, id, people).await.unwrap());
    transaction.commit().await.unwrap();
    let again = "UPDATE settlement_stop SET resumed_by = NULL, first_resume_by = NULL";
    let done = sqlx::query(again).execute(&mut settler).await.unwrap();
    assert_eq!(done.rows_affected(), 0);
}
