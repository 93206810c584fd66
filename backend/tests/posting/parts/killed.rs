//! A real maturity of more than one fact: the process is killed at each of its boundaries, and goes on where it stopped.

use alloy_primitives::{B256, U256};
use devstack::free_port;
use devstack::services::{Ready, Service, ServiceSpec};
use money::Amount;
use plan::{Book, Cause, FACT_LEGS_MAX, Intake};
use sqlx::{Connection, PgConnection, Row};
use tempfile::TempDir;
use testkit::{TestDatabase, wait_for};

use crate::running::{PATIENCE, deployed};
use crate::{compiled, entry, wallet};

/// More than one fact may mature.
const USERS: u64 = FACT_LEGS_MAX as u64 + 60;

/// Registrations that mature together. Each user is the sponsor of the next one, so that each gets something.
pub(super) fn causes(users: u64) -> Vec<Cause> {
    let plan = compiled();
    let price = plan.registration_price();
    let registered = (1..=users).map(|user| {
        Cause::Registered(Intake {
            deposit_ref: B256::from(U256::from(user)),
            wallet: wallet(user),
            sponsor: (user > 1).then(|| wallet(user - 1)),
            amount: price,
            refundable_until: 20 * 86_400,
            plan_hash: plan.hash(),
            disclosure_hash: B256::ZERO,
        })
    });
    let matured = Cause::EscrowMatured {
        through_day: 20,
        amount: Amount::new(price.base_units() * u128::from(users)),
    };
    registered.chain([matured, Cause::Noted]).collect()
}

async fn record(connection: &mut PgConnection, first_seq: u64, causes: &[Cause]) {
    let entries: Vec<_> = causes
        .iter()
        .zip(first_seq..)
        .map(|(cause, seq)| entry(seq, cause.clone()))
        .collect();
    let mut transaction = connection.begin().await.unwrap();
    recorded::record(&mut transaction, &entries).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn process(database: &TestDatabase, files: &TempDir) -> Service {
    let port = free_port().unwrap();
    let service = Service::start(ServiceSpec {
        name: format!("work-{port}"),
        program: env!("CARGO_BIN_EXE_backend").to_owned(),
        arguments: vec!["work".to_owned()],
        environment: vec![
            (
                "TRELLIS_DATABASE_URL".to_owned(),
                database.url_as("trellis_poster"),
            ),
            ("TRELLIS_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
            ("TRELLIS_LEASE_TTL_MS".to_owned(), "500".to_owned()),
        ],
        ready: Ready::Url(format!("http://127.0.0.1:{port}/health/ready")),
        logs: files.path().to_path_buf(),
        pids: files.path().to_path_buf(),
    });
    service.await.unwrap()
}

/// Facts, and whether one of them is posted only in part.
async fn standing(connection: &mut PgConnection) -> (i64, bool) {
    let statement = "SELECT (SELECT count(*) FROM fact), EXISTS (SELECT FROM open_fact)";
    let row = sqlx::query(statement).fetch_one(connection).await.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_maturity_of_several_facts_goes_on_wherever_the_process_is_killed() {
    let database = deployed().await;
    let mut source = database.connection().await;
    let files = tempfile::tempdir().unwrap();
    let causes = causes(USERS);
    let (registered, matured) = causes.split_at(causes.len() - 2);
    let count = i64::try_from(registered.len()).unwrap();
    record(&mut source, 1, registered).await;
    let mut service = process(&database, &files).await;
    wait_for("the registrations", PATIENCE, async || {
        (standing(&mut source).await.0 == count).then_some(())
    })
    .await;
    // What matures waits, and each start reaches one boundary: twice before the first part is there, then behind it.
    service.kill().unwrap();
    record(&mut source, 1 + registered.len() as u64, matured).await;
    for (point, is_amid) in [
        ("posting.after_apply", false),
        ("posting.before_commit", false),
        ("posting.after_commit", true),
        ("posting.after_apply", true),
        ("posting.before_commit", true),
        ("posting.after_commit", false),
    ] {
        service.restart_with_fault(point).unwrap();
        let status = service.wait_until_ended(PATIENCE).await.unwrap();
        assert!(!status.success(), "{point} was not reached");
        assert_eq!(standing(&mut source).await.1, is_amid, "{point}");
    }
    service.restart().await.unwrap();
    let everything = "SELECT count(*) FROM inbox WHERE fact_seq IS NULL";
    wait_for("everything to be posted", PATIENCE, async || {
        let waiting: i64 = sqlx::query_scalar(everything)
            .fetch_one(&mut source)
            .await
            .unwrap();
        (waiting == 0).then_some(())
    })
    .await;
    service.stop().unwrap();
    let snapshot = store::snapshot::read(&mut source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(compiled()), &snapshot), []);
    let largest = "SELECT max(leg) < 10000, count(*) > 10000 FROM transfer WHERE fact_seq > $1";
    let row = sqlx::query(largest)
        .bind(count)
        .fetch_one(&mut source)
        .await
        .unwrap();
    assert!(row.get::<bool, _>(0) && row.get::<bool, _>(1));
    let (facts, _) = standing(&mut source).await;
    assert!(facts > count + 2, "{facts}");
}
