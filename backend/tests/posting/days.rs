//! Ends of days: each is sent once, in order, and not before a final block says so; and nothing of the chain passes the end of its
//! day on its way into the ledger.

mod killed;

use std::time::Duration;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use backend::lease_guard::LeaseGuard;
use backend::posting::{Step, Writer};
use backend::schedule::{self, Scheduler};
use money::Amount;
use plan::{Book, Cause, CompiledPlan, Day};
use sqlx::{Connection, PgConnection, Row};
use store::cause_json;
use store::chain_log::{self, StoredBlock};
use store::checkpoint::{self, Checkpoint};
use store::deployment::{self, Deployment};
use store::inbox::{self, BlockRef, ChainEntry, Command};
use store::lease::{self, LeaseName};
use store::posting::BATCH_FACTS_MAX;
use testkit::TestDatabase;

use crate::{TTL, claim, post_all, poster};

const SUBSCRIPTION: &str = include_str!("../../../plans/subscription.toml");

/// 2026-03-20 12:00 in UTC, a Friday.
const DEPLOYED_AT: u64 = 1_774_008_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// A ledger of a plan with days, and the chain as the listener has recorded it.
struct World {
    database: TestDatabase,
    plan: CompiledPlan,
    source: PgConnection,
    blocks: u64,
    entries: u64,
}

impl World {
    /// A contract that was deployed at [`DEPLOYED_AT`], whose plan's days are of this time zone. Nothing is final yet.
    async fn new(zone: &str) -> Self {
        let with_zone = format!("asset = \"USDT\"\ntime_zone = \"{zone}\"");
        Self::of(&SUBSCRIPTION.replacen("asset = \"USDT\"", &with_zone, 1)).await
    }

    async fn of(text: &str) -> Self {
        let plan = plan::compile(text).unwrap();
        let database = TestDatabase::new().await;
        let mut source = database.connection().await;
        let deployment = Deployment {
            chain_id: 31_337,
            contract: Address::repeat_byte(0xcc),
            contract_block: 1,
            contract_block_hash: hash_of(1),
            asset: plan.asset().code().into(),
            plan_hash: plan.hash(),
            plan_text: text.into(),
        };
        deployment::insert(&mut source, &deployment).await.unwrap();
        Self {
            database,
            plan,
            source,
            blocks: 0,
            entries: 0,
        }
    }

    /// The same, with the contract's block final.
    async fn begun(zone: &str) -> Self {
        let mut world = Self::new(zone).await;
        world.reaches(DEPLOYED_AT).await;
        world
    }

    /// A final block of this time with so many causes, recorded as the listener does: in one transaction.
    async fn happens(&mut self, at: u64, causes: usize) {
        self.blocks += 1;
        let block = BlockRef {
            number: self.blocks,
            hash: hash_of(self.blocks),
        };
        let entries: Vec<ChainEntry> = (self.entries + 1..)
            .take(causes)
            .map(|seq| ChainEntry {
                seq,
                block,
                transaction_hash: B256::repeat_byte(9),
                effective_at: at,
                cause: Cause::Funded {
                    from: Address::ZERO,
                    amount: Amount::new(u128::from(seq)),
                },
            })
            .collect();
        self.entries += entries.len() as u64;
        let mut transaction = self.source.begin().await.unwrap();
        if entries.is_empty() {
            let empty = StoredBlock {
                number: block.number,
                hash: block.hash,
                parent_hash: B256::ZERO,
                timestamp: at,
                seq_end: self.entries,
                root_end: FixedBytes::ZERO,
            };
            chain_log::insert_blocks(&mut transaction, &[empty])
                .await
                .unwrap();
            chain_log::finalize(&mut transaction, block.number - 1, block.number)
                .await
                .unwrap();
        } else {
            recorded::record(&mut transaction, &entries).await.unwrap();
        }
        let to = Checkpoint {
            head_number: block.number,
            head_hash: block.hash,
            final_number: block.number,
            final_hash: block.hash,
            final_timestamp: at,
            final_seq: self.entries,
            final_root: FixedBytes::ZERO,
        };
        match checkpoint::find(&mut transaction).await.unwrap() {
            Some(from) => checkpoint::update(&mut transaction, &from, &to).await.unwrap(),
            None => checkpoint::insert(&mut transaction, &to).await.unwrap(),
        }
        transaction.commit().await.unwrap();
    }

    /// A final block of this time, in which nothing happens.
    async fn reaches(&mut self, at: u64) {
        self.happens(at, 0).await;
    }

    /// A schedule that leads, under its own role.
    async fn scheduler(&self) -> Scheduler {
        let url = self.database.url_as("trellis_scheduler");
        let mut connection = schedule::connect(&url).await.unwrap();
        let lease = lease::claim(&mut connection, LeaseName::Schedule, "a test", TTL)
            .await
            .unwrap()
            .expect("nobody holds the lease");
        Scheduler::new(self.plan.clone(), LeaseGuard::new(connection, lease, TTL))
    }

    async fn writer(&self) -> (Writer, PgConnection) {
        let mut connection = poster(&self.database).await;
        let lease = claim(&mut connection, TTL).await;
        let empty = Book::new(self.plan.clone());
        let writer = Writer::rebuild(&mut connection, empty, lease, TTL).await.unwrap();
        (writer, connection)
    }

    /// The days in the inbox, in the order in which they came.
    async fn sent(&mut self) -> Vec<String> {
        let statement = "SELECT substr(natural_key, 5) FROM inbox WHERE source = 'schedule' ORDER BY id";
        let rows = sqlx::query(statement).fetch_all(&mut self.source).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The facts in their order: the date of a day, or else the amount, or the type.
    async fn facts(&mut self) -> Vec<String> {
        let statement = "SELECT CASE source WHEN 'schedule' THEN substr(natural_key, 5)
                ELSE coalesce(payload ->> 'amount', payload ->> 'report') END
            FROM fact JOIN inbox ON inbox.id = inbox_id ORDER BY seq";
        let rows = sqlx::query(statement).fetch_all(&mut self.source).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn hash_of(block: u64) -> B256 {
    B256::from(U256::from(block))
}

fn sent(days: u32, last: &str) -> schedule::Step {
    let last = Day::of_date(last).unwrap();
    schedule::Step::Sent { days, last }
}

const IDLE: schedule::Step = schedule::Step::Idle;

#[tokio::test]
async fn the_calendar_begins_with_the_day_before_the_contract_and_is_never_ahead_of_finality() {
    let mut world = World::new("UTC").await;
    let mut scheduler = world.scheduler().await;
    assert_eq!(scheduler.step().await.unwrap(), IDLE, "nothing is final");
    world.reaches(DEPLOYED_AT).await;
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"));
    let midnight = DEPLOYED_AT + 12 * HOUR;
    for (at, step) in [
        (midnight - 1, IDLE),
        (midnight, sent(1, "2026-03-20")),
        (midnight + 5, IDLE),
        (midnight + DAY - 1, IDLE),
        (midnight + DAY + 7, sent(1, "2026-03-21")),
    ] {
        world.reaches(at).await;
        assert_eq!(scheduler.step().await.unwrap(), step, "{at}");
        assert_eq!(scheduler.step().await.unwrap(), IDLE, "{at}");
    }
}

#[tokio::test]
async fn forty_days_are_made_up_for_in_their_order() {
    let mut world = World::begun("Asia/Kolkata").await;
    let mut scheduler = world.scheduler().await;
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"));
    // 12:00 in UTC is 17:30 in India.
    world.reaches(DEPLOYED_AT + 40 * DAY).await;
    let (mut writer, mut connection) = world.writer().await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 1);
    assert_eq!(scheduler.step().await.unwrap(), sent(31, "2026-04-19"));
    assert_eq!(post_all(&mut writer, &mut connection).await, 31);
    assert_eq!(scheduler.step().await.unwrap(), sent(9, "2026-04-28"));
    assert_eq!(scheduler.step().await.unwrap(), IDLE);
    assert_eq!(post_all(&mut writer, &mut connection).await, 9);
    let first = Day::of_date("2026-03-19").unwrap();
    let all: Vec<String> = (0..41).map(|days| first.plus(days).to_string()).collect();
    assert_eq!(world.sent().await, all);
    assert_eq!(world.facts().await, all);
    assert_eq!(writer.book().state().last_day(), Day::of_date("2026-04-28"));
    let snapshot = store::snapshot::read(&mut world.source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(world.plan.clone()), &snapshot), []);
}

#[tokio::test]
async fn days_have_the_hours_that_the_clock_of_their_place_gives_them() {
    for (zone, odd) in [
        // From 02:00 to 03:00, and back from 03:00.
        ("Europe/Berlin", [("2026-03-29", 23), ("2026-10-25", 25)]),
        // From 24:00 to 01:00 of the next day, and back from 24:00 to 23:00.
        ("Asia/Beirut", [("2026-03-29", 23), ("2026-10-24", 25)]),
        ("America/Santiago", [("2026-04-04", 25), ("2026-09-06", 23)]),
    ] {
        let mut world = World::begun(zone).await;
        let mut scheduler = world.scheduler().await;
        let mut found = Vec::new();
        assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"), "{zone}");
        let mut day = Day::of_date("2026-03-20").unwrap();
        let mut begun = world.plan.time_zone().end_of(day.previous());
        while day <= Day::of_date("2026-10-31").unwrap() {
            let ends_at = world.plan.time_zone().end_of(day);
            world.reaches(ends_at - 1).await;
            assert_eq!(scheduler.step().await.unwrap(), IDLE, "{zone} {day}");
            world.reaches(ends_at).await;
            let step = schedule::Step::Sent { days: 1, last: day };
            assert_eq!(scheduler.step().await.unwrap(), step, "{zone} {day}");
            let hours = (ends_at - begun) / HOUR;
            if hours != 24 {
                found.push((day.to_string(), hours));
            }
            (day, begun) = (day.next(), ends_at);
        }
        let odd: Vec<(String, u64)> = odd.map(|(day, hours)| (day.to_owned(), hours)).into();
        assert_eq!(found, odd, "{zone}");
    }
}

#[tokio::test]
async fn what_happens_after_a_day_waits_for_its_end_and_what_happened_before_goes_first() {
    let mut world = World::begun("UTC").await;
    let midnight = DEPLOYED_AT + 12 * HOUR;
    let (mut writer, mut connection) = world.writer().await;
    let mut scheduler = world.scheduler().await;
    // Before the calendar has begun, nothing of the chain is posted.
    world.happens(DEPLOYED_AT + 1, 1).await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 0);
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"));
    assert_eq!(post_all(&mut writer, &mut connection).await, 2);
    // A block of each side of midnight, while nobody sends the day.
    world.happens(midnight - 1, 1).await;
    world.happens(midnight, 2).await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 1);
    assert_eq!(world.facts().await, ["2026-03-19", "1", "2"]);
    assert_eq!(writer.tail().block.number, 3, "its block is whole");
    // Whatever comes behind waits, too, for it may be about what waits.
    command(&mut world.source, "1").await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 0);
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-20"));
    assert_eq!(post_all(&mut writer, &mut connection).await, 4);
    // The day is in sight before the worker looks: what belongs to it still goes first.
    world.happens(midnight + DAY - 1, 1).await;
    world.happens(midnight + DAY, 1).await;
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-21"));
    command(&mut world.source, "2").await;
    assert_eq!(post_all(&mut writer, &mut connection).await, 4);
    let expected = [
        "2026-03-19",
        "1",
        "2",
        "2026-03-20",
        "3",
        "4",
        "100",
        "5",
        "2026-03-21",
        "6",
        "100",
    ];
    assert_eq!(world.facts().await, expected);
    let snapshot = store::snapshot::read(&mut world.source).await.unwrap();
    assert_eq!(audit::verify(&Book::new(world.plan.clone()), &snapshot), []);
}

async fn command(connection: &mut PgConnection, key: &str) {
    let command = Command {
        actor: Address::ZERO,
        idempotency_key: key,
        effective_at: 5,
        cause: Cause::Reported(plan::Report::WithdrawalRequested {
            wallet: Address::ZERO,
            amount: Amount::new(100),
        }),
    };
    inbox::insert_command(connection, &command).await.unwrap();
}

#[tokio::test]
async fn more_than_a_batch_in_front_or_behind_changes_nothing() {
    let mut world = World::begun("UTC").await;
    let midnight = DEPLOYED_AT + 12 * HOUR;
    let many = BATCH_FACTS_MAX + 3;
    world.happens(midnight - 1, many).await;
    world.happens(midnight, many).await;
    let mut scheduler = world.scheduler().await;
    assert_eq!(scheduler.step().await.unwrap(), sent(2, "2026-03-20"));
    let (mut writer, mut connection) = world.writer().await;
    let mut batches = Vec::new();
    while let Step::Posted { facts, .. } = writer.step(&mut connection).await.unwrap() {
        batches.push(facts);
    }
    assert_eq!(batches, [1, BATCH_FACTS_MAX, 3, 1, BATCH_FACTS_MAX, 3]);
    let facts = world.facts().await;
    assert_eq!((&*facts[0], &*facts[1 + many]), ("2026-03-19", "2026-03-20"));
}

#[tokio::test]
async fn a_row_that_is_not_the_end_of_the_open_day_is_not_posted() {
    let mut world = World::begun("Asia/Kolkata").await;
    let mut scheduler = world.scheduler().await;
    let (mut writer, mut connection) = world.writer().await;
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"));
    assert_eq!(post_all(&mut writer, &mut connection).await, 1);
    // Another time than that of the plan's midnight, a later day, and a day that is over only by the row itself.
    let (open, ends_at) = (Day::of_date("2026-03-20").unwrap(), DEPLOYED_AT + 13 * HOUR / 2);
    assert_eq!(world.plan.time_zone().end_of(open), ends_at);
    for (day, at, reached) in [
        (open, ends_at + 1, ends_at + 1),
        (open.next(), ends_at + DAY, ends_at + DAY),
        (open, ends_at, ends_at - 1),
    ] {
        let mut transaction = world.source.begin().await.unwrap();
        store::schedule::insert_day(&mut transaction, day, at)
            .await
            .unwrap();
        let moved = "UPDATE checkpoint SET final_timestamp = $1";
        sqlx::query(moved)
            .bind(i64::try_from(reached).unwrap())
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(
            writer.step(&mut connection).await.unwrap(),
            Step::Idle,
            "{day} {at}"
        );
        let undone = "DELETE FROM inbox WHERE fact_seq IS NULL";
        sqlx::query(undone).execute(&mut world.source).await.unwrap();
    }
}

#[tokio::test]
async fn something_else_in_the_place_of_a_day_is_put_aside() {
    let mut world = World::begun("UTC").await;
    let mut scheduler = world.scheduler().await;
    let (mut writer, mut connection) = world.writer().await;
    assert_eq!(scheduler.step().await.unwrap(), sent(1, "2026-03-19"));
    assert_eq!(post_all(&mut writer, &mut connection).await, 1);
    let midnight = DEPLOYED_AT + 12 * HOUR;
    let day = Day::of_date("2026-03-21").unwrap();
    let other = cause_json::write(&Cause::Reported(plan::Report::DayEnded { day }));
    let smuggled = "INSERT INTO inbox (source, natural_key, payload, fingerprint, effective_at)
        VALUES ('schedule', 'day:2026-03-20', $1::text::jsonb, $2, $3)";
    sqlx::query(smuggled)
        .bind(other.text)
        .bind(other.fingerprint.as_slice())
        .bind(i64::try_from(midnight).unwrap())
        .execute(&mut world.source)
        .await
        .unwrap();
    world.happens(midnight, 1).await;
    let put_aside = Step::SetAside { commands: 1 };
    assert_eq!(writer.step(&mut connection).await.unwrap(), put_aside);
    assert_eq!(writer.step(&mut connection).await.unwrap(), Step::Idle);
    assert_eq!(world.facts().await, ["2026-03-19"]);
}

/// As long as anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
