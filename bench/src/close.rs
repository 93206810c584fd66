//! Closes over all users: an end of a day on which every subscription accrues, a week of ranks, and a commission period with its
//! release, each from the cause to the last committed row, in facts of bounded size.
//!
//! The ledger is generated, then the posting worker's own steps are measured against a PostgreSQL that keeps what it commits.
//! What was granted is compared with closed formulas of the same tree, and every balance with its transfers.

mod history;

use std::time::Instant;

use anyhow::{Context, ensure};
use backend::posting::{Step, Writer, writer};
use devstack::postgres::{Postgres, connect};
use history::{History, Shape};
use plan::{Book, Cause, CompiledPlan, Day, Report};
use sqlx::PgConnection;
use store::deployment::Deployment;
use store::inbox::{self, Command};
use store::lease::{self, LeaseName};
use store::schedule;

use crate::measurement::Measurement;
use crate::memory::{peak, reset_peak};
use crate::server::{durable, empty_database};

const SUBSCRIPTION: &str = include_str!("../../plans/subscription.toml");
const ORDERS: &str = include_str!("../../plans/unilevel-orders.toml");
const LEASE: std::time::Duration = std::time::Duration::from_secs(3_600);
/// What the design allows for each of them with a million users.
const SECONDS_MAX: f64 = 60.0;

/// A ledger in a database of its own, and its worker.
struct Ledger {
    shape: Shape,
    source: PgConnection,
    poster: PgConnection,
    writer: Writer,
}

/// What a close did.
struct Closed {
    seconds: f64,
    facts: usize,
    transfers: usize,
    /// Of each user, above what the state needed before.
    bytes_per_user: f64,
}

pub(crate) async fn run(users: u32) -> anyhow::Result<()> {
    let mut server = durable().await?;
    let measured = async {
        subscriptions(&server, users).await?;
        orders(&server, users).await
    };
    let measured = measured.await;
    server.stop()?;
    measured
}

/// A Friday on which all accrue, and the Sunday that closes a week of ranks.
async fn subscriptions(server: &Postgres, users: u32) -> anyhow::Result<()> {
    let text = without(&without(SUBSCRIPTION, "[generation]"), "[bonus]");
    let mut ledger = Ledger::make(server, "close_subscriptions", &text, Shape::subscriptions(users)).await?;
    let friday = ledger.day_ends("2026-04-03").await?;
    let accrued = ledger.shape.accrued();
    let (rows, sum) = ledger
        .sum("SELECT count(*), sum(amount)::text FROM accrual")
        .await?;
    ensure!(
        (rows, sum) == accrued,
        "{rows} accruals of {sum}, not {accrued:?}"
    );
    let off = "SELECT count(*), '0' FROM account AS a JOIN balance AS b ON b.account_id = a.id
               WHERE a.kind = 'wallet' AND (b.credits_posted, b.debits_posted) = (200000, 0)";
    ensure!(
        ledger.sum(off).await?.0 == i64::from(users),
        "a wallet has another balance"
    );
    ledger.balances_are_their_transfers().await?;
    friday.print(
        "close.day",
        users,
        "every subscription accrued exactly once, every wallet has it",
    );
    ledger.day_ends("2026-04-04").await?;
    let sunday = ledger.day_ends("2026-04-05").await?;
    let ranked = "SELECT count(*), '0' FROM component_effect WHERE kind = 'rank_reached'";
    let (found, wanted) = (ledger.sum(ranked).await?.0, ledger.shape.ranks_reached());
    ensure!(found == wanted, "{found} ranks were reached, not {wanted}");
    ledger.balances_are_their_transfers().await?;
    sunday.print(
        "close.ranks",
        users,
        &format!("{wanted} ranks were reached, as the sizes of both legs say"),
    );
    Ok(())
}

/// A month of orders with five generations of commissions: computed, then released.
async fn orders(server: &Postgres, users: u32) -> anyhow::Result<()> {
    let text = without(ORDERS, "[ranks]")
        .replace("customers_min = 2\n", "")
        .replace("retail_share_min_bps = 3333\n", "")
        .replace("retail_rule = \"scale\"\n", "");
    let mut ledger = Ledger::make(server, "close_orders", &text, Shape::orders(users)).await?;
    let period = {
        let orders = ledger
            .writer
            .book()
            .plan()
            .orders()
            .context("the plan has orders")?;
        orders.period_of(day("2026-03-16")?).get()
    };
    let finalized = ledger.commanded(Report::PeriodFinalized { period }).await?;
    let granted = "SELECT count(*), sum(amount)::text FROM component_effect WHERE kind = 'reward_granted'";
    let (found, wanted) = (ledger.sum(granted).await?, ledger.shape.commissions());
    ensure!(found == wanted, "{found:?} commissions, not {wanted:?}");
    ledger.balances_are_their_transfers().await?;
    finalized.print(
        "close.period",
        users,
        &format!("{} commissions, as the depths of the tree say", wanted.0),
    );
    ledger.commanded(Report::PeriodReleased { period }).await?;
    for date in ["2026-04-03", "2026-04-04", "2026-04-05"] {
        ledger.day_ends(date).await?;
    }
    let released = ledger.all_released().await?;
    ledger.balances_are_their_transfers().await?;
    released.print(
        "close.release",
        users,
        "every commission went from its deferred account to the user",
    );
    Ok(())
}

impl Ledger {
    async fn make(server: &Postgres, name: &str, text: &str, shape: Shape) -> anyhow::Result<Self> {
        let plan = plan::compile(text)?;
        let url = empty_database(server, name).await?;
        let begun = Instant::now();
        let mut source = connect(&url).await?;
        fill(&mut source, &plan, text, shape).await?;
        let seconds = begun.elapsed().as_secs_f64();
        Measurement::new(
            "close.fill",
            seconds,
            "s",
            format!("{name}: the ledger before the close"),
        )
        .print();
        let mut poster = writer::connect(&url).await?;
        let lease = lease::claim(&mut poster, LeaseName::Posting, "bench", LEASE)
            .await?
            .context("somebody posts into this database")?;
        let writer = Writer::rebuild(&mut poster, Book::new(plan), lease, LEASE).await?;
        Ok(Self {
            shape,
            source,
            poster,
            writer,
        })
    }

    async fn day_ends(&mut self, date: &str) -> anyhow::Result<Closed> {
        let day = day(date)?;
        let ends_at = self.writer.book().plan().time_zone().end_of(day);
        sqlx::query("UPDATE checkpoint SET final_timestamp = $1")
            .bind(i64::try_from(ends_at)?)
            .execute(&mut self.source)
            .await?;
        let mut transaction = sqlx::Connection::begin(&mut self.source).await?;
        schedule::insert_day(&mut transaction, day, ends_at).await?;
        transaction.commit().await?;
        self.close().await
    }

    async fn commanded(&mut self, report: Report) -> anyhow::Result<Closed> {
        let command = Command {
            actor: alloy_primitives::Address::ZERO,
            idempotency_key: &format!("{report:?}"),
            effective_at: history::TIME,
            cause: Cause::Reported(report),
        };
        inbox::insert_command(&mut self.source, &command).await?;
        self.close().await
    }

    /// The day on which the commissions are let go.
    async fn all_released(&mut self) -> anyhow::Result<Closed> {
        let (commissions, _) = self.shape.commissions();
        let released = "SELECT count(*), '0' FROM component_effect WHERE kind = 'reward_released'";
        for _ in 0..60 {
            let last = self
                .writer
                .book()
                .state()
                .last_day()
                .context("no day has ended")?;
            let closed = self.day_ends(&last.next().to_string()).await?;
            let count = self.sum(released).await?.0;
            ensure!(
                count == 0 || count == commissions,
                "{count} of {commissions} are released"
            );
            if count == commissions {
                return Ok(closed);
            }
        }
        anyhow::bail!("the commissions are never released")
    }

    /// Posts until nothing is left.
    async fn close(&mut self) -> anyhow::Result<Closed> {
        let before = reset_peak()?;
        let begun = Instant::now();
        let (mut facts, mut transfers) = (0, 0);
        loop {
            match self.writer.step(&mut self.poster).await? {
                Step::Posted {
                    facts: some,
                    transfers: moved,
                } => {
                    facts += some;
                    transfers += moved;
                }
                Step::SetAside { commands } => anyhow::bail!("{commands} commands were set aside"),
                Step::Idle => break,
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        let bytes = peak()?.saturating_sub(before) * 1024;
        let largest = "SELECT max(leg)::bigint, '0' FROM transfer";
        ensure!(
            self.sum(largest).await?.0 < i64::try_from(plan::FACT_LEGS_MAX)?,
            "a fact is too large"
        );
        Ok(Closed {
            seconds,
            facts,
            transfers,
            bytes_per_user: bytes as f64 / f64::from(self.shape.users),
        })
    }

    async fn sum(&mut self, statement: &'static str) -> anyhow::Result<(i64, u128)> {
        let (count, sum): (Option<i64>, Option<String>) =
            sqlx::query_as(statement).fetch_one(&mut self.source).await?;
        Ok((count.unwrap_or(0), sum.unwrap_or_default().parse().unwrap_or(0)))
    }

    async fn balances_are_their_transfers(&mut self) -> anyhow::Result<()> {
        let wrong = "SELECT count(*), '0' FROM balance AS b FULL JOIN (
                 SELECT account_id, sum(debit) AS debits, sum(credit) AS credits FROM (
                     SELECT debit_id, sum(amount), 0 FROM transfer GROUP BY debit_id
                     UNION ALL SELECT credit_id, 0, sum(amount) FROM transfer GROUP BY credit_id
                 ) AS side (account_id, debit, credit) GROUP BY account_id
             ) AS m USING (account_id) WHERE (b.debits_posted, b.credits_posted) IS DISTINCT FROM (m.debits, m.credits)";
        let count = self.sum(wrong).await?.0;
        ensure!(count == 0, "{count} balances are not their transfers");
        Ok(())
    }
}

impl Closed {
    fn print(&self, name: &str, users: u32, checked: &str) {
        let Self { facts, transfers, .. } = self;
        Measurement::new(
            name,
            self.seconds,
            "s",
            format!("{users} users: {transfers} transfers in {facts} facts; {checked}; every balance is the sum of its transfers"),
        )
        .with("most_seconds", SECONDS_MAX)
        .with("bytes_per_user", self.bytes_per_user.round())
        .with("transfers_per_second", (*transfers as f64 / self.seconds).round())
        .print();
    }
}

async fn fill(
    source: &mut PgConnection,
    plan: &CompiledPlan,
    text: &str,
    shape: Shape,
) -> anyhow::Result<()> {
    store::migrate(source).await?;
    let deployment = Deployment {
        chain_id: 31_337,
        contract: alloy_primitives::Address::repeat_byte(0xcc),
        contract_block: 1,
        contract_block_hash: alloy_primitives::B256::from(alloy_primitives::U256::from(1)),
        asset: plan.asset().code().into(),
        plan_hash: plan.hash(),
        plan_text: text.to_owned(),
    };
    store::deployment::insert(source, &deployment).await?;
    population::pour(source, plan, &mut History::new(plan, shape)?).await
}

/// A plan file without one of its tables.
fn without(text: &str, table: &str) -> String {
    let mut is_in = false;
    let lines = text.lines().filter(|line| {
        let inner = format!("[{}", table.trim_matches(['[', ']']));
        if line.starts_with('[') {
            is_in = *line == table
                || line
                    .trim_start_matches('[')
                    .starts_with(&format!("{}.", &inner[1..]));
        }
        !is_in
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn day(date: &str) -> anyhow::Result<Day> {
    Day::of_date(date).context("no date")
}
