//! Who may put which causes into the inbox.

use alloy_primitives::{Address, B256, FixedBytes, U256};
use ledger::Fund;
use money::Amount;
use plan::{BatchEnd, Cause, Day, Report, RequestedPayout, ReserveChoice, Tier};
use sqlx::{Connection, PgConnection};
use store::checkpoint::{self, Checkpoint};
use store::inbox::{self, BlockRef, ChainEntry, Command};
use store::{schedule, settlement_batch};
use testkit::TestDatabase;

use crate::{DENIED, ROLES, connect_as, is_denied};

fn funded(seq: u64) -> ChainEntry {
    ChainEntry {
        seq,
        block: BlockRef {
            number: seq,
            hash: B256::from(U256::from(seq)),
        },
        transaction_hash: B256::repeat_byte(1),
        effective_at: seq,
        cause: Cause::Funded {
            from: Address::ZERO,
            amount: Amount::new(1),
        },
    }
}

/// Causes of which some role could make something, if it could say them.
fn causes() -> Vec<Cause> {
    let batch_id = B256::repeat_byte(7);
    let wallet = Address::repeat_byte(3);
    vec![
        Cause::ReserveChosen {
            wallet,
            tier: Tier::new(1).unwrap(),
            choice: ReserveChoice::In,
        },
        Cause::BatchRequested {
            batch_id,
            payouts: vec![RequestedPayout {
                wallet,
                amount: Amount::new(1),
            }],
        },
        Cause::BatchReleased {
            batch_id,
            end: BatchEnd::Cancelled,
        },
        Cause::Corrected {
            wallet,
            amount: Amount::new(1),
        },
        Cause::Funded {
            from: wallet,
            amount: Amount::new(1),
        },
        Cause::Reported(Report::DayEnded { day: OVER }),
        Cause::Reported(Report::FundAllocated {
            fund: Fund::new(1),
            amount: Amount::new(1),
        }),
        // A user's, but not without a signature.
        Cause::Reported(Report::SideChosen { wallet, side: None }),
        Cause::Reported(Report::UserVerified { wallet }),
        Cause::Reported(Report::TaxIdRecorded { wallet }),
    ]
}

/// A day that is over, by the last final block, and its end.
const OVER: Day = Day::new(20_000);
const OVER_AT: u64 = 20_001 * 86_400;

async fn record_final(database: &TestDatabase, timestamp: u64) {
    let recorded = Checkpoint {
        head_number: 1,
        head_hash: B256::ZERO,
        final_number: 1,
        final_hash: B256::ZERO,
        final_timestamp: timestamp,
        final_seq: 0,
        final_root: FixedBytes::ZERO,
    };
    checkpoint::insert(&mut database.connection().await, &recorded)
        .await
        .unwrap();
}

async fn insert_chain(connection: &mut PgConnection, entry: ChainEntry) -> Result<(), inbox::InboxError> {
    let mut transaction = connection.begin().await.unwrap();
    inbox::insert(&mut transaction, &[entry]).await?;
    transaction.commit().await.unwrap();
    Ok(())
}

#[tokio::test]
async fn only_the_listener_speaks_for_the_chain() {
    let database = TestDatabase::new().await;
    for (seq, role) in (1..).zip(ROLES) {
        let mut connection = connect_as(&database, role).await;
        let inserted = insert_chain(&mut connection, funded(seq)).await;
        match role {
            "trellis_listener" => inserted.unwrap(),
            _ => assert!(is_denied(&inserted.unwrap_err()), "{role}"),
        }
    }
}

#[tokio::test]
async fn each_role_commands_only_what_is_its_own() {
    let database = TestDatabase::new().await;
    for role in ROLES {
        let mut connection = connect_as(&database, role).await;
        for cause in causes() {
            let command = Command {
                actor: Address::ZERO,
                idempotency_key: &format!("{role} {cause:?}")[..40],
                effective_at: 5,
                cause: cause.clone(),
            };
            let inserted = inbox::insert_command(&mut connection, &command).await;
            let may = role == "trellis_api"
                && matches!(cause, Cause::ReserveChosen { .. } | Cause::BatchRequested { .. });
            match inserted {
                Ok(_) => assert!(may, "{role}: {cause:?}"),
                Err(error) => assert!(!may && is_denied(&error), "{role}: {cause:?}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn the_api_lets_go_of_cancelled_batches_and_the_settlement_worker_of_expired_ones_too() {
    let database = TestDatabase::new().await;
    for (number, role) in (1..).zip(ROLES) {
        for (end, batch) in [(BatchEnd::Cancelled, number), (BatchEnd::Expired, number + 100)] {
            let mut connection = connect_as(&database, role).await;
            let mut transaction = connection.begin().await.unwrap();
            let batch = B256::repeat_byte(batch);
            let released = settlement_batch::insert_release(&mut transaction, batch, end, 1).await;
            let may = role == "trellis_settler" || (role == "trellis_api" && end == BatchEnd::Cancelled);
            match released {
                Ok(new) => assert!(may && new, "{role}: {end:?}"),
                Err(error) => assert!(!may && is_denied(&error), "{role}: {end:?}: {error:?}"),
            }
            transaction.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn only_the_schedule_ends_days_and_only_those_that_are_over() {
    let database = TestDatabase::new().await;
    record_final(&database, OVER_AT + 50_000).await;
    for role in ROLES {
        let mut connection = connect_as(&database, role).await;
        for (day, ends_at, is_over) in [
            (OVER, OVER_AT, true),
            // Somewhere west of Greenwich it is over later, and tomorrow nowhere.
            (OVER.next(), OVER_AT + 50_000, true),
            (OVER.next(), OVER_AT + 50_001, false),
            (OVER.plus(2), OVER_AT + 50_000, false),
            (OVER.plus(3), OVER_AT, false),
            (OVER.plus(365), OVER_AT, false),
            (OVER.previous(), OVER_AT + 2 * 86_400, false),
        ] {
            let mut transaction = connection.begin().await.unwrap();
            let inserted = schedule::insert_day(&mut transaction, day, ends_at).await;
            let may = role == "trellis_scheduler" && is_over;
            match inserted {
                Ok(()) => assert!(may, "{role}: {day}"),
                Err(error) => assert!(!may && is_denied(&error), "{role}: {day}: {error:?}"),
            }
            transaction.rollback().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_day_comes_once() {
    let database = TestDatabase::new().await;
    record_final(&database, OVER_AT).await;
    let mut connection = connect_as(&database, "trellis_scheduler").await;
    let mut transaction = connection.begin().await.unwrap();
    schedule::insert_day(&mut transaction, OVER, OVER_AT)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(
        schedule::find_last_day(&mut connection).await.unwrap(),
        Some(OVER)
    );
    let mut transaction = connection.begin().await.unwrap();
    let again = schedule::insert_day(&mut transaction, OVER, OVER_AT).await;
    assert_eq!(again.unwrap_err().constraint(), Some("inbox_natural_key_unique"));
}

/// What is wrong with a row of the schedule: its key and payload.
const NO_DAYS: [(&str, &str, &str); 8] = [
    (
        "schedule",
        "day:2024-10-04",
        r#"{"type": "reported", "report": "day_ended", "day": 20001}"#,
    ),
    (
        "schedule",
        "day:2024-10-05 ",
        r#"{"type": "reported", "report": "day_ended", "day": 20001}"#,
    ),
    (
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended", "day": "20001"}"#,
    ),
    (
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended", "day": 20001, "more": 1}"#,
    ),
    (
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "period_finalized", "day": 20001}"#,
    ),
    (
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended", "day": 99999999999}"#,
    ),
    (
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended"}"#,
    ),
    (
        "command",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended", "day": 20001}"#,
    ),
];

#[tokio::test]
async fn the_schedule_can_say_nothing_else() {
    let database = TestDatabase::new().await;
    record_final(&database, OVER_AT + 86_400).await;
    let mut connection = connect_as(&database, "trellis_scheduler").await;
    let insert = "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ($1, $2, $3::text::jsonb, decode(repeat('00', 32), 'hex'), 1728172800)";
    let right = [(
        "schedule",
        "day:2024-10-05",
        r#"{"type": "reported", "report": "day_ended", "day": 20001}"#,
    )];
    for ((source, key, payload), is_right) in NO_DAYS
        .into_iter()
        .map(|row| (row, false))
        .chain(right.map(|row| (row, true)))
    {
        let inserted = sqlx::query(insert)
            .bind(source)
            .bind(key)
            .bind(payload)
            .execute(&mut connection)
            .await;
        match inserted {
            Ok(_) => assert!(is_right, "{key}: {payload}"),
            Err(error) => assert!(!is_right && is_denied(&error), "{key}: {payload}: {error:?}"),
        }
    }
}

/// Statements by which a role would choose more than its cause: the words of another, its place in the order.
const FORGERIES: [(&str, &str); 13] = [
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, fact_seq)
         VALUES ('command', 'a', '{\"type\": \"reserve_chosen\"}', decode(repeat('00', 32), 'hex'), 1, 1)",
    ),
    (
        "trellis_api",
        "INSERT INTO inbox (id, source, natural_key, payload, fingerprint, effective_at) OVERRIDING SYSTEM VALUE
         VALUES (1000, 'command', 'b', '{\"type\": \"reserve_chosen\"}', decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('command', 'c', '[\"reserve_chosen\"]', decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('schedule', 'd', '{\"type\": \"reserve_chosen\"}', decode(repeat('00', 32), 'hex'), 1)",
    ),
    // A side under the name of another wallet.
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, signature)
         VALUES ('command', '0x02:a', '{\"type\": \"reported\", \"report\": \"side_chosen\", \"wallet\": \"0x01\"}',
                 decode(repeat('00', 32), 'hex'), 1, decode('1b', 'hex'))",
    ),
    // Of operators' commands: without a signature, and without a proposal that was approved.
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('command', '0x00:a', '{\"type\": \"reported\", \"report\": \"user_verified\"}',
                 decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_api",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, signature)
         VALUES ('command', 'proposal:0x' || repeat('00', 32), '{\"type\": \"reported\", \"report\": \"fund_allocated\"}',
                 decode(repeat('00', 32), 'hex'), 1, decode('1b', 'hex'))",
    ),
    (
        "trellis_settler",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('schedule', 'e', '{\"type\": \"batch_released\", \"batch_id\": \"0x01\", \"end\": \"expired\"}',
                 decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_settler",
        "INSERT INTO inbox (id, source, natural_key, payload, fingerprint, effective_at) OVERRIDING SYSTEM VALUE
         VALUES (1000, 'schedule', 'settlement:release:0x01',
                 '{\"type\": \"batch_released\", \"batch_id\": \"0x01\", \"end\": \"expired\"}',
                 decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_scheduler",
        "INSERT INTO inbox (id, source, natural_key, payload, fingerprint, effective_at) OVERRIDING SYSTEM VALUE
         VALUES (1000, 'schedule', 'day:1970-01-01', '{\"type\": \"reported\", \"report\": \"day_ended\", \"day\": 0}',
                 decode(repeat('00', 32), 'hex'), 1)",
    ),
    (
        "trellis_scheduler",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at, fact_seq)
         VALUES ('schedule', 'day:1970-01-01', '{\"type\": \"reported\", \"report\": \"day_ended\", \"day\": 0}',
                 decode(repeat('00', 32), 'hex'), 1, 1)",
    ),
    (
        "trellis_scheduler",
        "SELECT payload FROM inbox",
    ),
    (
        "trellis_listener",
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ('command', 'f', '{\"type\": \"reserve_chosen\"}', decode(repeat('00', 32), 'hex'), 1)",
    ),
];

#[tokio::test]
async fn a_forged_place_or_source_is_refused() {
    let database = TestDatabase::new().await;
    for (role, statement) in FORGERIES {
        let mut connection = connect_as(&database, role).await;
        let refused = sqlx::query(statement).execute(&mut connection).await.unwrap_err();
        assert!(is_denied(&refused), "{role}: {statement}: {refused:?}");
    }
}

#[tokio::test]
async fn a_number_once_given_stays() {
    let database = TestDatabase::new().await;
    let mut listener = connect_as(&database, "trellis_listener").await;
    insert_chain(&mut listener, funded(1)).await.unwrap();
    let mut poster = connect_as(&database, "trellis_poster").await;
    for (statement, rows) in [
        ("UPDATE inbox SET fact_seq = 1", 1),
        ("UPDATE inbox SET fact_seq = 2", 0),
        ("UPDATE inbox SET fact_seq = NULL", 0),
    ] {
        let updated = sqlx::query(statement).execute(&mut poster).await.unwrap();
        assert_eq!(updated.rows_affected(), rows, "{statement}");
    }
    let refused = sqlx::query("UPDATE inbox SET payload = '{}'")
        .execute(&mut poster)
        .await;
    let code = refused.unwrap_err().into_database_error().unwrap();
    assert_eq!(code.code().as_deref(), Some(DENIED));
}
