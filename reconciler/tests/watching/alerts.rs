//! Alerts reach a receiver that was down for days, in order and once, and a finding that flaps is one alert.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use audit::checks::{BreakCause, Check, Finding, Severity};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use reconciler::{Courier, Destination};
use serde_json::{Value, json};
use sqlx::Connection;
use store::alert::{self, Timing};
use testkit::TestDatabase;

const SECRET: &str = "a secret of the test";

/// A pager whose answer the test chooses.
#[derive(Clone, Default)]
struct Pager {
    status: Arc<AtomicU16>,
    /// Check whose messages it rejects.
    rejects: Arc<Mutex<Option<&'static str>>>,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

async fn page(State(pager): State<Pager>, headers: HeaderMap, body: String) -> StatusCode {
    let text = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(text("x-trellis-signature"), reconciler::signature(SECRET, &body));
    let message: Value = body.parse().unwrap();
    assert_eq!(message["key"], text("idempotency-key"));
    if message["check"].as_str() == *pager.rejects.lock().unwrap() {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    pager
        .told
        .lock()
        .unwrap()
        .push((text("idempotency-key"), message));
    StatusCode::from_u16(pager.status.load(Ordering::SeqCst)).unwrap()
}

struct World {
    database: TestDatabase,
    pager: Pager,
    destination: Destination,
    courier: Courier,
}

impl World {
    async fn start() -> Self {
        let pager = Pager::default();
        pager.status.store(204, Ordering::SeqCst);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/page", listener.local_addr().unwrap());
        let router = Router::new().route("/page", axum::routing::post(page));
        let serving = axum::serve(listener, router.with_state(pager.clone()));
        tokio::spawn(async move { serving.await.unwrap() });
        let database = TestDatabase::new().await;
        let destination = Destination {
            url: Some(url),
            secret: Some(SECRET.to_owned()),
            timing: Timing {
                quiet: Duration::from_secs(120),
                reminder: Duration::from_secs(3_600),
            },
        };
        let courier = courier(&database, &destination).await;
        Self {
            database,
            pager,
            destination,
            courier,
        }
    }

    /// As after a restart of the process: nothing is remembered but what is stored.
    async fn restart(&mut self) {
        self.courier = courier(&self.database, &self.destination).await;
    }

    fn answer(&self, status: u16) {
        self.pager.status.store(status, Ordering::SeqCst);
    }

    async fn raise(&self, check: Check, severity: Severity, subject: &str) {
        let finding = Finding {
            check,
            severity,
            subject: subject.to_owned(),
            expected: "1".to_owned(),
            actual: "2".to_owned(),
            cause: BreakCause::Amount,
            detail: "one wei".to_owned(),
        };
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        alert::raise(&mut transaction, &finding, &json!({}))
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    async fn resolve(&self, check: Check, subject: &str) {
        let mut connection = self.database.connection().await;
        let mut transaction = connection.begin().await.unwrap();
        alert::resolve(&mut transaction, check.id(), subject)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Lets time pass for what is stored.
    async fn pass(&self, interval: &str) {
        let statement = format!(
            "UPDATE alert SET raised_at = raised_at - interval '{interval}', told_at = told_at - interval '{interval}',
                 resolved_at = resolved_at - interval '{interval}', next_try_at = next_try_at - interval '{interval}'"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .execute(self.database.pool())
            .await
            .unwrap();
    }

    /// Sends until nothing is due.
    async fn deliver(&mut self) {
        while self.courier.round().await.unwrap().is_zero() {}
    }

    /// What was taken since the last call: event, check, subject.
    fn told(&self) -> Vec<String> {
        let told = std::mem::take(&mut *self.pager.told.lock().unwrap());
        let line = |(_, message): (String, Value)| {
            let word = |name: &str| message[name].as_str().unwrap().to_owned();
            format!(
                "{} {} {} {}",
                word("event"),
                word("severity"),
                word("check"),
                word("subject")
            )
        };
        told.into_iter().map(line).collect()
    }

    async fn rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM alert")
            .fetch_one(self.database.pool())
            .await
            .unwrap()
    }
}

async fn courier(database: &TestDatabase, destination: &Destination) -> Courier {
    // Under the role of the process, so that its rights suffice.
    let pool = store::connect(&database.url_as("trellis_reconciler"), 2)
        .await
        .unwrap();
    Courier::new(pool, destination.clone()).unwrap()
}

#[tokio::test]
async fn a_pager_that_is_down_for_days_is_told_everything_gravest_first() {
    let mut world = World::start().await;
    world.answer(503);
    world.raise(Check::Surplus, Severity::S3, "surplus").await;
    world.raise(Check::Rewards, Severity::S2, "deposit 7").await;
    let mut waited = Duration::ZERO;
    let mut rounds = 0;
    while waited < Duration::from_secs(3 * 86_400) {
        let wait = world.courier.round().await.unwrap();
        assert!(wait <= Duration::from_secs(30), "{wait:?}");
        waited += wait;
        rounds += 1;
        if rounds % 50 == 0 {
            // Simulated days: what the courier would wait is only added up.
            waited += Duration::from_secs(86_400);
        }
    }
    world.raise(Check::Balance, Severity::S1, "balance").await;
    world.resolve(Check::Balance, "balance").await;
    world.restart().await;
    world.courier.round().await.unwrap();
    let told = world.told();
    assert_eq!(
        told.last().unwrap(),
        "raised S1 R1 balance",
        "what is grave goes first"
    );

    world.answer(204);
    world.deliver().await;
    assert_eq!(
        world.told(),
        [
            "raised S1 R1 balance",
            "raised S2 R14 deposit 7",
            "raised S3 R1b surplus"
        ]
    );
    world.pass("3 minutes").await;
    world.deliver().await;
    assert_eq!(
        world.told(),
        ["resolved S1 R1 balance"],
        "its end was not forgotten"
    );
    world.deliver().await;
    assert!(world.told().is_empty());
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_comes_again_with_the_same_key_and_no_other_does() {
    let mut world = World::start().await;
    world.raise(Check::Balance, Severity::S1, "balance").await;
    // Taken, and the answer says otherwise: as when the connection breaks after it was read.
    world.answer(500);
    world.courier.round().await.unwrap();
    world.restart().await;
    world.courier.round().await.unwrap();
    world.answer(204);
    world.deliver().await;
    world.pass("2 hours").await;
    world.deliver().await;
    let told = std::mem::take(&mut *world.pager.told.lock().unwrap());
    let keys: Vec<&str> = told.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys[0] == keys[1] && keys[1] == keys[2], "{keys:?}");
    assert_ne!(keys[2], keys[3], "a reminder is another message");
    assert_eq!(told[3].1["event"], "reminded");
}

#[tokio::test]
async fn a_finding_that_flaps_is_one_alert() {
    let mut world = World::start().await;
    for _ in 0..200 {
        world.raise(Check::Balance, Severity::S1, "balance").await;
        world.deliver().await;
        world.resolve(Check::Balance, "balance").await;
        world.deliver().await;
        world.pass("1 minute").await;
        world.deliver().await;
    }
    let told = world.told();
    let reminders = told.iter().filter(|line| line.starts_with("reminded")).count();
    assert_eq!(told[0], "raised S1 R1 balance");
    // Two hundred minutes hold three hours, so three reminders at most.
    assert!(reminders <= 3 && told.len() == reminders + 1, "{told:?}");
    world.pass("3 minutes").await;
    world.deliver().await;
    assert_eq!(world.told(), ["resolved S1 R1 balance"]);
    assert_eq!(world.rows().await, 1);

    // The same behind a pager that is down: still one row, and two messages when it is back.
    world.answer(503);
    for _ in 0..50 {
        world.raise(Check::Totals, Severity::S1, "pushed").await;
        world.courier.round().await.unwrap();
        world.resolve(Check::Totals, "pushed").await;
        world.pass("10 minutes").await;
    }
    world.told();
    world.answer(204);
    world.deliver().await;
    world.pass("3 minutes").await;
    world.deliver().await;
    assert_eq!(world.told(), ["raised S1 R2 pushed", "resolved S1 R2 pushed"]);
    assert_eq!(world.rows().await, 2);
}

#[tokio::test]
async fn what_becomes_graver_is_told_again_and_what_comes_back_behind_its_end_too() {
    let mut world = World::start().await;
    world.raise(Check::Liabilities, Severity::S2, "root").await;
    world.deliver().await;
    world.raise(Check::Liabilities, Severity::S1, "root").await;
    world.deliver().await;
    world.raise(Check::Liabilities, Severity::S2, "root").await;
    world.deliver().await;
    assert_eq!(world.told(), ["raised S2 R19 root", "raised S1 R19 root"]);

    // Its end is on its way when it comes back.
    world.resolve(Check::Liabilities, "root").await;
    world.pass("3 minutes").await;
    let mut connection = world.database.connection().await;
    let due = alert::list_due(&mut connection, world.destination.timing)
        .await
        .unwrap();
    world.raise(Check::Liabilities, Severity::S2, "root").await;
    alert::update_delivered(&mut connection, &due[0]).await.unwrap();
    world.deliver().await;
    assert_eq!(world.told(), ["raised S2 R19 root"]);
}

#[tokio::test]
async fn one_message_that_is_rejected_does_not_hold_back_the_others() {
    let mut world = World::start().await;
    *world.pager.rejects.lock().unwrap() = Some("R1");
    world.raise(Check::Balance, Severity::S1, "balance").await;
    world.raise(Check::Surplus, Severity::S3, "surplus").await;
    world.courier.round().await.unwrap();
    assert_eq!(world.told(), ["raised S3 R1b surplus"]);
    *world.pager.rejects.lock().unwrap() = None;
    world.pass("1 second").await;
    world.deliver().await;
    assert_eq!(world.told(), ["raised S1 R1 balance"]);
}
