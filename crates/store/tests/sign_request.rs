//! What the signer was asked for, from the events in which it was stored before, and since.

use settlement::fees::Fees;
use settlement::submission::Payload;
use sqlx::{Acquire, PgPool};
use store::StoreError;
use store::sign_request::{self, SignTerms};
use testkit::TestDatabase;

const MIGRATION: &str = include_str!("../migrations/0031_create_sign_request.sql");

async fn pool(database: &TestDatabase) -> PgPool {
    PgPool::connect(&database.url())
        .await
        .expect("the test database answers")
}

/// Two live submissions and one that is over, numbered from 1.
async fn insert_submissions(pool: &PgPool) {
    let submissions = "
        INSERT INTO sender_account (address, next_nonce) VALUES (decode(repeat('11', 20), 'hex'), 3);
        INSERT INTO submission (sender, nonce, kind, subject, call, allocated_block, state)
        SELECT decode(repeat('11', 20), 'hex'), nonce, 'noop', int8send(nonce), '{}', 1,
            CASE nonce WHEN 2 THEN 'dead' ELSE 'allocated' END
        FROM generate_series(0::bigint, 2) AS nonce ORDER BY nonce";
    sqlx::raw_sql(submissions)
        .execute(pool)
        .await
        .expect("the submissions are inserted");
}

async fn insert_event(pool: &PgPool, submission: i64, attempt: i32, event: &str, detail: &str) {
    let statement =
        "INSERT INTO submission_event (submission_id, attempt, event, detail) VALUES ($1, $2, $3, $4::jsonb)";
    sqlx::query(statement)
        .bind(submission)
        .bind(attempt)
        .bind(event)
        .bind(detail)
        .execute(pool)
        .await
        .expect("the event is inserted");
}

async fn migrate(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("DROP TABLE IF EXISTS sign_request")
        .execute(pool)
        .await?;
    sqlx::raw_sql(MIGRATION).execute(pool).await?;
    Ok(())
}

fn terms(payload: Payload, max_fee: u128) -> SignTerms {
    SignTerms {
        payload,
        gas_limit: 21_000,
        fees: Fees::new(max_fee, 7),
    }
}

#[tokio::test]
async fn terms_in_events_are_read_until_they_were_refused() {
    let database = TestDatabase::new().await;
    let pool = pool(&database).await;
    insert_submissions(&pool).await;
    let detail = |payload: &str, fee: &str| {
        format!(r#"{{"payload": "{payload}", "gas_limit": 21000, "max_fee": "{fee}", "priority_fee": "7"}}"#)
    };
    let most = u128::MAX.to_string();
    insert_event(&pool, 1, 1, "sign_requested", &detail("call", &most)).await;
    insert_event(&pool, 1, 2, "sign_requested", &detail("call", "8")).await;
    insert_event(&pool, 1, 2, "sign_refused", r#"{"refusal": "fee_too_high"}"#).await;
    insert_event(&pool, 2, 1, "sign_refused", r#"{"refusal": "fee_too_high"}"#).await;
    insert_event(&pool, 2, 1, "sign_requested", &detail("noop", "9")).await;
    insert_event(&pool, 2, 1, "signed", "{}").await;
    insert_event(&pool, 3, 1, "sign_requested", "{}").await;
    migrate(&pool).await.unwrap();
    let mut connection = pool.acquire().await.unwrap();
    let listed = sign_request::list(&mut connection, &[1, 2, 3]).await.unwrap();
    let expected = [
        ((1, 1), terms(Payload::Call, u128::MAX)),
        ((2, 1), terms(Payload::Noop, 9)),
    ];
    assert_eq!(listed, expected.into());
}

#[tokio::test]
async fn an_event_that_lacks_a_term_stops_the_migration() {
    for detail in [
        "{}",
        r#"{"payload": "both", "gas_limit": 21000, "max_fee": "8", "priority_fee": "7"}"#,
        r#"{"payload": "call", "gas_limit": 21000, "max_fee": "8"}"#,
        r#"{"payload": "call", "gas_limit": 21000, "max_fee": "much", "priority_fee": "7"}"#,
    ] {
        let database = TestDatabase::new().await;
        let pool = pool(&database).await;
        insert_submissions(&pool).await;
        insert_event(&pool, 1, 1, "sign_requested", detail).await;
        assert!(migrate(&pool).await.is_err(), "{detail}");
    }
}

#[tokio::test]
async fn an_attempt_is_asked_for_in_one_way_until_it_is_refused() {
    let database = TestDatabase::new().await;
    let pool = pool(&database).await;
    insert_submissions(&pool).await;
    let mut connection = pool.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let first = terms(Payload::Call, 8);
    sign_request::insert(&mut transaction, 1, 1, &first)
        .await
        .unwrap();
    sign_request::delete(&mut transaction, 1, 1).await.unwrap();
    let second = terms(Payload::Noop, 9);
    sign_request::insert(&mut transaction, 1, 1, &second)
        .await
        .unwrap();
    let listed = sign_request::list(&mut transaction, &[1]).await.unwrap();
    assert_eq!(listed, [((1, 1), second)].into());
    let again = sign_request::insert(&mut transaction, 1, 1, &first).await;
    let constraint = again.as_ref().err().and_then(StoreError::constraint);
    assert_eq!(constraint, Some("sign_request_pkey"));
}
