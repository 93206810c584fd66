//! Ledgers that an earlier release wrote are read as before: opened, verified and continued. `stored/README.md` says how they were
//! written and what to do when a test here fails.

use std::collections::BTreeSet;
use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use money::Amount;
use plan::{
    Book, Cause, CompiledPlan, Day, Intake, Outcome, PayoutOutcome, Report, RequestedPayout, SettledPayout,
};
use sqlx::{AssertSqlSafe, PgConnection, Row};
use store::{deployment, quarantine};
use testkit::TestDatabase;

use crate::running::Running;
use crate::settlement::ask;
use crate::{TTL, Writer, claim, post_all, poster, receive, wallet};

const DEADLINE: Duration = Duration::from_secs(30);
const DAY_SECONDS: u64 = 86_400;

const TABLES: &str = include_str!("stored/tables.dump");
const MIGRATIONS: &str = include_str!("stored/migrations.dump");
const CONSTRAINTS: &str = include_str!("stored/constraints.dump");
const AUTO_POOL: &str = include_str!("stored/auto-pool.dump");

/// Every kind of cause and of report; the ledger of the pools contains all of them.
const CAUSES: [&str; 33] = [
    "batch_cancelled",
    "batch_released",
    "batch_requested",
    "batch_settled",
    "claimed",
    "corrected",
    "credit_withdrawn",
    "escrow_matured",
    "funded",
    "leaves_settled",
    "noted",
    "refunded",
    "registered",
    "reported conversion_reported",
    "reported conversion_reversed",
    "reported day_ended",
    "reported fund_allocated",
    "reported order_placed",
    "reported order_refunded",
    "reported period_finalized",
    "reported period_released",
    "reported plan_changed",
    "reported side_chosen",
    "reported tax_id_recorded",
    "reported user_verified",
    "reported withdrawal_requested",
    "reserve_chosen",
    "retopped_up",
    "root_published",
    "root_vetoed",
    "treasury_paid",
    "user_frozen",
    "user_unfrozen",
];

/// The effects of components that the ledgers contain.
const EFFECTS: [&str; 26] = [
    "achieved",
    "achievement_lost",
    "activated",
    "bonus_granted",
    "conversion_recorded",
    "conversion_reversed",
    "day_ended",
    "deactivated",
    "fund_short",
    "not_granted",
    "order_placed",
    "order_refunded",
    "pair_matched",
    "pairs_closed",
    "period_moved",
    "plan_changed",
    "rank_paid_as",
    "rank_reached",
    "reward_granted",
    "reward_released",
    "reward_reversed",
    "side_placed",
    "subscription_bought",
    "subscription_ended",
    "withdrawn",
    "withheld",
];

/// A ledger of a plan with components, and the version of the plan that can follow the one in the database.
struct Composed {
    ledger: &'static str,
    next_version: &'static str,
}

const COMPOSED: [Composed; 4] = [
    Composed {
        ledger: include_str!("stored/subscription.dump"),
        next_version: include_str!("stored/subscription-2.toml"),
    },
    Composed {
        ledger: include_str!("stored/binary.dump"),
        next_version: include_str!("stored/binary-2.toml"),
    },
    Composed {
        ledger: include_str!("stored/orders.dump"),
        next_version: include_str!("stored/orders-2.toml"),
    },
    Composed {
        ledger: include_str!("stored/campaign.dump"),
        next_version: include_str!("stored/campaign-2.toml"),
    },
];

async fn restored(ledger: &str) -> TestDatabase {
    TestDatabase::restored(&[TABLES, MIGRATIONS, ledger, CONSTRAINTS]).await
}

/// The book after every fact; what is stored follows from the facts.
async fn verified(source: &mut PgConnection, empty: &Book) -> Book {
    let snapshot = store::snapshot::read(source).await.unwrap();
    assert_eq!(audit::verify(empty, &snapshot), []);
    let (mut book, mut outcome) = (empty.clone(), Outcome::default());
    for fact in &snapshot.facts {
        book.apply(&fact.cause, &mut outcome);
    }
    book
}

async fn texts(source: &mut PgConnection, statement: &str) -> BTreeSet<String> {
    let rows = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
    rows.fetch_all(source).await.unwrap().into_iter().collect()
}

/// The number of the next journal entry.
async fn next_seq(source: &mut PgConnection) -> u64 {
    let last = sqlx::query_scalar("SELECT max(chain_seq) FROM inbox");
    let last: i64 = last.fetch_one(source).await.unwrap();
    u64::try_from(last).unwrap() + 1
}

/// A payment that the ledger does not contain yet.
fn intake(
    number: u64,
    user: u64,
    sponsor: Option<u64>,
    amount: Amount,
    plan: &CompiledPlan,
    day: u64,
) -> Intake {
    Intake {
        deposit_ref: B256::from(U256::from(1_000_000 + number)),
        wallet: wallet(user),
        sponsor: sponsor.map(wallet),
        amount,
        refundable_until: day * DAY_SECONDS,
        plan_hash: plan.hash(),
        disclosure_hash: B256::ZERO,
    }
}

/// The day through which everything held matures, and the sum of it.
async fn held(source: &mut PgConnection) -> (u64, Amount) {
    let statement = "SELECT max(refundable_until), sum(amount)::text FROM deposit WHERE state = 'held'";
    let row = sqlx::query(statement).fetch_one(source).await.unwrap();
    let until = u64::try_from(row.get::<i64, _>(0)).unwrap();
    (
        until.div_ceil(DAY_SECONDS),
        row.get::<String, _>(1).parse().unwrap(),
    )
}

async fn all_matured(source: &mut PgConnection) -> Cause {
    let (day, amount) = held(source).await;
    Cause::EscrowMatured {
        through_day: u32::try_from(day).unwrap(),
        amount,
    }
}

/// The chain executes every batch that holds money.
async fn executed(source: &mut PgConnection) -> Vec<Cause> {
    let statement = "SELECT batch_id, wallet, held::text FROM payout JOIN users ON users.id = user_id
        WHERE state = 'held' ORDER BY batch_id, user_id";
    let rows = sqlx::query(statement).fetch_all(source).await.unwrap();
    let lines: Vec<(B256, SettledPayout)> = rows
        .iter()
        .map(|row| {
            let line = SettledPayout {
                wallet: Address::from_slice(row.get(1)),
                outcome: PayoutOutcome::Executed(row.get::<&str, _>(2).parse().unwrap()),
            };
            (B256::from_slice(row.get(0)), line)
        })
        .collect();
    let batches = lines.chunk_by(|(left, _), (right, _)| left == right);
    let settled = |batch: &[(B256, SettledPayout)]| Cause::BatchSettled {
        batch_id: batch[0].0,
        manifest_hash: B256::ZERO,
        payouts: batch.iter().map(|(_, line)| *line).collect(),
    };
    batches.map(settled).collect()
}

/// What the chain reports next: users whom an old one sponsors, a retopup, a refund.
fn arrivals(plan: &CompiledPlan, day: u64) -> [Cause; 5] {
    let price = plan.registration_price();
    [
        Cause::Registered(intake(1, 1_001, Some(1), price, plan, day)),
        Cause::Registered(intake(2, 1_002, Some(1_001), price, plan, day)),
        Cause::RetoppedUp(intake(3, 1_001, None, plan.retopup_price(), plan, day)),
        Cause::Registered(intake(4, 1_003, Some(1_001), price, plan, day)),
        Cause::Refunded {
            deposit_ref: B256::from(U256::from(1_000_004)),
            wallet: wallet(1_003),
            to: wallet(1_003),
            amount: price,
        },
    ]
}

/// A writer starts from stored memory and from all facts with the same book.
async fn assert_started(database: &TestDatabase, empty: &Book, replayed: &Book) {
    let mut connection = poster(database).await;
    let lease = claim(&mut connection, TTL).await;
    let writer = Writer::rebuild(&mut connection, empty.clone(), lease, TTL).await;
    let writer = writer.unwrap();
    assert!(writer.kept_through() > 0, "the stored snapshots are not used");
    assert!(writer.book().state() == replayed.state());
    store::lease::release(&mut connection, lease).await.unwrap();
}

#[tokio::test]
async fn a_ledger_of_an_earlier_release_is_opened_verified_and_continued() {
    let database = restored(AUTO_POOL).await;
    let mut source = database.connection().await;
    let deployed = deployment::find(&mut source).await.unwrap().unwrap();
    let plan = deployed.served_plan().unwrap();
    let empty = Book::new(plan.clone());
    let posted = "SELECT DISTINCT concat_ws(' ', payload ->> 'type', payload ->> 'report') FROM inbox
        WHERE fact_seq IS NOT NULL";
    assert_eq!(texts(&mut source, posted).await, CAUSES.map(str::to_owned).into());
    let replayed = verified(&mut source, &empty).await;
    assert_started(&database, &empty, &replayed).await;

    let waiting = "SELECT id::text FROM inbox WHERE fact_seq IS NULL AND NOT quarantined";
    assert_eq!(texts(&mut source, waiting).await.len(), 12);
    let quarantined = quarantine::list(&mut source, 100).await.unwrap();
    assert_eq!(quarantined.len(), 12);
    let mut worker = Running::start(database.url_as("trellis_poster"), DEADLINE);
    worker.posts_everything(database.pool()).await;
    verified(&mut source, &empty).await;

    let (day, _) = held(&mut source).await;
    let seq = next_seq(&mut source).await;
    let seq = receive(&mut source, seq, &arrivals(&plan, day)).await;
    worker.posts_everything(database.pool()).await;
    let matured = all_matured(&mut source).await;
    let seq = receive(&mut source, seq, &[matured]).await;
    worker.posts_everything(database.pool()).await;
    let book = verified(&mut source, &empty).await;
    let user = book.user_of(wallet(1_001)).unwrap();
    let amount = book.state().payments(user).available;
    assert!(!amount.is_zero());

    let wallet = wallet(1_001);
    let requested = [Cause::BatchRequested {
        batch_id: B256::repeat_byte(0xba),
        payouts: vec![RequestedPayout { wallet, amount }],
    }];
    ask(&mut source, &requested).await;
    let seq = receive(&mut source, seq, &requested).await;
    worker.posts_everything(database.pool()).await;
    let settled = executed(&mut source).await;
    assert!(settled.len() > 1, "old batches are settled as well");
    receive(&mut source, seq, &settled).await;
    worker.posts_everything(database.pool()).await;
    worker.stop().await;
    let book = verified(&mut source, &empty).await;
    assert_eq!(book.state().payments(user).paid, amount);
    assert_eq!(executed(&mut source).await, []);
    assert_eq!(
        quarantine::list(&mut source, 100).await.unwrap().len(),
        quarantined.len()
    );
}

/// Days that end after the last one that did.
async fn next_days(source: &mut PgConnection, count: u32) -> Vec<Cause> {
    let statement =
        "SELECT max((payload ->> 'day')::integer) FROM inbox WHERE payload ->> 'report' = 'day_ended'";
    let last: i32 = sqlx::query_scalar(statement).fetch_one(source).await.unwrap();
    let last = u32::try_from(last).unwrap();
    (last + 1..=last + count)
        .map(|day| Cause::Reported(Report::DayEnded { day: Day::new(day) }))
        .collect()
}

#[tokio::test]
async fn ledgers_with_components_of_an_earlier_release_are_opened_verified_and_continued() {
    let mut effects = BTreeSet::new();
    for Composed { ledger, next_version } in COMPOSED {
        let database = restored(ledger).await;
        let mut source = database.connection().await;
        let deployed = deployment::find(&mut source).await.unwrap().unwrap();
        let plan = deployed.compile_plan().unwrap();
        let versions = vec![plan.clone(), plan::compile(next_version).unwrap()];
        let empty = Book::new(plan.clone()).with_versions(versions);
        let replayed = verified(&mut source, &empty).await;
        effects.extend(texts(&mut source, "SELECT kind FROM component_effect").await);

        let mut connection = poster(&database).await;
        let lease = claim(&mut connection, TTL).await;
        let writer = Writer::rebuild(&mut connection, empty.clone(), lease, TTL).await;
        let mut writer = writer.unwrap();
        assert!(writer.book().state() == replayed.state());

        let mut causes = next_days(&mut source, 40).await;
        let day = 30_000;
        let plan = replayed.plan();
        causes.extend([
            Cause::Registered(intake(1, 1_001, Some(1), plan.registration_price(), plan, day)),
            Cause::RetoppedUp(intake(2, 1_001, None, plan.retopup_price(), plan, day)),
        ]);
        let seq = next_seq(&mut source).await;
        let seq = receive(&mut source, seq, &causes).await;
        assert_eq!(post_all(&mut writer, &mut connection).await, causes.len());
        let causes = [all_matured(&mut source).await];
        receive(&mut source, seq, &causes).await;
        assert_eq!(post_all(&mut writer, &mut connection).await, 1);
        let book = verified(&mut source, &empty).await;
        assert!(book.user_of(wallet(1_001)).is_some());
    }
    assert_eq!(effects.iter().map(String::as_str).collect::<Vec<_>>(), EFFECTS);
}
