//! The posting worker on a real PostgreSQL: what is posted once stays, and only the lease's holder posts.
#![expect(
    clippy::unwrap_used,
    reason = "what a test prepares must succeed, or the test fails"
)]

mod components;
mod days;
mod history;
mod kept;
mod lost;
mod operators;
mod outage;
mod parts;
mod proof;
mod quarantine;
mod remembered;
mod running;
mod settlement;
mod stored;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use backend::posting::{Step, StepError, Writer, writer};
use ledger::{AccountId, BalanceChange, BalanceChanges, fold_into};
use plan::{Book, Cause, CompiledPlan, Outcome};
use sqlx::{Connection, PgConnection, Row};
use store::inbox::{self, BlockRef, ChainEntry, Command};
use store::lease::{self, Lease, LeaseError, LeaseName};
use store::posting::{DepositIndex, Draft, PostingError, Tail};
use testkit::TestDatabase;

use history::History;

const PLAN: &str = include_str!("../../../plans/auto-pool.toml");
const TTL: Duration = Duration::from_secs(30);
const ENTRIES_PER_BLOCK: u64 = 7;

fn compiled() -> CompiledPlan {
    plan::compile(PLAN).unwrap()
}

fn wallet(user: u64) -> Address {
    Address::from_word(B256::from(U256::from(user)))
}

/// Puts causes into the inbox as the chain and people would: the chain's block by block, the others behind.
async fn receive(connection: &mut PgConnection, first_seq: u64, causes: &[Cause]) -> u64 {
    let chain: Vec<ChainEntry> = causes
        .iter()
        .filter(|cause| !cause.is_command())
        .zip(first_seq..)
        .map(|(cause, seq)| entry(seq, cause.clone()))
        .collect();
    for block in chain.chunk_by(|a, b| a.block == b.block) {
        let mut transaction = connection.begin().await.unwrap();
        recorded::record(&mut transaction, block).await.unwrap();
        transaction.commit().await.unwrap();
    }
    for (number, cause) in causes.iter().enumerate().filter(|(_, cause)| cause.is_command()) {
        let command = Command {
            actor: Address::ZERO,
            idempotency_key: &format!("{first_seq}/{number}"),
            effective_at: 5,
            cause: cause.clone(),
        };
        inbox::insert_command(connection, &command).await.unwrap();
    }
    first_seq + chain.len() as u64
}

fn entry(seq: u64, cause: Cause) -> ChainEntry {
    let number = 100 + seq / ENTRIES_PER_BLOCK;
    ChainEntry {
        seq,
        block: BlockRef {
            number,
            hash: B256::from(U256::from(number)),
        },
        transaction_hash: B256::repeat_byte(9),
        effective_at: 1_000 + number,
        cause,
    }
}

/// A connection like that of the worker: under its role, which may not do more than its grants say.
async fn poster(database: &TestDatabase) -> PgConnection {
    writer::connect(&database.url_as("trellis_poster")).await.unwrap()
}

async fn claim(connection: &mut PgConnection, ttl: Duration) -> Lease {
    lease::claim(connection, LeaseName::Posting, "a test", ttl)
        .await
        .unwrap()
        .expect("nobody holds the lease")
}

async fn rebuild(connection: &mut PgConnection, lease: Lease) -> Writer {
    Writer::rebuild(connection, Book::new(compiled()), lease, TTL)
        .await
        .unwrap()
}

async fn post_all(writer: &mut Writer, connection: &mut PgConnection) -> usize {
    let mut posted = 0;
    while let Step::Posted { facts, .. } = writer.step(connection).await.unwrap() {
        posted += facts;
    }
    posted
}

/// One text for everything that posting writes, but for the clock of the database and the epoch.
async fn contents(connection: &mut PgConnection) -> String {
    let mut all = String::new();
    for (table, order, columns) in [
        ("inbox", "id", "id, fact_seq"),
        ("fact", "seq", "*"),
        (
            "posting_batch",
            "seq",
            "seq, first_fact, last_fact, transfers, amount, block_number, hash",
        ),
        ("transfer", "fact_seq, leg", "*"),
        ("account", "id", "*"),
        ("balance", "account_id", "*"),
        ("users", "id", "*"),
        ("deposit", "id", "*"),
        ("pool_tree", "tier, tree", "*"),
        ("pool_node", "tier, tree, node_index", "*"),
        ("reward", "fact_seq, leg", "*"),
        ("reward_forfeited", "fact_seq, leg", "*"),
        ("pending_resolution", "pending_fact, pending_leg", "*"),
        (
            "payout_batch",
            "batch_id",
            "batch_id, state, held_fact, count, total, closed_fact",
        ),
        ("payout", "batch_id, user_id", "*"),
        ("claim", "fact_seq, user_id", "*"),
        ("user_income", "user_id", "*"),
        ("reserve_choice", "user_id, tier", "*"),
        ("due", "user_id", "*"),
        ("kind_total", "kind, detail", "*"),
        ("paid_total", "id", "*"),
        ("component_effect", "fact_seq, position", "*"),
        ("discrepancy", "fact_seq, ordinal", "fact_seq, ordinal, cause"),
    ] {
        let statement = format!(
            "SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM (SELECT {columns} FROM {table} ORDER BY {order}) t"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        all.push_str(&format!("{table}\n{}\n", row.get::<String, _>(0)));
    }
    all
}

/// Account, debits and credits of every stored balance.
async fn balances(connection: &mut PgConnection) -> Vec<(i64, String, String)> {
    let statement =
        "SELECT account_id, debits_posted::text, credits_posted::text FROM balance ORDER BY account_id";
    let rows = sqlx::query(statement).fetch_all(connection).await.unwrap();
    let row = |row: &sqlx::postgres::PgRow| (row.get(0), row.get(1), row.get(2));
    rows.iter().map(row).collect()
}

/// The same of a fold.
fn rows_of(folded: &BalanceChanges) -> Vec<(i64, String, String)> {
    let row = |(id, change): (&AccountId, &BalanceChange)| {
        let (debits, credits) = (change.debits_posted, change.credits_posted);
        (id.get(), debits.to_string(), credits.to_string())
    };
    folded.iter().map(row).collect()
}

#[tokio::test]
async fn facts_that_come_again_change_nothing() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let causes = History::new(1).take(300);
    receive(&mut source, 1, &causes).await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 300);
    let before = contents(&mut source).await;

    receive(&mut source, 1, &causes).await;
    assert_eq!(writer.step(&mut connection).await.unwrap(), Step::Idle);
    assert_eq!(contents(&mut source).await, before);
}

#[tokio::test]
async fn a_batch_that_comes_again_is_refused_whole() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    receive(&mut source, 1, &History::new(2).take(50)).await;
    let lease = claim(&mut connection, TTL).await;
    let waiting = inbox::list_waiting(&mut connection, 100).await.unwrap();
    let (mut book, mut outcome) = (Book::new(compiled()), Outcome::default());
    let (mut draft, mut deposits) = (Draft::new(&Tail::default()), DepositIndex::default());
    for entry in &waiting.entries {
        book.apply(&entry.cause, &mut outcome);
        draft.add(&mut deposits, entry, &outcome).unwrap();
    }
    let batch = draft.seal(waiting.completed);
    let mut transaction = connection.begin().await.unwrap();
    store::posting::post(&mut transaction, lease, &batch)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let before = contents(&mut source).await;

    let mut transaction = connection.begin().await.unwrap();
    let again = store::posting::post(&mut transaction, lease, &batch).await;
    assert!(
        matches!(
            again,
            Err(PostingError::RowsDiffer {
                table: "inbox",
                found: 0,
                ..
            })
        ),
        "{again:?}"
    );
    drop(transaction);
    assert_eq!(contents(&mut source).await, before);
}

#[tokio::test]
async fn a_writer_that_starts_again_in_between_posts_the_same() {
    let mut results = Vec::new();
    for restarts in [false, true] {
        let database = TestDatabase::new().await;
        let mut connection = poster(&database).await;
        let mut source = database.connection().await;
        let causes = History::new(3).take(600);
        let mut lease = claim(&mut connection, TTL).await;
        let mut writer = rebuild(&mut connection, lease).await;
        let mut seq = 1;
        for part in causes.chunks(150) {
            seq = receive(&mut source, seq, part).await;
            assert_eq!(post_all(&mut writer, &mut connection).await, part.len());
            if restarts {
                lease::release(&mut connection, lease).await.unwrap();
                lease = claim(&mut connection, TTL).await;
                writer = rebuild(&mut connection, lease).await;
            }
        }
        results.push(contents(&mut source).await);
    }
    assert_eq!(results[0], results[1]);
}

#[tokio::test]
async fn a_writer_whose_lease_was_claimed_by_another_posts_nothing() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut other = poster(&database).await;
    let mut source = database.connection().await;
    let old = claim(&mut connection, Duration::ZERO).await;
    let mut stale = Writer::rebuild(
        &mut connection,
        Book::new(compiled()),
        old,
        Duration::from_hours(1),
    )
    .await
    .unwrap();
    assert_eq!(
        lease::claim(&mut other, LeaseName::Posting, "too early", TTL)
            .await
            .unwrap(),
        None
    );
    lease::release(&mut connection, old).await.unwrap();
    let new = claim(&mut other, TTL).await;
    assert_eq!(new.epoch, old.epoch + 1);

    receive(&mut source, 1, &History::new(4).take(20)).await;
    let before = contents(&mut source).await;
    let refused = stale.step(&mut connection).await;
    assert!(
        matches!(
            refused,
            Err(StepError::Posting(PostingError::Lease(LeaseError::Lost { epoch, .. }))) if epoch == old.epoch
        ),
        "{refused:?}"
    );
    assert_eq!(contents(&mut source).await, before);
    let mut writer = rebuild(&mut other, new).await;
    assert_eq!(post_all(&mut writer, &mut other).await, 20);
}

#[tokio::test]
async fn nobody_claims_the_lease_while_a_batch_is_being_posted() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let old = claim(&mut connection, Duration::ZERO).await;
    let mut transaction = connection.begin().await.unwrap();
    lease::check(&mut transaction, old).await.unwrap();

    let mut other = poster(&database).await;
    let mut claiming = tokio::spawn(async move { claim(&mut other, TTL).await });
    let mut watching = database.connection().await;
    testkit::wait_for("the claim waits for the transaction", Duration::from_secs(60), async || {
        let waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::query(waits).fetch_optional(&mut watching).await.unwrap()
    })
    .await;
    assert!(!claiming.is_finished());
    transaction.commit().await.unwrap();
    assert_eq!((&mut claiming).await.unwrap().epoch, old.epoch + 1);
}

#[tokio::test]
async fn the_writers_role_cannot_change_what_is_posted() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    for statement in [
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "UPDATE fact SET batch_seq = 1",
        "DELETE FROM fact",
        "UPDATE posting_batch SET hash = prev_hash",
        "DELETE FROM posting_batch",
        "UPDATE account SET guarded = false",
        "DELETE FROM balance",
        "UPDATE balance SET guarded = false",
        "UPDATE inbox SET payload = '{}'",
        "DELETE FROM inbox",
        "UPDATE reward SET amount = 1",
        "DELETE FROM reward",
        "UPDATE component_effect SET amount = 1",
        "DELETE FROM component_effect",
        "DELETE FROM users",
        "TRUNCATE transfer",
    ] {
        let refused = sqlx::query(statement).execute(&mut connection).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {refused}");
    }
}

#[tokio::test]
async fn random_histories_have_the_balances_of_the_pure_fold() {
    for seed in 10..14 {
        let database = TestDatabase::new().await;
        let mut connection = poster(&database).await;
        let mut source = database.connection().await;
        receive(&mut source, 1, &History::new(seed).take(500)).await;
        let waiting = inbox::list_waiting(&mut source, 1_000).await.unwrap();
        let (mut book, mut outcome) = (Book::new(compiled()), Outcome::default());
        let mut folded = BalanceChanges::new();
        for (entry, seq) in waiting.entries.iter().zip(1..) {
            book.apply(&entry.cause, &mut outcome);
            for (leg, number) in outcome.legs.iter().zip(0..) {
                fold_into(&mut folded, &leg.at(seq, number)).unwrap();
            }
        }
        let lease = claim(&mut connection, TTL).await;
        let mut writer = rebuild(&mut connection, lease).await;
        assert_eq!(post_all(&mut writer, &mut connection).await, 500);
        let expected = rows_of(&folded);
        assert_eq!(balances(&mut source).await, expected, "seed {seed}");
        let snapshot = store::snapshot::read(&mut source).await.unwrap();
        assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
        assert!(
            expected.len() > 50,
            "a history that hardly does anything shows nothing"
        );
    }
}

#[tokio::test]
async fn readers_see_only_whole_batches_while_posting_goes_on() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    let url = database.url_as("trellis_api");
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let reading = tokio::spawn(async move {
        let mut reader = devstack::postgres::connect(&url).await.unwrap();
        let mut seen = 0;
        loop {
            let ends = *stop.borrow();
            let balances = "SELECT coalesce(sum(debits_posted) = sum(credits_posted), true), \
                            coalesce(max(last_fact), 0), (SELECT coalesce(max(seq), 0) FROM fact) FROM balance";
            let row = sqlx::query(balances).fetch_one(&mut reader).await.unwrap();
            assert!(row.get::<bool, _>(0), "debits and credits differ");
            assert_eq!(
                row.get::<i64, _>(1),
                row.get::<i64, _>(2),
                "a batch is seen in part"
            );
            seen += 1;
            if ends {
                return seen;
            }
        }
    });
    let mut seq = 1;
    for part in History::new(5).take(1_000).chunks(100) {
        seq = receive(&mut source, seq, part).await;
        post_all(&mut writer, &mut connection).await;
    }
    stopper.send(true).unwrap();
    assert!(reading.await.unwrap() > 0);
}

#[tokio::test]
async fn whatever_is_changed_behind_the_ledgers_back_is_found_exactly() {
    let database = TestDatabase::new().await;
    let mut connection = poster(&database).await;
    let mut source = database.connection().await;
    let lease = claim(&mut connection, TTL).await;
    let mut writer = rebuild(&mut connection, lease).await;
    let mut seq = 1;
    for part in History::new(6).take(400).chunks(100) {
        seq = receive(&mut source, seq, part).await;
        post_all(&mut writer, &mut connection).await;
    }
    for (fault, tables) in [
        (
            "UPDATE balance SET credits_posted = credits_posted + 1
             WHERE account_id = (SELECT id FROM account WHERE kind = 'company')",
            // The sums see it as well: debits and credits, and what is owed.
            &["balance", "sums", "sums"][..],
        ),
        (
            "UPDATE transfer SET amount = amount + 1 WHERE fact_seq = 9 AND leg = 0",
            &["transfer"],
        ),
        (
            "DELETE FROM transfer WHERE fact_seq = (SELECT max(fact_seq) FROM transfer) AND leg = 0",
            &["transfer"],
        ),
        (
            "UPDATE reward SET amount = 5 WHERE (fact_seq, leg) = (SELECT fact_seq, leg FROM reward LIMIT 1)",
            &["reward"],
        ),
        (
            "UPDATE posting_batch SET hash = decode(repeat('ab', 32), 'hex') WHERE seq = 2",
            &["posting_batch"],
        ),
        ("UPDATE users SET directs = directs + 1 WHERE id = 1", &["users"]),
        (
            "UPDATE deposit SET refundable_until = 1 WHERE id = 1",
            &["deposit"],
        ),
        (
            "UPDATE pool_tree SET nodes = nodes - 1 WHERE tree = 1",
            &["pool_tree"],
        ),
        (
            "UPDATE pool_node SET user_id = 1 WHERE (tier, tree, node_index) = (1, 1, 1)",
            &["pool_node"],
        ),
        (
            "UPDATE user_income SET direct = direct + 1 WHERE user_id = (SELECT min(user_id) FROM user_income)",
            &["user_income"],
        ),
        (
            "INSERT INTO discrepancy VALUES (1, 7, 'invented')",
            &["discrepancy"],
        ),
        (
            "INSERT INTO reward_forfeited VALUES (1, 7, 8)",
            &["reward_forfeited"],
        ),
        (
            "DELETE FROM reserve_choice WHERE user_id = (SELECT max(user_id) FROM reserve_choice)",
            &["reserve_choice"],
        ),
        (
            "UPDATE inbox SET fingerprint = decode(repeat('ab', 32), 'hex') WHERE fact_seq = 3",
            &["fact"],
        ),
    ] {
        let mut transaction = source.begin().await.unwrap();
        let changed = sqlx::query(fault).execute(&mut *transaction).await.unwrap();
        assert!(changed.rows_affected() > 0, "{fault} changes nothing");
        let found = audit::verify(
            &Book::new(compiled()),
            &store::snapshot::read_in(&mut transaction).await.unwrap(),
        );
        let found_in: Vec<&str> = found.iter().map(|one| one.table().unwrap_or("sums")).collect();
        assert_eq!(found_in, tables, "{fault}: {found:#?}");
        transaction.rollback().await.unwrap();
    }
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
}
