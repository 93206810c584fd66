//! The scenes of a plan of bookings and pairs. Each leaves the ledger in step with the chain, or fails.

use abi::ICustody;
use alloy::eips::BlockId;
use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};
use devstack::Wallet;
use devstack::world::Person;
use plan::Day;

use crate::report::Report;
use crate::stage::Stage;
use crate::story::claim_of;

/// Who joins below the root user, by their places: the first two are its directs, the others alternate below these.
const JOINING: std::ops::RangeInclusive<usize> = 1..=24;

/// What makes an active buyer, who counts.
const ACTIVATION: u128 = 5_000;

/// What the operator pays into the fund of pairs: four pairs and most of a fifth.
const FUNDED: u128 = 9_800;

/// Who takes the registration back, from the second pair of the root user.
const REGRETS: usize = 3;

/// Days of a month that are left when people join: its end is within the cooling-off time.
const LEFT_OF_MONTH: u32 = 6;

/// Days for which a pair waits, and one for its end.
const HELD_DAYS: u64 = 15;

/// Plays everything.
pub(crate) async fn play(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    pass_to(stage, LEFT_OF_MONTH).await.context("a month passes")?;
    join(stage).await.context("people join")?;
    fund(stage).await.context("the operator fills the fund")?;
    pay_again(stage).await.context("someone pays again")?;
    report.registered = JOINING.count() + 1;
    report.retopped = 1;
    pass_to(stage, 0).await.context("the month ends")?;
    expect(stage, "binary", "pair_count", 4).await?;
    regret(stage).await.context("a registration is refunded")?;
    stage.pass_days(HELD_DAYS).await?;
    // The next closing pays out of what has matured.
    stage
        .wait("everything to mature", async |stage: &Stage| {
            let totals = stage.site.contract().totals().call().await?;
            Ok(totals.escrowed.is_zero().then_some(()))
        })
        .await?;
    stage.settle().await?;
    pass_to(stage, 0).await.context("the next month ends")?;
    expect(stage, "binary", "pair_count", 11).await?;
    stage.pass_days(HELD_DAYS).await?;
    show(stage).await.context("the root user looks")?;
    pay(stage, report).await.context("a batch pays")?;
    claim_of(stage, 1, report).await.context("another user claims")?;
    stage.settle().await
}

/// Lets days pass until so many of a month are left, or until the first day of the next one for none.
async fn pass_to(stage: &Stage, left: u32) -> anyhow::Result<()> {
    let head = stage.site.provider.get_block(BlockId::latest()).await?;
    let today = Day::of_second(head.context("no head")?.header.timestamp);
    let mut days = 0;
    while !today.plus(days + left).ends_month() {
        days += 1;
    }
    let days = if left == 0 { days + 1 } else { days };
    if days > 0 {
        stage.pass_days(u64::from(days)).await?;
    }
    Ok(())
}

/// The root user chooses the right side, and the first direct stands there; then everyone joins, left and right in turn.
async fn join(stage: &mut Stage) -> anyhow::Result<()> {
    stage.settle().await?;
    let mut root = stage.people[0].clone();
    root.sign_in(&stage.site).await?;
    root.choose_side(&stage.site, "right").await?;
    stage.people[0] = root;
    for place in JOINING {
        if place <= 3 {
            // A sponsor must be posted before anyone names them, and a choice before anyone joins by it.
            stage.settle().await?;
        }
        let sponsor = match place {
            1 | 2 => 0,
            _ => 2 - place % 2,
        };
        let sponsor = stage.people[sponsor].address();
        let mut person = stage.people[place].clone();
        person
            .register_for(&stage.site, Some(sponsor), coins(ACTIVATION))
            .await?;
        stage.people[place] = person;
    }
    stage.settle().await?;
    let first = stage.people[1]
        .get(&stage.site, &path(&stage.people[1], stage, "binary").await?)
        .await?;
    ensure!(
        first.body["place"]["side"] == "right",
        "the choice had no effect: {first:?}"
    );
    tracing::info!(people = JOINING.count(), "booked and joined the tree");
    Ok(())
}

/// The operator pays into the contract, and two operators allocate it.
async fn fund(stage: &Stage) -> anyhow::Result<()> {
    let treasury = Person::with(Wallet::at(stage.last_account() + 2));
    let call = ICustody::fundCall {}.abi_encode();
    let receipt = treasury
        .send(&stage.site, U256::from(coins(FUNDED)), call.into())
        .await?;
    ensure!(receipt.status(), "the payment was reverted");
    stage.settle().await?;
    stage.allocate("pairs", coins(FUNDED)).await?;
    tracing::info!("the fund is filled");
    stage.settle().await
}

/// A part of what is outstanding is paid, and more than that is refused.
async fn pay_again(stage: &Stage) -> anyhow::Result<()> {
    let person = &stage.people[5];
    ensure!(
        person.purchase(&stage.site, coins(96_000)).await.is_err(),
        "more than is outstanding was authorized"
    );
    person.purchase(&stage.site, coins(2_500)).await?;
    stage.settle().await
}

/// One registration is taken back in time, and with it a pair that is held.
async fn regret(stage: &Stage) -> anyhow::Result<()> {
    let person = &stage.people[REGRETS];
    let reference = stage.deposit_of(person).await?;
    person.refund(&stage.site, reference).await?;
    stage.settle().await?;
    expect(stage, "binary", "pair_count", 3).await?;
    tracing::info!("one registration was refunded, and a pair undone");
    Ok(())
}

/// The root user is no active buyer: later pairs pay the price. The eleventh pair of the year bears tax.
async fn show(stage: &mut Stage) -> anyhow::Result<()> {
    let mut root = stage.people[0].clone();
    root.sign_in(&stage.site).await?;
    stage.people[0] = root;
    let root = &stage.people[0];
    let bookings = root
        .get(&stage.site, &path(root, stage, "bookings").await?)
        .await?;
    let kept = bookings.body["instalments"].as_str().context("no instalments")?;
    // Pairs 6 to 10 pay a fifth of 2,000 each; of the eleventh tax leaves nothing.
    ensure!(kept == coins(2_000).to_string(), "{bookings:?}");
    let tax = root
        .get(&stage.site, &path(root, stage, "withholding").await?)
        .await?;
    let year = &tax.body["years"][0];
    ensure!(year["withheld"] == coins(2_000).to_string(), "{tax:?}");
    let went_back: i64 = sqlx::query_scalar("SELECT count(*) FROM withholding_record WHERE is_returned")
        .fetch_one(&stage.ledger)
        .await?;
    ensure!(went_back == 1, "{went_back} payments went back");
    tracing::info!("instalments were kept from pairs, and tax from the last one");
    Ok(())
}

async fn pay(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    let users = stage.ids(0..1).await?;
    let batch = stage.build(&users).await?;
    stage.approve_and_sign(&batch).await?;
    stage.submit(&batch).await?;
    report.batches = vec![stage.wait_until_executed(batch).await?];
    tracing::info!("the batch is paid");
    Ok(())
}

/// What the root user is shown under a name.
async fn expect(stage: &Stage, what: &str, name: &str, value: u64) -> anyhow::Result<()> {
    let mut root = stage.people[0].clone();
    // Sessions are shorter than the days that passed.
    root.sign_in(&stage.site).await?;
    let answer = root.get(&stage.site, &path(&root, stage, what).await?).await?;
    ensure!(
        answer.body[name].as_u64() == Some(value),
        "{name} should be {value}: {answer:?}"
    );
    Ok(())
}

async fn path(person: &Person, stage: &Stage, what: &str) -> anyhow::Result<String> {
    Ok(format!("/users/{}/{what}", person.id(&stage.site).await?))
}

const fn coins(whole: u128) -> u128 {
    whole * 1_000_000_000_000_000_000
}
