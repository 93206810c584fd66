//! The scenes, in their order. Each leaves the ledger in step with the chain, or fails.

use std::sync::Arc;

use abi::ICustody;
use abi::development::DEPLOYER;
use alloy::primitives::U256;
use alloy::sol_types::SolCall;
use anyhow::{Context, ensure};
use devstack::Wallet;
use devstack::world::{Authorization, BURNS_GAS, Person, REVERTS};
use tokio::task::JoinSet;

use crate::report::Report;
use crate::staff::Batch;
use crate::stage::{PEOPLE, Stage};

const DAY: u64 = 86_400;

/// Who takes a registration back.
const REGRETS: usize = PEOPLE - 1;

/// Whose wallet refuses payments, and whose uses up all gas.
const REVERTING: usize = 1;
const BURNING: usize = 2;

/// Who is left out of both batches and takes what is due by a proof.
const CLAIMS: usize = 0;

/// The first people are paid by the first batch, the others by the second.
const FIRST_BATCH: std::ops::Range<usize> = 1..10;

/// Plays everything.
pub(crate) async fn play(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    join(stage, report).await.context("people join")?;
    regret(stage)
        .await
        .context("one registration expires, another is refunded")?;
    mature(stage).await.context("the cooling-off time passes")?;
    spoil(stage).await.context("two wallets cannot be paid")?;
    let first = disturbed_batch(stage).await.context("the first batch")?;
    let second = stuck_batch(stage).await.context("the second batch")?;
    report.batches = vec![first, second];
    withdraw(stage, report).await.context("the credit is withdrawn")?;
    claim(stage, report).await.context("the last user claims")?;
    stage.settle().await
}

/// Everyone registers, in waves of those whose sponsors are there, and pays a further time.
async fn join(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    let sponsor_of = |index: usize| match index {
        1..6 => 0,
        6..21 => (index - 6) / 3 + 1,
        _ => (index - 21) / 2 + 6,
    };
    for wave in [1..6, 6..21, 21..PEOPLE] {
        stage.settle().await?;
        let range = wave.clone();
        let mut joining = JoinSet::new();
        for index in wave {
            let mut person = stage.people[index].clone();
            let sponsor = stage.people[sponsor_of(index)].address();
            let site = Arc::clone(&stage.site);
            joining.spawn(async move {
                person.register(&site, Some(sponsor)).await?;
                anyhow::Ok((index, person))
            });
        }
        while let Some(joined) = joining.join_next().await {
            let (index, person) = joined??;
            stage.people[index] = person;
        }
        tracing::info!(people = range.end, "registered");
    }
    stage.settle().await?;
    let mut paying = JoinSet::new();
    for person in &stage.people[..REGRETS] {
        let (person, site) = (person.clone(), Arc::clone(&stage.site));
        paying.spawn(async move { person.retop_up(&site).await });
    }
    while let Some(paid) = paying.join_next().await {
        paid??;
    }
    stage.settle().await?;
    report.registered = PEOPLE;
    report.retopped = REGRETS;
    tracing::info!(people = REGRETS, "retopped up");
    Ok(())
}

/// One authorization is used too late; one registration is taken back in time.
async fn regret(stage: &mut Stage) -> anyhow::Result<()> {
    let mut late = Person::with(Wallet::at(stage.last_account() + 1));
    late.sign_in(&stage.site).await?;
    let sponsor = stage.people[5].address();
    let answer = late.ask_to_register(&stage.site, Some(sponsor)).await?;
    let authorization = Authorization::of(&answer)?;

    let regretting = &stage.people[REGRETS];
    let before = stage.purse(regretting).await?;
    let reference = stage.deposit_of(regretting).await?;
    regretting.refund(&stage.site, reference).await?;
    let back = stage.purse(regretting).await?.saturating_sub(before);
    ensure!(back > U256::from(19) * bnb(), "the refund returned {back} wei");

    stage.pass_time(2 * 3_600).await?;
    let receipt = late
        .send(&stage.site, authorization.value, authorization.calldata)
        .await?;
    ensure!(!receipt.status(), "an expired authorization was accepted");
    tracing::info!("one authorization expired, one registration was refunded");
    stage.settle().await
}

/// Past the cooling-off time the settlement worker sweeps by itself, and rewards mature.
async fn mature(stage: &mut Stage) -> anyhow::Result<()> {
    stage.pass_time(15 * DAY).await?;
    stage
        .wait("everything to mature", async |stage: &Stage| {
            let totals = stage.site.contract().totals().call().await?;
            Ok(totals.escrowed.is_zero().then_some(()))
        })
        .await?;
    tracing::info!("the cooling-off time is over, escrow is swept");
    stage.settle().await
}

/// One recipient becomes a contract that reverts, one burns its gas.
async fn spoil(stage: &mut Stage) -> anyhow::Result<()> {
    for (index, code) in [(REVERTING, REVERTS), (BURNING, BURNS_GAS)] {
        let contract = stage.site.deploy_code(DEPLOYER.address, code).await?;
        stage.people[index].behave_as(&stage.site, contract).await?;
    }
    Ok(())
}

/// A batch during which blocks are replaced and three processes are killed.
async fn disturbed_batch(stage: &mut Stage) -> anyhow::Result<Batch> {
    let users = stage.ids(FIRST_BATCH).await?;
    let batch = stage.build(&users).await?;
    stage.approve_and_sign(&batch).await?;
    stage.submit(&batch).await?;
    stage.wait_until_on_chain(&batch).await?;
    stage.reorganize(3).await?;
    tracing::info!("three blocks are replaced");
    let system = stage.development.system();
    for service in [&mut system.listener, &mut system.worker, &mut system.settler] {
        service.kill()?;
    }
    for service in [&mut system.listener, &mut system.worker, &mut system.settler] {
        service.restart().await?;
    }
    tracing::info!("listener, posting and settlement workers were killed and started again");
    let batch = stage.wait_until_executed(batch).await?;
    ensure!(
        batch.credited == 2,
        "{} of two payouts that fail were credited",
        batch.credited
    );
    Ok(batch)
}

/// A batch whose transaction offers too little, and is replaced by one that offers more.
async fn stuck_batch(stage: &mut Stage) -> anyhow::Result<Batch> {
    let users = stage.ids(FIRST_BATCH.end..PEOPLE).await?;
    let batch = stage.build(&users).await?;
    stage.approve_and_sign(&batch).await?;
    stage.mine_by_itself(false).await?;
    stage.submit(&batch).await?;
    let offered = stage.wait_until_sent(&batch).await?;
    stage.raise_base_fee(offered.saturating_mul(8)).await?;
    stage.mine_by_itself(true).await?;
    let batch = stage.wait_until_executed(batch).await?;
    ensure!(batch.attempts > 1, "the transaction was never replaced");
    tracing::info!(attempts = batch.attempts, "a stuck transaction was replaced");
    Ok(batch)
}

/// The wallet that refuses payments takes its credit through another address, by a signature that someone else sends.
async fn withdraw(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    let (owner, relay) = (&stage.people[REVERTING], &stage.people[5]);
    let elsewhere = Wallet::at(stage.last_account() + 2);
    let elsewhere = Person::with(elsewhere);
    let before = stage.purse(&elsewhere).await?;
    let receipt = owner
        .withdraw_credit_by(&stage.site, relay, elsewhere.address())
        .await?;
    ensure!(receipt.status(), "the withdrawal was reverted");
    let brought = stage.purse(&elsewhere).await? - before;
    ensure!(!brought.is_zero(), "no money arrived");
    report.withdrawn = brought;
    tracing::info!("a credit was withdrawn through another address");
    stage.settle().await
}

/// The liabilities are published; past the veto delay the one who is left is paid by a proof, sent by a stranger.
pub(crate) async fn claim(stage: &mut Stage, report: &mut Report) -> anyhow::Result<()> {
    claim_of(stage, CLAIMS, report).await
}

/// The same for the person at this place.
pub(crate) async fn claim_of(stage: &mut Stage, place: usize, report: &mut Report) -> anyhow::Result<()> {
    let owner = stage.people[place].clone();
    let root = stage.publish_liabilities().await?;
    stage.pass_time(DAY + 60).await?;
    let proof = stage.proof_of(&owner).await?;
    ensure!(proof.root == root, "the proof is against another root");
    let before = stage.purse(&owner).await?;
    let call = ICustody::claimCall {
        user: owner.address(),
        entitled: proof.entitled,
        root,
        proof: proof.path,
    };
    let stranger = Person::with(Wallet::at(stage.last_account() + 3));
    let receipt = stranger
        .send(&stage.site, U256::ZERO, call.abi_encode().into())
        .await?;
    ensure!(receipt.status(), "the claim was reverted");
    report.claimed = stage.purse(&owner).await? - before;
    ensure!(!report.claimed.is_zero(), "the claim paid nothing");
    tracing::info!("the last user was paid by a claim");
    stage.settle().await
}

fn bnb() -> U256 {
    U256::from(10).pow(U256::from(18))
}
