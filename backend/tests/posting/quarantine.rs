//! Commands that cannot be read or posted are quarantined, one row at a time, and what the chain says never is.

use std::time::Duration;

use backend::posting::{StepError, WorkError};
use money::Amount;
use plan::{Book, Cause, ReserveChoice, Tier};
use sqlx::{AssertSqlSafe, PgConnection};
use store::inbox::{self, Command};
use store::quarantine;
use store::{StoreError, cause_json};
use testkit::TestDatabase;

use crate::history::History;
use crate::running::{Running, deployed};
use crate::{compiled, receive, wallet};

const DEADLINE: Duration = Duration::from_secs(30);

fn choice(user: u64, tier: u8) -> Cause {
    Cause::ReserveChosen {
        wallet: wallet(user),
        tier: Tier::new(tier).unwrap(),
        choice: ReserveChoice::In,
    }
}

/// Someone with the owner's rights stores this as a command.
async fn smuggle(connection: &mut PgConnection, source: &str, payload: &str, fingerprint: &[u8], time: i64) {
    sqlx::query(
        "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
         VALUES ($1, 'smuggled ' || (SELECT count(*) FROM inbox), $2::jsonb, $3, $4)",
    )
    .bind(source)
    .bind(payload)
    .bind(fingerprint)
    .bind(time)
    .execute(connection)
    .await
    .unwrap();
}

/// Every kind of bad row, with the cause for which it is quarantined.
async fn smuggle_everything(connection: &mut PgConnection) -> Vec<&'static str> {
    let any = [7; 32];
    let mut causes = Vec::new();
    for payload in [
        r#"{"type": "granted_everything"}"#,
        r#""text""#,
        "[1, 2]",
        "null",
        r#"{"type": "reserve_chosen"}"#,
        r#"{"type": "reserve_chosen", "wallet": "0x12", "tier": 1, "choice": "in"}"#,
        r#"{"type": "reserve_chosen", "wallet": "0x0000000000000000000000000000000000000001", "tier": 61, "choice": "in"}"#,
        r#"{"type": "batch_requested", "batch_id": "0x", "payouts": 3}"#,
    ] {
        smuggle(connection, "command", payload, &any, 5).await;
        causes.push("unreadable");
    }
    smuggle(connection, "schedule", r#"{"type": "batch_released"}"#, &any, 5).await;
    causes.push("unreadable");
    let good = cause_json::write(&choice(1, 1));
    smuggle(connection, "command", &good.text, good.fingerprint.as_slice(), -1).await;
    causes.push("unreadable");
    smuggle(connection, "command", &good.text, &any, 5).await;
    causes.push("fingerprint_differs");
    let funded = cause_json::write(&Cause::Funded {
        from: wallet(1),
        amount: Amount::new(1_000_000),
    });
    smuggle(
        connection,
        "command",
        &funded.text,
        funded.fingerprint.as_slice(),
        5,
    )
    .await;
    causes.push("not_a_command");
    causes
}

async fn found(database: &TestDatabase) -> Vec<String> {
    let mut connection = database.connection().await;
    let rows = quarantine::list(&mut connection, 100).await.unwrap();
    rows.into_iter().map(|row| row.cause).collect()
}

async fn verifies(database: &TestDatabase) {
    let snapshot = store::snapshot::read(&mut database.connection().await)
        .await
        .unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_what_comes_after_it_is_posted() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let causes = History::new(1).take(120);
    let seq = receive(&mut source, 1, &causes[..60]).await;
    let mut bad = smuggle_everything(&mut source).await;
    receive(&mut source, seq, &causes[60..]).await;

    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    assert_eq!(worker.posts_everything(database.pool()).await, 120);
    assert_eq!(found(&database).await, bad);
    bad.extend(smuggle_everything(&mut source).await);
    assert_eq!(worker.posts_everything(database.pool()).await, 120);
    worker.stop().await;

    let mut again = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let last = Command {
        actor: wallet(1),
        idempotency_key: "last",
        effective_at: 5,
        cause: choice(1, 1),
    };
    inbox::insert_command(&mut source, &last).await.unwrap();
    assert_eq!(again.posts_everything(database.pool()).await, 121);
    again.stop().await;
    assert_eq!(found(&database).await, bad);
    verifies(&database).await;
}

#[tokio::test]
async fn what_the_ledger_refuses_is_found_among_others_and_put_aside_and_can_be_tried_again() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let refuse = "ALTER TABLE reserve_choice ADD CONSTRAINT reserve_choice_of_the_test CHECK (tier <> 2)";
    sqlx::query(refuse).execute(&mut source).await.unwrap();
    let causes = History::new(2).take(120);
    let seq = receive(&mut source, 1, &causes[..60]).await;
    let mut refused = Vec::new();
    // An unknown user may choose: it is ignored, but is a fact.
    for (key, cause, is_refused) in [
        ("a", choice(1, 1), false),
        ("b", choice(1, 2), true),
        ("c", choice(999_999, 2), false),
        ("d", choice(1, 2), true),
    ] {
        let command = Command {
            actor: wallet(1),
            idempotency_key: key,
            effective_at: 5,
            cause,
        };
        let stored = inbox::insert_command(&mut source, &command).await.unwrap();
        if is_refused {
            refused.push(stored.inbox_id);
        }
    }
    receive(&mut source, seq, &causes[60..]).await;
    let refused_choices = "SELECT count(*) FROM inbox WHERE quarantined AND payload ->> 'tier' <> '2'";

    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    worker.posts_everything(database.pool()).await;
    let others: i64 = sqlx::query_scalar(refused_choices)
        .fetch_one(&mut source)
        .await
        .unwrap();
    assert_eq!(others, 0, "nothing else is put aside");
    for id in &refused {
        let statement = format!("SELECT quarantined FROM inbox WHERE id = {id}");
        let aside: bool = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(&mut source)
            .await
            .unwrap();
        assert!(aside);
    }
    verifies(&database).await;

    let mend = "ALTER TABLE reserve_choice DROP CONSTRAINT reserve_choice_of_the_test";
    sqlx::query(mend).execute(&mut source).await.unwrap();
    let mut transaction = database.pool().begin().await.unwrap();
    for id in &refused {
        let ended = quarantine::end(&mut transaction, *id, quarantine::End::Retried, "mended").await;
        assert!(ended.unwrap());
    }
    transaction.commit().await.unwrap();
    worker.posts_everything(database.pool()).await;
    worker.stop().await;
    for id in refused {
        let statement = format!("SELECT fact_seq IS NOT NULL FROM inbox WHERE id = {id}");
        let posted: bool = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(&mut source)
            .await
            .unwrap();
        assert!(posted);
    }
    verifies(&database).await;
}

#[tokio::test]
async fn what_the_chain_says_is_never_put_aside() {
    let database = deployed().await;
    let mut source = database.connection().await;
    receive(&mut source, 1, &History::new(3).take(30)).await;
    let tampering = r#"UPDATE inbox SET payload = '{"type": "granted_everything"}' WHERE chain_seq = 4"#;
    sqlx::query(tampering).execute(&mut source).await.unwrap();
    let worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    let ended = worker.ends().await;
    assert!(
        matches!(
            ended,
            Err(WorkError::Step(StepError::Store(StoreError::Corrupt {
                what: "inbox.payload"
            })))
        ),
        "{ended:?}"
    );
    assert_eq!(found(&database).await, Vec::<String>::new());
    let refused = sqlx::query("UPDATE inbox SET quarantined = true WHERE chain_seq = 4")
        .execute(&mut source)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("inbox_quarantine_spares_chain"),
        "{refused}"
    );
}
