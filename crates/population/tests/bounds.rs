//! What people can request reads as many rows of a large ledger as of a small one.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use alloy_primitives::B256;
use population::Size;
use sqlx::PgConnection;
use store::api::rewards::{self, Filter};
use store::api::{pool, treasury};
use store::{figures, liabilities, payout_batch};
use testkit::TestDatabase;

/// Rows that were read of this database so far, of all tables.
async fn rows_read(connection: &mut PgConnection) -> i64 {
    sqlx::query("SELECT pg_stat_force_next_flush()")
        .execute(&mut *connection)
        .await
        .unwrap();
    let statement =
        "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables";
    sqlx::query_scalar(statement).fetch_one(connection).await.unwrap()
}

/// What each question reads of a population of this size.
async fn work(users: u32) -> Vec<(&'static str, i64)> {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let size = Size {
        users,
        transfers: u64::from(users) * 6,
    };
    population::fill(&mut connection, size).await.unwrap();
    figures::refresh(&mut connection).await.unwrap();
    sqlx::raw_sql("ANALYZE; UPDATE figures SET fact_seq = fact_seq - 10")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut found = Vec::new();
    for question in [
        "figures",
        "count",
        "pending",
        "filtered",
        "candidates",
        "sums",
        "pools",
    ] {
        let before = rows_read(&mut connection).await;
        ask(&mut connection, question).await;
        found.push((question, rows_read(&mut connection).await - before));
    }
    found
}

async fn ask(connection: &mut PgConnection, question: &str) {
    let filter = match question {
        "filtered" => Filter {
            matured_by: Some(0),
            user: Some(7),
            ..Filter::default()
        },
        _ => Filter::default(),
    };
    match question {
        "figures" => drop(figures::find(connection).await.unwrap().unwrap()),
        "count" => assert!(figures::refresh(connection).await.unwrap()),
        "pending" | "filtered" => {
            rewards::list(connection, &filter, 0, 51).await.unwrap();
            rewards::fetch_totals(connection, &filter).await.unwrap();
        }
        "candidates" => {
            let asking = rewards::list_asking(connection, 100).await.unwrap();
            let mut users = rewards::list_oldest(connection, None, 100).await.unwrap();
            assert_eq!((asking.len(), users.len()), (0, 100));
            let payable = rewards::list_payable(connection, &filter, 0, 200, 100)
                .await
                .unwrap();
            users.extend(payable);
            rewards::list_candidates(connection, &users, false).await.unwrap();
        }
        "sums" => {
            treasury::list_totals(connection).await.unwrap();
            payout_batch::fetch_promises(connection).await.unwrap();
            liabilities::fetch_entitled_total(connection).await.unwrap();
            liabilities::find_posted(connection).await.unwrap();
            let block = liabilities::find_block(connection, B256::ZERO, 8, alloy_primitives::Address::ZERO);
            assert_eq!(block.await.unwrap(), None);
        }
        "pools" => assert!(!pool::list_tiers(connection, 3).await.unwrap().is_empty()),
        other => panic!("nobody asks for {other}"),
    }
}

#[tokio::test]
async fn a_ledger_eight_times_as_large_is_not_read_further() {
    let (small, large) = (work(1_500).await, work(12_000).await);
    for ((question, few), (_, many)) in small.into_iter().zip(large) {
        assert!(
            many <= few * 2 + 200,
            "{question} reads {few} rows of a small ledger, {many} of a large one"
        );
    }
}
