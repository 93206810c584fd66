//! Rewards per second through inbox, the worker's own step and a PostgreSQL that keeps what it commits.
//!
//! A reward is a transfer that reaches an account of a user. The history is posted as the worker posts it, behind a warm-up,
//! and what the database holds afterwards is checked.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the workload has few of the causes and effects"
)]

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use backend::posting::{Step, Writer, writer};
use devstack::postgres::{Postgres, connect};
use plan::workload::{Workload, cause};
use plan::{Book, Cause, CompiledPlan};
use sqlx::{Connection, PgConnection, Row};
use store::inbox::{self, BlockRef, ChainEntry, Command};
use store::lease::{self, LeaseName};

use crate::measurement::Measurement;
use crate::server::{durable, empty_database};

/// The shipped plan; pools without limit, so that they matter as long as the run goes.
const PLAN: &str = include_str!("../../plans/auto-pool.toml");
const SEED: u64 = 20_260_101;
/// Facts before the clocks start: everyone has uplines then.
const WARM_UP_FACTS: usize = 10_000;
/// Facts of the measured run.
const FACTS: usize = 60_000;
const TTL: Duration = Duration::from_secs(600);

/// What a run did.
struct Run {
    rewards_per_second: f64,
    facts: usize,
    rewards: i64,
    seconds: f64,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut server = durable().await?;
    let plan = plan::compile(&PLAN.replace("trees_max = 15", ""))?;
    let history: Vec<Cause> = Workload::new(&plan, SEED)
        .take(WARM_UP_FACTS + FACTS)
        .map(|fact| cause(&plan, &fact).context("a fact that is no cause"))
        .collect::<Result<_, _>>()?;
    let batches = post_batches(&server, &plan, &history).await?;
    server.stop()?;
    Measurement::new("posting.rewards", batches.rewards_per_second, "rewards/s", format!(
            "{} rewards of {} facts in {:.2} s after {WARM_UP_FACTS} facts of warm-up, synchronous_commit and \
             fsync on; debits equal credits, custody equals what was paid in, incomes equal the rewards paid, \
             every cause is a fact, the hash chain's end follows from the facts",
            batches.rewards,
            batches.facts,
            batches.seconds,
        )).print();
    Ok(())
}

/// A new database with the history in its inbox; returns its URL.
async fn database(server: &Postgres, name: &str, history: &[Cause]) -> anyhow::Result<String> {
    let url = empty_database(server, name).await?;
    let mut connection = connect(&url).await?;
    store::migrate(&mut connection).await?;
    let mut seq = 0;
    for (number, part) in history.chunks(100).enumerate() {
        let block = BlockRef {
            number: number as u64 + 1,
            hash: alloy_primitives::B256::from(alloy_primitives::U256::from(number)),
        };
        receive(&mut connection, &mut seq, block, part).await?;
    }
    for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
        sqlx::raw_sql(statement).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(url)
}

async fn receive(
    connection: &mut PgConnection,
    seq: &mut u64,
    block: BlockRef,
    causes: &[Cause],
) -> anyhow::Result<()> {
    let mut transaction = connection.begin().await?;
    let mut entries = Vec::new();
    for cause in causes.iter().filter(|cause| !is_command(cause)) {
        *seq += 1;
        entries.push(ChainEntry {
            seq: *seq,
            block,
            transaction_hash: block.hash,
            effective_at: block.number,
            cause: cause.clone(),
        });
    }
    recorded::record(&mut transaction, &entries).await?;
    for (number, cause) in causes.iter().enumerate().filter(|(_, cause)| is_command(cause)) {
        let command = Command {
            actor: alloy_primitives::Address::ZERO,
            idempotency_key: &format!("{}-{number}", block.number),
            effective_at: block.number,
            cause: cause.clone(),
        };
        inbox::insert_command(&mut transaction, &command).await?;
    }
    transaction.commit().await?;
    Ok(())
}

fn is_command(cause: &Cause) -> bool {
    matches!(cause, Cause::ReserveChosen { .. })
}

async fn start_writer(connection: &mut PgConnection, plan: &CompiledPlan) -> anyhow::Result<Writer> {
    let lease = lease::claim(connection, LeaseName::Posting, "bench", TTL)
        .await?
        .context("the lease of a new database is free")?;
    Ok(Writer::rebuild(connection, Book::new(plan.clone()), lease, TTL).await?)
}

async fn post_batches(server: &Postgres, plan: &CompiledPlan, history: &[Cause]) -> anyhow::Result<Run> {
    let url = database(server, "posting_batches", history).await?;
    let mut connection = writer::connect(&url).await?;
    let mut writer = start_writer(&mut connection, plan).await?;
    while writer.tail().fact_seq < WARM_UP_FACTS as u64 {
        ensure!(
            writer.step(&mut connection).await? != Step::Idle,
            "the warm-up ends early"
        );
    }
    let first = writer.tail().fact_seq;
    let start = Instant::now();
    while writer.step(&mut connection).await? != Step::Idle {}
    let elapsed = start.elapsed();
    let run = checked(&mut connection, first, history, elapsed).await?;
    // Replays every fact, and refuses a last batch with another hash.
    Writer::rebuild(
        &mut connection,
        Book::new(plan.clone()),
        lease::Lease {
            name: LeaseName::Posting,
            epoch: 1,
        },
        TTL,
    )
    .await?;
    Ok(run)
}

/// What a run posted after fact `first`, if the books are right.
async fn checked(
    connection: &mut PgConnection,
    first: u64,
    history: &[Cause],
    elapsed: Duration,
) -> anyhow::Result<Run> {
    let first = i64::try_from(first)?;
    let figures = sqlx::query(
        "SELECT (SELECT sum(debits_posted) = sum(credits_posted) FROM balance),
             (SELECT (b.debits_posted - b.credits_posted)::text
              FROM balance b JOIN account a ON a.id = b.account_id WHERE a.kind = 'custody'),
             (SELECT sum(direct + pool_layer + generation) FROM user_income)
                 = (SELECT sum(amount) FROM reward WHERE withheld IS NULL),
             (SELECT count(*) FROM inbox WHERE fact_seq IS NULL),
             (SELECT count(*) FROM fact),
             (SELECT count(*) FROM transfer t JOIN account a ON a.id = t.credit_id
              WHERE a.user_id IS NOT NULL AND t.fact_seq > $1),
             (SELECT sum(debits_posted) = (SELECT sum(amount) FROM transfer) FROM balance)",
    )
    .bind(first)
    .fetch_one(connection)
    .await?;
    let paid_in: u128 = history
        .iter()
        .map(|cause| match cause {
            Cause::Registered(intake) | Cause::RetoppedUp(intake) => intake.amount.base_units(),
            _ => 0,
        })
        .sum();
    ensure!(figures.get::<bool, _>(0), "debits and credits differ");
    ensure!(
        figures.get::<String, _>(1) == paid_in.to_string(),
        "custody is not what was paid in"
    );
    ensure!(figures.get::<bool, _>(2), "incomes are not the rewards paid");
    ensure!(figures.get::<i64, _>(3) == 0, "causes still wait");
    ensure!(
        usize::try_from(figures.get::<i64, _>(4))? == history.len(),
        "facts are missing"
    );
    ensure!(figures.get::<bool, _>(6), "balances are not the sum of transfers");
    let rewards: i64 = figures.get(5);
    let seconds = elapsed.as_secs_f64();
    Ok(Run {
        rewards_per_second: rewards as f64 / seconds,
        facts: history.len() - usize::try_from(first)?,
        rewards,
        seconds,
    })
}
