//! The scenes of a plan of subscriptions. Each leaves the ledger in step with the chain, or fails.

use abi::ICustody;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};
use devstack::Wallet;
use devstack::world::Person;

use crate::report::Report;
use crate::stage::Stage;
use crate::story::claim;

/// Who registers under whom, by their places, and for how many thousandths of a coin. Nobody's legs are large enough for a rank,
/// which has a second implementation of its own.
const JOINING: [(usize, usize, u128); 11] = [
    (1, 0, 100_000),
    (2, 0, 60_500),
    (3, 0, 400_000),
    (4, 1, 250_000),
    (5, 1, 50_000),
    (6, 1, 75_125),
    (7, 4, 120_000),
    (8, 4, 50_000),
    (9, 7, 333_333),
    (10, 9, 80_000),
    (11, 3, 55_000),
];

/// Who takes the registration back.
const REGRETS: usize = 11;

/// Whose identity is checked, and who then buys with the bonus.
const VERIFIED: usize = 1;

/// Whose wallet balance is taken out and paid by the batch.
const PAID: std::ops::Range<usize> = 1..10;

/// Days until every purchase has matured: the cooling-off time, and one for its end.
const COOLING_OFF_DAYS: u64 = 15;

/// Plays everything.
pub(crate) async fn play(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    join(stage).await.context("people buy")?;
    fund(stage).await.context("the operator fills the funds")?;
    buy_again(stage)
        .await
        .context("a verified user buys with the bonus")?;
    regret(stage).await.context("a registration is refunded")?;
    report.registered = JOINING.len() + 1;
    report.retopped = 1;
    accrue(stage).await.context("days and weeks pass")?;
    withdraw(stage, 0..PAID.end)
        .await
        .context("wallet balances are taken out")?;
    pay(stage, report).await.context("a batch pays")?;
    claim(stage, report).await.context("the last user claims")?;
    stage.settle().await
}

/// Everyone registers for an amount of their own.
async fn join(stage: &mut Stage) -> anyhow::Result<()> {
    for (place, sponsor, amount) in JOINING {
        // A sponsor must be posted before anyone names them.
        stage.settle().await?;
        let sponsor = stage.people[sponsor].address();
        let mut person = stage.people[place].clone();
        person
            .register_for(&stage.site, Some(sponsor), milli(amount))
            .await?;
        stage.people[place] = person;
    }
    tracing::info!(people = JOINING.len(), "registered and bought subscriptions");
    stage.settle().await
}

/// The operator pays into the contract, and two operators allocate it.
async fn fund(stage: &Stage) -> anyhow::Result<()> {
    let treasury = Person::with(Wallet::at(stage.last_account() + 2));
    let call = ICustody::fundCall {}.abi_encode();
    let receipt = treasury
        .send(&stage.site, U256::from(milli(60_000)), call.into())
        .await?;
    ensure!(receipt.status(), "the payment was reverted");
    stage.settle().await?;
    stage.allocate("yield", milli(40_000)).await?;
    stage.allocate("welcome", milli(5_000)).await?;
    tracing::info!("the funds are filled");
    stage.settle().await
}

async fn buy_again(stage: &Stage) -> anyhow::Result<()> {
    let person = &stage.people[VERIFIED];
    stage.verify(person).await?;
    stage.settle().await?;
    person.purchase(&stage.site, milli(200_000)).await?;
    stage.settle().await
}

/// One registration is taken back in time, and with it what it accrued.
async fn regret(stage: &Stage) -> anyhow::Result<()> {
    stage.pass_days(2).await?;
    let person = &stage.people[REGRETS];
    let reference = stage.deposit_of(person).await?;
    person.refund(&stage.site, reference).await?;
    tracing::info!("one registration was refunded");
    stage.settle().await
}

/// Days end one after another, over weekends, until everything has matured; then some more, until the fund is short.
async fn accrue(stage: &Stage) -> anyhow::Result<()> {
    for _ in 0..7 {
        stage.pass_days(1).await?;
    }
    stage.pass_days(COOLING_OFF_DAYS).await?;
    stage
        .wait("everything to mature", async |stage: &Stage| {
            let totals = stage.site.contract().totals().call().await?;
            Ok(totals.escrowed.is_zero().then_some(()))
        })
        .await?;
    stage.settle().await?;
    stage.pass_days(1).await?;
    let short: i64 = sqlx::query_scalar("SELECT count(*) FROM component_effect WHERE kind = 'fund_short'")
        .fetch_one(&stage.ledger)
        .await?;
    ensure!(short > 0, "the fund of accruals covered every day");
    tracing::info!(days = short, "on some days the fund did not cover everything");
    Ok(())
}

/// Everyone who has something in the wallet balance takes all of it out; what comes of it is what the quote said.
async fn withdraw(stage: &Stage, people: std::ops::Range<usize>) -> anyhow::Result<()> {
    let balances = async |person: &Person| -> anyhow::Result<(u128, u128)> {
        let me = person.get(&stage.site, "/users/me").await?;
        let balance = |name: &str| -> anyhow::Result<u128> {
            let text = me.body["balances"][name].as_str();
            Ok(text.with_context(|| format!("no {name} in {me:?}"))?.parse()?)
        };
        Ok((balance("wallet")?, balance("available")?))
    };
    for person in &stage.people[people] {
        let mut person = person.clone();
        // Sessions are shorter than the days that passed.
        person.sign_in(&stage.site).await?;
        let (wallet, before) = balances(&person).await?;
        ensure!(wallet > milli(1_000), "{wallet} wei in a wallet balance");
        let net = person.withdraw_from_wallet(&stage.site, wallet).await?;
        stage.settle().await?;
        let (left, available) = balances(&person).await?;
        ensure!(
            left == 0 && available == before + net,
            "the quote said {net} wei, and {} came of it",
            available - before
        );
    }
    tracing::info!("wallet balances were taken out");
    Ok(())
}

async fn pay(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    let users = stage.ids(PAID).await?;
    let batch = stage.build(&users).await?;
    stage.approve_and_sign(&batch).await?;
    stage.submit(&batch).await?;
    report.batches = vec![stage.wait_until_executed(batch).await?];
    tracing::info!("the batch is paid");
    Ok(())
}

const fn milli(thousandths: u128) -> u128 {
    thousandths * 1_000_000_000_000_000
}
