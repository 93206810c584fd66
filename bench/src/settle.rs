//! Payouts per second from the request to build a batch to posted finality, through API, signers, settlement worker, a
//! real chain with blocks of 0.45 s, listener and posting worker. Nobody may be paid twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anvil_tests::{Person, World};
use anyhow::{Context, ensure};
use devstack::world::{Site, operators};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::crowd;
use crate::measurement::Measurement;
use crate::wait::Patience;

const PAYOUTS: usize = 10_000;
/// What the contract takes in one transaction.
const PER_BATCH: usize = 300;
const PATIENCE: Patience = Patience {
    within: Duration::from_secs(180),
    every: Duration::from_millis(20),
};

pub(crate) async fn run() -> anyhow::Result<()> {
    // The crowd's intakes are not signed by our signers: compared with their memory, the reconciler would stop settlement.
    let environment = vec![("TRELLIS_SIGNER_DATABASE_URL".to_owned(), String::new())];
    let (mut world, _nodes) = World::start_behind(&[rpcsim::View::Live], environment).await?;
    let measured = measure(&mut world).await;
    measured.inspect_err(|_| eprintln!("{}", world.evidence()))
}

async fn measure(world: &mut World) -> anyhow::Result<()> {
    crowd::gather(world, PAYOUTS).await?;
    let builder = operator(world, "builder").await?;
    let approver = operator(world, "approver").await?;
    let due: i64 = sqlx::query_scalar("SELECT count(*) FROM user_balances WHERE available > 0")
        .fetch_one(world.ledger.pool())
        .await?;
    ensure!(due > i64::try_from(PAYOUTS)?, "{due} users have something due");

    let site = Arc::new(Site::new(&world.api_url, &world.spec().rpc_url, world.custody)?);
    let begun = Instant::now();
    let batches = PAYOUTS.div_ceil(PER_BATCH);
    let mut hands = JoinSet::new();
    for number in 0..batches {
        let count = PER_BATCH.min(PAYOUTS - number * PER_BATCH);
        let id = build(world, &builder, count).await?;
        let desk = Desk {
            site: Arc::clone(&site),
            ledger: world.ledger.pool().clone(),
            builder: builder.clone(),
            approver: approver.clone(),
        };
        hands.spawn(desk.send(id));
    }
    while let Some(sent) = hands.join_next().await {
        sent??;
    }
    let built = begun.elapsed();
    PATIENCE
        .until("all batches to be executed", async || {
            let statement = "SELECT count(*) FROM payout_batch WHERE state = 'executed'";
            let executed: i64 = sqlx::query_scalar(statement)
                .fetch_one(world.ledger.pool())
                .await?;
            Ok((executed == i64::try_from(batches)?).then_some(()))
        })
        .await?;
    let took = begun.elapsed();

    let statement = "SELECT count(*), count(DISTINCT user_id) FROM payout WHERE state = 'executed'";
    let (paid, users): (i64, i64) = sqlx::query_as(statement).fetch_one(world.ledger.pool()).await?;
    ensure!(
        paid == i64::try_from(PAYOUTS)? && users == paid,
        "{paid} payouts to {users} users"
    );
    world.check().await?;
    let batch_seconds = built.as_secs_f64();
    Measurement::new("settle.payouts", f64::from(u32::try_from(PAYOUTS)?) / took.as_secs_f64(), "payouts/s", format!(
            "{PAYOUTS} payouts in {batches} batches built, approved, signed and submitted in {batch_seconds:.1} s, all final \
             and posted after {:.1} s; each user paid exactly once; balances, contract and an independent recomputation agree",
            took.as_secs_f64()
        )).print();
    Ok(())
}

async fn operator(world: &World, wanted: &str) -> anyhow::Result<Person> {
    let found = operators().find(|(_, name, _)| *name == wanted);
    let (wallet, ..) = found.context("no such operator")?;
    let mut person = Person::with(wallet);
    person.sign_in(world).await?;
    Ok(person)
}

/// What the hands of operators need, for several batches at once.
struct Desk {
    site: Arc<Site>,
    ledger: PgPool,
    builder: Person,
    approver: Person,
}

/// Builds a batch of the next users who are due, and waits until their money is held: the next batch needs others.
async fn build(world: &World, builder: &Person, count: usize) -> anyhow::Result<String> {
    let wish = json!({ "filters": {}, "caps": { "count": count }, "dry_run": false });
    let built = post(world, builder, "/payouts/build-batch", wish).await?;
    let id = built["batch"]["id"].as_str().context("no batch id")?.to_owned();
    PATIENCE.until("the batch to be held", async || {
        let statement = "SELECT 1 FROM payout_batch WHERE batch_id = decode(substr($1, 3), 'hex') AND state <> 'requested'";
        let held: Option<i32> = sqlx::query_scalar(statement)
            .bind(&id)
            .fetch_optional(world.ledger.pool())
            .await?;
        Ok(held)
    })
    .await?;
    Ok(id)
}

impl Desk {
    /// Takes a batch through every hand.
    async fn send(self, id: String) -> anyhow::Result<()> {
        let list_hash = self.reached(&id, "sealed").await?;
        let site = &self.site;
        for who in [&self.builder, &self.approver] {
            let mut signed = who
                .sign_approval(site, &format!("/payouts/{id}/approval"))
                .await?;
            signed["list_hash"] = json!(list_hash);
            post(site, who, &format!("/payouts/{id}/approve"), signed).await?;
        }
        post(site, &self.builder, &format!("/payouts/{id}/sign"), json!({})).await?;
        self.reached(&id, "signed").await?;
        post(site, &self.builder, &format!("/payouts/{id}/submit"), json!({})).await?;
        Ok(())
    }

    /// Waits until the batch is in this state; returns its list hash.
    async fn reached(&self, id: &str, state: &str) -> anyhow::Result<String> {
        let begun = Instant::now();
        loop {
            let statement = "SELECT '0x' || encode(list_hash, 'hex') FROM payout_batch \
                WHERE batch_id = decode(substr($1, 3), 'hex') AND state = $2";
            let hash: Option<String> = sqlx::query_scalar(statement)
                .bind(id)
                .bind(state)
                .fetch_optional(&self.ledger)
                .await?;
            if let Some(hash) = hash {
                return Ok(hash);
            }
            ensure!(begun.elapsed() < PATIENCE.within, "the batch {id} is not {state}");
            tokio::time::sleep(PATIENCE.every).await;
        }
    }
}

async fn post(site: &Site, person: &Person, path: &str, body: Value) -> anyhow::Result<Value> {
    let answer = person.call(site, Method::POST, path, Some(body)).await?;
    ensure!((200..300).contains(&answer.status), "{path}: {answer:?}");
    Ok(answer.body)
}
