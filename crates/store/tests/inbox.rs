//! Amounts, the inbox and leases on a real PostgreSQL.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use plan::{Cause, ReserveChoice, Tier};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sqlx::{Connection, PgConnection, Row};
use store::DbAmount;
use store::inbox::{self, BlockRef, ChainEntry, Command, InboxError};
use store::lease::{self, LeaseError, LeaseName};
use testkit::TestDatabase;

fn funded(seq: u64, block: u64, amount: u128) -> ChainEntry {
    ChainEntry {
        seq,
        block: BlockRef {
            number: block,
            hash: B256::from(U256::from(block)),
        },
        transaction_hash: B256::repeat_byte(1),
        effective_at: block,
        cause: Cause::Funded {
            from: Address::ZERO,
            amount: Amount::new(amount),
        },
    }
}

async fn insert(connection: &mut PgConnection, entries: &[ChainEntry]) -> Result<u64, InboxError> {
    let mut transaction = connection.begin().await.unwrap();
    let result = inbox::insert(&mut transaction, entries).await;
    match result {
        Ok(_) => transaction.commit().await.unwrap(),
        Err(_) => transaction.rollback().await.unwrap(),
    }
    result
}

#[tokio::test]
async fn every_amount_is_the_same_number_in_postgresql() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let any = prop_oneof![
        any::<u128>(),
        (0u32..128).prop_map(|bits| 1u128 << bits),
        (0u32..38, 0u128..20_000).prop_map(|(zeros, digits)| digits.saturating_mul(10u128.pow(zeros))),
        Just(u128::MAX),
        Just(0),
    ];
    let mut runner = TestRunner::deterministic();
    let amounts: Vec<u128> = (0..2_000)
        .map(|_| any.new_tree(&mut runner).unwrap().current())
        .collect();
    let sent: Vec<DbAmount> = amounts
        .iter()
        .map(|units| DbAmount(Amount::new(*units)))
        .collect();
    let rows = sqlx::query(
        "SELECT a::text, a, a + 1 - 1 FROM unnest($1::numeric[]) WITH ORDINALITY AS t (a, n) ORDER BY n",
    )
    .bind(&sent)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(rows.len(), amounts.len());
    for (row, units) in rows.iter().zip(&amounts) {
        assert_eq!(row.get::<String, _>(0), units.to_string());
        assert_eq!(row.get::<DbAmount, _>(1), DbAmount(Amount::new(*units)));
        assert_eq!(row.get::<DbAmount, _>(2), DbAmount(Amount::new(*units)));
    }
}

#[tokio::test]
async fn numbers_that_are_no_amounts_are_refused() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    for number in [
        "-1",
        "0.5",
        "1.5",
        "10000.0001",
        "'NaN'",
        "'Infinity'",
        "340282366920938463463374607431768211456",
        "1e60",
    ] {
        let statement = format!("SELECT {number}::numeric");
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert!(row.try_get::<DbAmount, _>(0).is_err(), "{number}");
    }
    let row = sqlx::query("SELECT 7.000::numeric(39, 3)")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(row.get::<DbAmount, _>(0), DbAmount(Amount::new(7)));
}

#[tokio::test]
async fn a_journal_entry_with_another_content_is_refused() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    assert_eq!(
        insert(&mut connection, &[funded(1, 5, 10), funded(2, 5, 11)])
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        insert(
            &mut connection,
            &[funded(1, 5, 10), funded(2, 5, 11), funded(3, 6, 1)]
        )
        .await
        .unwrap(),
        1
    );
    for changed in [funded(2, 5, 12), funded(2, 6, 11)] {
        let refused = insert(&mut connection, &[changed]).await;
        assert!(
            matches!(refused, Err(InboxError::JournalContradicts { seq: 2 })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_command_under_the_same_key_is_the_same_command_or_refused() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let command = |choice, key| Command {
        actor: Address::repeat_byte(7),
        idempotency_key: key,
        effective_at: 1,
        cause: Cause::ReserveChosen {
            wallet: Address::repeat_byte(7),
            tier: Tier::FIRST,
            choice,
        },
    };
    let first = inbox::insert_command(&mut connection, &command(ReserveChoice::In, "a"))
        .await
        .unwrap();
    let later = Command {
        effective_at: 99,
        ..command(ReserveChoice::In, "a")
    };
    assert_eq!(
        inbox::insert_command(&mut connection, &later).await.unwrap(),
        first
    );
    let other = inbox::insert_command(&mut connection, &command(ReserveChoice::Out, "a")).await;
    assert!(matches!(other, Err(InboxError::KeyReused)), "{other:?}");
    for key in ["", "\n", "ä", &"x".repeat(129)] {
        let refused = inbox::insert_command(&mut connection, &command(ReserveChoice::In, key)).await;
        assert!(matches!(refused, Err(InboxError::KeyMalformed)), "{key:?}");
    }
}

#[tokio::test]
async fn what_waits_is_cut_between_blocks() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let entries: Vec<ChainEntry> = (1..=3)
        .map(|seq| funded(seq, 10, 1))
        .chain((4..=9).map(|seq| funded(seq, 11, 1)))
        .collect();
    insert(&mut connection, &entries).await.unwrap();
    for (limit, length, completed) in [
        (9, 9, Some(11)),
        (100, 9, Some(11)),
        (8, 3, Some(10)),
        (3, 3, Some(10)),
        // Less than a block fits: a part of it, which completes nothing.
        (2, 2, None),
    ] {
        let waiting = inbox::list_waiting(&mut connection, limit).await.unwrap();
        assert_eq!(waiting.entries.len(), length, "limit {limit}");
        assert_eq!(
            waiting.completed.map(|block| block.number),
            completed,
            "limit {limit}"
        );
        let causes: Vec<&Cause> = waiting.entries.iter().map(|entry| &entry.cause).collect();
        assert!(
            causes
                .iter()
                .zip(&entries)
                .all(|(stored, sent)| **stored == sent.cause)
        );
    }
}

#[tokio::test]
async fn an_epoch_that_was_claimed_over_neither_renews_nor_commits() {
    let database = TestDatabase::new().await;
    let mut connection = database.connection().await;
    let name = LeaseName::Listener;
    let old = lease::claim(&mut connection, name, "old", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    // Expired, but not claimed: it is still the holder's.
    lease::renew(&mut connection, old, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(
        lease::claim(&mut connection, name, "new", Duration::ZERO)
            .await
            .unwrap(),
        None
    );
    lease::release(&mut connection, old).await.unwrap();
    let new = lease::claim(&mut connection, name, "new", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    assert!(new.epoch > old.epoch);

    let renewed = lease::renew(&mut connection, old, Duration::from_secs(60)).await;
    assert!(matches!(renewed, Err(LeaseError::Lost { .. })), "{renewed:?}");
    lease::release(&mut connection, old).await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    let checked = lease::check(&mut transaction, old).await;
    assert!(matches!(checked, Err(LeaseError::Lost { .. })), "{checked:?}");
    lease::check(&mut transaction, new).await.unwrap();
}
