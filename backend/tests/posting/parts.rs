//! Facts of bounded size on PostgreSQL: what one fact may not have is posted by the facts behind it, with nothing between them,
//! wherever the writer or its process stops.

mod killed;

use histories::{Kind, Variant, World, history};
use plan::{BOOK_FORMAT, Book, Cause, Outcome};
use sqlx::{Connection, PgConnection};
use store::lease;
use store::posting::PostingError;
use store::posting_snapshot::{self, Header};
use testkit::TestDatabase;

use crate::components::{self, Source, effects, transfers};
use crate::operators;
use crate::running::deployed;
use crate::{Step, StepError, TTL, Writer, balances, claim, compiled, post_all, poster, receive};

/// A writer whose facts are small, and what it posts.
struct Small {
    database: TestDatabase,
    world: World,
    happened: Vec<(Cause, Outcome)>,
    legs_max: usize,
    connection: PgConnection,
    source: PgConnection,
    writer: Writer,
}

impl Small {
    async fn new(kind: Kind, legs_max: usize) -> Self {
        let (world, happened) = history(&Variant { kind, bits: 0 }, 120, 4);
        let database = TestDatabase::new().await;
        let mut connection = poster(&database).await;
        let mut source = database.connection().await;
        let [plan, _] = &world.versions;
        operators::enter(&mut source, plan).await;
        let lease = claim(&mut connection, TTL).await;
        let empty = components::empty(&world).with_legs_max(legs_max);
        let writer = Writer::rebuild(&mut connection, empty, lease, TTL).await.unwrap();
        Self {
            database,
            world,
            happened,
            legs_max,
            connection,
            source,
            writer,
        }
    }

    fn empty(&self) -> Book {
        components::empty(&self.world).with_legs_max(self.legs_max)
    }

    /// Everything that happened waits.
    async fn receives(&mut self) {
        let [plan, _] = &self.world.versions;
        Source::default()
            .receive(&mut self.source, plan, &self.happened)
            .await;
    }

    /// Another writer goes on from what is stored.
    async fn starts_again(&mut self) {
        lease::release(&mut self.connection, self.writer.lease())
            .await
            .unwrap();
        let (lease, empty) = (claim(&mut self.connection, TTL).await, self.empty());
        self.writer = Writer::rebuild(&mut self.connection, empty, lease, TTL)
            .await
            .unwrap();
    }

    async fn step(&mut self) -> Result<Step, StepError> {
        self.writer.step(&mut self.connection).await
    }

    /// Posts until a fact is posted only in part.
    async fn goes_amid_a_fact(&mut self) {
        self.receives().await;
        while self.writer.book().next_part().is_none() {
            assert_ne!(self.step().await.unwrap(), Step::Idle, "nothing was cut");
        }
    }

    async fn verified(&mut self) -> Vec<audit::Discrepancy> {
        let snapshot = store::snapshot::read(&mut self.source).await.unwrap();
        audit::verify(&self.empty(), &snapshot)
    }

    async fn count(&mut self, of: &'static str) -> i64 {
        let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {of}"));
        sqlx::query_scalar(statement)
            .fetch_one(&mut self.source)
            .await
            .unwrap()
    }
}

/// Transfers and effects without the numbers of their facts, and all balances.
async fn moved(connection: &mut PgConnection) -> impl PartialEq + std::fmt::Debug + use<> {
    let transfers = transfers(connection).await.into_iter();
    let transfers =
        transfers.map(|(_, _, debit, credit, amount, reason, phase)| (debit, credit, amount, reason, phase));
    let effects = effects(connection).await.into_iter();
    let effects =
        effects.map(|(_, _, kind, user, number, amount, detail)| (kind, user, number, amount, detail));
    (
        transfers.collect::<Vec<_>>(),
        effects.collect::<Vec<_>>(),
        balances(connection).await,
    )
}

#[tokio::test]
async fn parts_are_stored_as_one_fact_would_be() {
    for kind in [Kind::Subscription, Kind::Binary, Kind::Orders, Kind::Campaign] {
        let mut results = Vec::new();
        for (legs_max, starts_again) in [(usize::MAX, false), (3, false), (3, true)] {
            let mut small = Small::new(kind, legs_max).await;
            small.receives().await;
            while let Step::Posted { .. } = small.step().await.unwrap() {
                if starts_again {
                    small.starts_again().await;
                }
            }
            let context = format!("{kind:?}, {legs_max}, {starts_again}");
            let continued = small.count("inbox WHERE source = 'posting'").await;
            assert_eq!(continued > 0, legs_max == 3, "{context}");
            assert_eq!(small.count("inbox WHERE fact_seq IS NULL").await, 0, "{context}");
            assert_eq!(small.verified().await, [], "{context}");
            let too_large = small.count("transfer WHERE leg >= 3").await;
            assert!(too_large == 0 || legs_max > 3, "{context}");
            results.push(moved(&mut small.source).await);
        }
        assert!(results[0] == results[1] && results[1] == results[2], "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_is_posted_between_two_parts() {
    let mut small = Small::new(Kind::Subscription, 1).await;
    small.goes_amid_a_fact().await;
    let announced = small.count("continued_fact").await;
    let parts: i64 = small.writer.book().parts_left().into();
    assert!(parts > 8, "{parts}: all of them are posted by one batch");
    assert_eq!(small.count("open_fact").await, 1);
    let posted = small.count("fact").await;
    assert!(
        small.count("inbox WHERE fact_seq IS NULL").await > 0,
        "something waits meanwhile"
    );
    for step in 1..=parts / 8 {
        small.step().await.unwrap();
        assert_eq!(small.count("fact").await, posted + step * 8);
        assert_eq!(small.count("continued_fact").await, announced);
        let last = "fact AS f JOIN inbox AS i ON i.id = f.inbox_id
            WHERE f.seq > (SELECT max(fact_seq) FROM continued_fact) AND i.source <> 'posting'";
        assert_eq!(small.count(last).await, 0);
    }
    post_all(&mut small.writer, &mut small.connection).await;
    assert_eq!(small.count("open_fact").await, 0);
    assert_eq!(small.verified().await, []);
}

#[tokio::test]
async fn whoever_needs_whole_books_waits_for_the_last_part() {
    let mut small = Small::new(Kind::Subscription, 1).await;
    let request = "INSERT INTO liabilities_request (requested_by, accept_claims) VALUES ('\\x00000000000000000000000000000000000000aa', true)";
    sqlx::query(request).execute(&mut small.source).await.unwrap();
    small.goes_amid_a_fact().await;
    for is_amid in [true, false] {
        let mut transaction = small.source.begin().await.unwrap();
        let claimed = store::liabilities_build::claim_request(&mut transaction)
            .await
            .unwrap();
        assert_eq!(claimed.is_none(), is_amid);
        transaction.rollback().await.unwrap();
        let all = store::settlement_root::is_all_posted(&mut small.source)
            .await
            .unwrap();
        assert_eq!(all, !is_amid);
        if is_amid {
            post_all(&mut small.writer, &mut small.connection).await;
        }
    }
}

#[tokio::test]
async fn parts_that_do_not_bring_what_the_fact_said_are_refused() {
    for change in [
        "UPDATE transfer SET amount = amount + 1 WHERE fact_seq = (SELECT fact_seq FROM open_fact) AND leg = 0",
        "DELETE FROM transfer WHERE fact_seq = (SELECT fact_seq FROM open_fact) AND leg = 0",
        "UPDATE continued_fact SET legs = legs + 1 WHERE fact_seq = (SELECT fact_seq FROM open_fact)",
    ] {
        let mut small = Small::new(Kind::Subscription, 1).await;
        small.goes_amid_a_fact().await;
        let seq = small.writer.tail().fact_seq;
        sqlx::query(change).execute(&mut small.source).await.unwrap();
        let refused = loop {
            match small.step().await {
                Ok(step) => assert_ne!(step, Step::Idle, "{change}"),
                Err(error) => break error,
            }
        };
        assert!(
            matches!(refused, StepError::Posting(PostingError::PartsDiffer { fact_seq }) if fact_seq == seq),
            "{change}: {refused}"
        );
        assert_eq!(
            small.count("open_fact").await,
            1,
            "{change}: the last part is not posted"
        );
    }
}

#[tokio::test]
async fn the_writer_can_store_only_the_parts_that_a_fact_announced() {
    let mut small = Small::new(Kind::Subscription, 1).await;
    small.goes_amid_a_fact().await;
    let statement = "SELECT f.inbox_id, c.parts FROM open_fact AS c JOIN fact AS f ON f.seq = c.fact_seq";
    let (id, parts): (i64, i32) = sqlx::query_as(statement)
        .fetch_one(&mut small.source)
        .await
        .unwrap();
    let part = |part: i32| format!(r#"{{"type":"continued","part":{part}}}"#);
    let funded = r#"{"type":"funded","from":"0x0000000000000000000000000000000000000001","amount":"1"}"#;
    let mut poster = poster(&small.database).await;
    for (source, key, payload, is_allowed) in [
        ("posting", format!("{id}:{parts}"), part(parts), true),
        ("posting", format!("{id}:{}", parts + 1), part(parts + 1), false),
        ("posting", format!("{id}:1"), part(1), false),
        ("posting", format!("{}:2", id + 1), part(2), false),
        ("posting", format!("{id}:3"), part(2), false),
        ("posting", "a:b".to_owned(), part(2), false),
        ("posting", format!("{id}:4"), funded.to_owned(), false),
        ("schedule", format!("{id}:5"), part(5), false),
        ("command", format!("{id}:6"), part(6), false),
    ] {
        let statement = "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
            VALUES ($1, $2, $3::jsonb, sha256('x'), 1)";
        let mut transaction = poster.begin().await.unwrap();
        let stored = sqlx::query(statement)
            .bind(source)
            .bind(&key)
            .bind(&payload)
            .execute(&mut *transaction)
            .await;
        transaction.rollback().await.unwrap();
        assert_eq!(stored.is_ok(), is_allowed, "{source} {key} {payload}: {stored:?}");
    }
}

#[tokio::test]
async fn a_start_in_the_middle_of_a_fact_uses_memory_that_was_kept_before_it() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let mut connection = poster(&database).await;
    let empty = Book::new(compiled()).with_legs_max(2);
    let causes = killed::causes(30);
    let (registered, matured) = causes.split_at(30);
    let lease = claim(&mut connection, TTL).await;
    let mut writer = Writer::rebuild(&mut connection, empty.clone(), lease, TTL)
        .await
        .unwrap();
    let seq = receive(&mut source, 1, registered).await;
    post_all(&mut writer, &mut connection).await;
    let kept = writer.tail().fact_seq;
    let header = Header::of(writer.tail(), compiled().hash(), BOOK_FORMAT);
    let mut transaction = connection.begin().await.unwrap();
    let bytes = writer.book().encode().unwrap();
    posting_snapshot::insert(&mut transaction, &header, &bytes)
        .await
        .unwrap();
    transaction.commit().await.unwrap();

    receive(&mut source, seq, matured).await;
    // The first part, those that one batch has, and again: users are paid in the last ones.
    for _ in 0..3 {
        writer.step(&mut connection).await.unwrap();
    }
    lease::release(&mut connection, lease).await.unwrap();
    let lease = claim(&mut connection, TTL).await;
    let mut writer = Writer::rebuild(&mut connection, empty.clone(), lease, TTL)
        .await
        .unwrap();
    assert!(writer.book().next_part().is_some());
    let to_come = writer.book().legs_left().iter();
    let to_come = to_come.filter(|leg| matches!(leg.credit, ledger::Account::Available(_)));
    assert!(to_come.count() > 0, "users have something still to come");
    assert_eq!(writer.kept_through(), kept, "everything was replayed");
    post_all(&mut writer, &mut connection).await;
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&empty, &snapshot), []);
}
