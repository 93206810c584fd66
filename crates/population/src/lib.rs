//! A ledger database with as many users and transfers as wanted, as the posting worker would have left it.
//!
//! A generated history goes through `plan::Book` in memory and is written by the statements of `store::posting`, in batches with
//! their hash chain; what the listener would have recorded is beside it. So everything that reads a ledger can be measured on
//! it, and `audit::verify` finds nothing. Not responsible for a chain: journal roots and block hashes are nobody's.

mod bulk;
mod shape;

use std::time::Duration;

use alloy_primitives::{B256, FixedBytes, U256};
use anyhow::{Context, ensure};
use plan::{Book, CompiledPlan, Outcome};
use sqlx::{Connection, PgConnection, Row};
use store::cause_json;
use store::checkpoint::{self, Checkpoint};
use store::inbox::{BlockRef, ChainEntry, Entry};
use store::lease::{self, Lease, LeaseName};
use store::posting::{DepositIndex, Draft, Tail, post};

use shape::History;
pub use shape::Size;

/// The shipped plan with the most kinds of rewards; pools without a limit, so that they matter as long as the history goes.
const PLAN: &str = include_str!("../../../plans/auto-pool.toml");
/// Facts of a batch: half of the most that the worker takes.
const BATCH_FACTS: usize = 4_096;
/// Journal entries of a block.
const BLOCK_ENTRIES: u64 = 100;
const LEASE_TTL: Duration = Duration::from_secs(60);

/// What a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    /// Users.
    pub users: u64,
    /// Facts.
    pub facts: u64,
    /// Transfers.
    pub transfers: u64,
}

/// The plan of every population.
///
/// # Panics
/// The shipped plan does not compile.
pub fn plan() -> CompiledPlan {
    plan::compile(&plan_text()).expect("the shipped plan compiles")
}

/// Its text, for a deployment.
pub fn plan_text() -> String {
    PLAN.replace("trees_max = 15", "")
}

/// Fills a migrated, empty database, as its superuser, and checks what it then holds.
pub async fn fill(connection: &mut PgConnection, size: Size) -> anyhow::Result<Population> {
    let indexes = bulk::begin(connection).await?;
    let plan = plan();
    let mut filling = Filling::begin(connection, &plan).await?;
    let mut history = History::new(&plan, size);
    while filling.post_batch(connection, &mut history).await? {}
    filling.finish(connection, history.time()).await?;
    bulk::end(connection, indexes).await?;
    check(connection, size).await
}

/// A ledger in the making.
struct Filling {
    book: Book,
    deposits: DepositIndex,
    tail: Tail,
    lease: Lease,
    inbox_id: i64,
    transfers: u64,
}

impl Filling {
    async fn begin(connection: &mut PgConnection, plan: &CompiledPlan) -> anyhow::Result<Self> {
        let lease = lease::claim(connection, LeaseName::Posting, "population", LEASE_TTL)
            .await?
            .context("somebody posts into this database")?;
        let inbox_id: i64 = sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM inbox")
            .fetch_one(connection)
            .await?;
        ensure!(inbox_id == 0, "the database has facts");
        Ok(Self {
            book: Book::new(plan.clone()),
            deposits: DepositIndex::default(),
            tail: Tail::default(),
            lease,
            inbox_id,
            transfers: 0,
        })
    }

    /// Writes the next batch; `false` when there is nothing left to write.
    async fn post_batch(
        &mut self,
        connection: &mut PgConnection,
        history: &mut History<'_>,
    ) -> anyhow::Result<bool> {
        let mut draft = Draft::new(&self.tail);
        let mut outcome = Outcome::default();
        let mut entries = Vec::with_capacity(BATCH_FACTS);
        while draft.len() < BATCH_FACTS {
            let Some(cause) = history.next(self.transfers) else {
                break;
            };
            self.inbox_id += 1;
            let entry = entry(self.inbox_id, history.time(), cause);
            self.book.apply(&entry.cause, &mut outcome);
            self.transfers += outcome.legs.len() as u64;
            draft.add(&mut self.deposits, &received(&entry, self.inbox_id), &outcome)?;
            entries.push(entry);
        }
        let Some(last) = entries.last() else {
            return Ok(false);
        };
        let batch = draft.seal(Some(last.block));
        let mut transaction = connection.begin().await?;
        recorded::record(&mut transaction, &entries).await?;
        post(&mut transaction, self.lease, &batch).await?;
        transaction.commit().await?;
        self.tail = batch.tail();
        Ok(true)
    }

    /// Says that the chain was read up to the last block, and lets a worker have the lease.
    async fn finish(self, connection: &mut PgConnection, time: u64) -> anyhow::Result<()> {
        let block = self.tail.block;
        let checkpoint = Checkpoint {
            head_number: block.number,
            head_hash: block.hash,
            final_number: block.number,
            final_hash: block.hash,
            final_timestamp: time,
            final_seq: self.tail.chain_seq,
            final_root: FixedBytes::ZERO,
        };
        checkpoint::insert(connection, &checkpoint).await?;
        Ok(lease::release(connection, self.lease).await?)
    }
}

fn entry(inbox_id: i64, time: u64, cause: plan::Cause) -> ChainEntry {
    let seq = inbox_id.unsigned_abs();
    let number = seq.div_ceil(BLOCK_ENTRIES);
    ChainEntry {
        seq,
        block: BlockRef {
            number,
            hash: B256::from(U256::from(number)),
        },
        transaction_hash: B256::from(U256::from(seq)),
        effective_at: time,
        cause,
    }
}

/// The entry as a posting worker reads it.
fn received(entry: &ChainEntry, id: i64) -> Entry {
    Entry {
        id,
        fingerprint: cause_json::write(&entry.cause).fingerprint,
        cause: entry.cause.clone(),
        effective_at: entry.effective_at,
        chain: Some((entry.seq, entry.block)),
        transaction_hash: Some(entry.transaction_hash),
    }
}

/// What the database holds, if every account is the sum of its transfers and custody is what was paid in.
///
/// # Errors
/// It is not, or there is less than the size says.
pub async fn check(connection: &mut PgConnection, size: Size) -> anyhow::Result<Population> {
    let row = sqlx::query(
        "WITH movement AS (
             SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
             FROM (
                 SELECT debit_id, sum(amount), 0 FROM transfer WHERE phase IN (0, 2) GROUP BY debit_id
                 UNION ALL
                 SELECT credit_id, 0, sum(amount) FROM transfer WHERE phase IN (0, 2) GROUP BY credit_id
             ) AS side (account_id, debit, credit)
             GROUP BY account_id
         )
         SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM fact), (SELECT count(*) FROM transfer),
                (SELECT count(*) FROM balance AS b FULL JOIN movement AS m USING (account_id)
                 WHERE (b.debits_posted, b.credits_posted) IS DISTINCT FROM (m.debits, m.credits)),
                (SELECT b.debits_posted - b.credits_posted FROM balance AS b JOIN account AS a ON a.id = b.account_id
                 WHERE a.kind = 'custody') = (SELECT sum(amount) FROM deposit),
                (SELECT count(*) FROM inbox WHERE fact_seq IS NULL),
                (SELECT sum(direct + pool_layer + generation) FROM user_income)
                    = (SELECT sum(amount) FROM reward WHERE withheld IS NULL)",
    )
    .fetch_one(connection)
    .await?;
    let count = |column: usize| row.get::<i64, _>(column).unsigned_abs();
    ensure!(count(3) == 0, "{} balances are not their transfers", count(3));
    ensure!(row.get::<bool, _>(4), "custody is not what was paid in");
    ensure!(count(5) == 0, "causes wait");
    ensure!(row.get::<bool, _>(6), "incomes are not the rewards");
    let population = Population {
        users: count(0),
        facts: count(1),
        transfers: count(2),
    };
    ensure!(
        population.users == u64::from(size.users),
        "{} users",
        population.users
    );
    ensure!(
        population.transfers >= size.transfers,
        "{} transfers",
        population.transfers
    );
    Ok(population)
}
