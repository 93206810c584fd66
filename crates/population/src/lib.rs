//! A ledger database with as many users and transfers as wanted, as the posting worker would have left it.
//!
//! A generated history goes through `plan::Book` in memory and is written by the statements of `store::posting`, in batches with
//! their hash chain; what the listener would have recorded is beside it. So everything that reads a ledger can be measured on
//! it, and `audit::verify` finds nothing. Not responsible for a chain: journal roots and block hashes are nobody's.

mod bulk;
mod filling;
mod shape;

use anyhow::ensure;
use plan::{Cause, CompiledPlan};
use sqlx::{PgConnection, Row};

use filling::Filling;
use shape::History;
pub use shape::Size;

/// The shipped plan with the most kinds of rewards; pools without a limit, so that they matter as long as the history goes.
const PLAN: &str = include_str!("../../../plans/auto-pool.toml");
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
    let plan = plan();
    pour(connection, &plan, &mut History::new(&plan, size)).await?;
    check(connection, size).await
}

/// Where the causes of a ledger come from.
pub trait Causes {
    /// The next cause, now that there are this many transfers; `None` behind the last one.
    fn next(&mut self, transfers: u64) -> Option<Cause>;

    /// When it happened, in seconds since 1970-01-01 UTC.
    fn time(&self) -> u64;
}

/// Fills a migrated, empty database, as its superuser, with what follows from these causes under a plan. Commands have no
/// signatures, so whoever reads the ledger must not ask who gave them.
///
/// # Errors
/// The database is not empty, or refuses.
pub async fn pour(
    connection: &mut PgConnection,
    plan: &CompiledPlan,
    causes: &mut impl Causes,
) -> anyhow::Result<()> {
    let indexes = bulk::begin(connection).await?;
    let mut filling = Filling::begin(connection, plan).await?;
    while filling.post_batch(connection, causes).await? {
        // Plans that were made for a few rows are of no use for many.
        store::posting::forget_plans(connection).await?;
    }
    filling.finish(connection, causes.time()).await?;
    bulk::end(connection, indexes).await
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
